"""How do refs that were there before a key come to be signed with it? Each head once, and then the summary."""

from collections.abc import Mapping
from functools import partial
from typing import Any

from relengotron.errors import RequestRefused
from relengotron.systems.ostree.port import OstreeRepo
from relengotron.workflows.trees.operation import Operation, Terms


def signing(repo: OstreeRepo, terms: Terms) -> Operation:
    """What signing would do; a head that its key has signed is left alone.

    Raises:
        RequestRefused: no key is configured for the repo.
    """
    refs = repo.refs()
    if not all(repo.keys_of(ref) for ref in refs) or not refs:
        raise RequestRefused(f"no release with an artifacts_key shows trees in {repo.path}, or there is no tree in it")
    unsigned = {ref: commit for ref, commit in refs.items() if not repo.is_signed(commit, ref)}
    effects = [f"sign {commit} with {repo.keys_of(ref)[0]}, which {ref} shows" for ref, commit in unsigned.items()]
    return Operation(
        what=f"sign what the refs of {repo.path} show",
        effects=tuple([*effects, "write the summary"] if effects else ()),
        act=partial(_act, repo, terms, unsigned),
        notes=(f"{len(refs) - len(unsigned)} of {len(refs)} are signed",),
        facts={"unsigned": unsigned},
    )


def _act(repo: OstreeRepo, terms: Terms, unsigned: Mapping[str, str]) -> Mapping[str, Any]:
    signed = 0
    for ref, commit in unsigned.items():
        with repo.hold(ref, f"sign {commit[:12]}", terms.wait):
            if repo.head(ref) == commit:  # else somebody showed another one meanwhile, which is signed
                _sign(repo, commit, ref)
                signed += 1
    repo.update_summary()
    return {"signed": signed}


def _sign(repo: OstreeRepo, commit: str, ref: str) -> None:
    """A delta carries the signatures that its commit had when it was made, and clients who come by it see no other.

    They are taken away first: after a power cut in between clients get the commit without them.
    """
    old = [delta for delta in repo.deltas() if delta.new == commit]
    for delta in old:
        repo.drop_delta(delta)
    repo.sign(commit, ref)
    for delta in old:
        if delta.old is not None:
            repo.make_delta(delta.old, commit)
