"""What must a reader outside find of a tree: its ref, its commit, the objects of that, and a summary that agrees."""

from dataclasses import replace
from hashlib import sha256
from typing import Final

from relengotron.errors import MalformedInput, RequestRefused
from relengotron.plugins.tree_signature import why_unsigned
from relengotron.sdk import Probe, Published, Workbench, digest_of, probe_of
from relengotron.sdk.mirrored import NOTHING
from relengotron.sdk.probing import probe_of_nothing
from relengotron.systems.ostree.names import object_path
from relengotron.systems.ostree.port import OstreeRepo

MOST_OBJECTS: Final = 500
"""So many of the new objects are read from outside: all of a small change, every so manieth of a large one."""
LARGEST_SUMMARY: Final = 10 * 1024 * 1024
MOST_TOLD: Final = 5
_OPTIONAL: Final = ".commitmeta"
"""What is said of a commit beside it: its signatures, if it has any."""


def expected_of(repo: OstreeRepo, url_path: str, ref: str, commit: str) -> dict[str, str]:
    """By path what readers get of the ref and of the commit that it shows."""
    commit_object = f"objects/{commit[:2]}/{commit[2:]}.commit"
    said = repo.path / f"{commit_object}meta"
    return {
        f"{url_path}/refs/heads/{ref}": _ref_file(commit),
        f"{url_path}/{commit_object}": digest_of(repo.path / commit_object),
        **({f"{url_path}/{commit_object}meta": digest_of(said)} if said.exists() else {}),
    }


def before_of(url_path: str, ref: str, commit: str | None) -> dict[str, str]:
    """What readers got there before; a commit that is new was not there."""
    return {} if commit is None else {f"{url_path}/refs/heads/{ref}": _ref_file(commit)}


def look(published: Published, repo: OstreeRepo, bench: Workbench) -> Probe:
    """Read ref and commit, then what they lead to; a ref that somebody else moved meanwhile is not ours to judge."""
    ref, url_path = published.links["ref"], published.links["path"]
    if published.identity == NOTHING:
        return probe_of_nothing(published.artifact, bench.mirror.look({f"{url_path}/refs/heads/{ref}": ""}))
    head = _head(repo, ref) or published.identity
    probe = probe_of(
        published.artifact,
        bench.mirror.look(published.expected),
        None if head != published.identity else published.before,
        start=lambda path: f"{url_path}/" if path.endswith(f"/refs/heads/{ref}") else None,
    )
    if head != published.identity:
        moved = f"{ref} shows {head} on the mirror, and {published.identity} was published: somebody else moved it"
        return replace(probe, missing=(moved, *probe.missing))
    if not probe.is_live or published.before is None:
        return probe
    summary, lies = _summary(published, url_path, ref, bench, repo)
    try:
        lies += _objects(published, repo, url_path, bench)
    except MalformedInput as damaged:
        lies += (f"{url_path}: {damaged}",)
    return replace(probe, missing=(*summary, *lies), lies=lies)


def _head(repo: OstreeRepo, ref: str) -> str | None:
    """What the ref shows; None when it cannot be read, which readers see as well."""
    try:
        return repo.head(ref)
    except RequestRefused:
        return None


def _summary(
    published: Published, url_path: str, ref: str, bench: Workbench, repo: OstreeRepo
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """What is late and what is a lie about the summary; its signature goes with it."""
    path = f"{url_path}/summary"
    content = bench.mirror.read(path, LARGEST_SUMMARY)
    if content is None:
        return (f"{path}: cannot be read",), ()
    try:
        shown = repo.refs_in_summary(content).get(ref)
    except MalformedInput as broken:
        return (), (f"{path}: {broken} ({len(content)} bytes)",)
    if shown == published.identity:
        return _signed(url_path, ref, shown, content, bench, repo)
    old = (published.previous.get("commit"), None)
    said = f"{path}: lists {shown} as {ref}, which shows {published.identity}"
    return ((said,), ()) if shown in old else ((), (said,))


def _signed(
    url_path: str, ref: str, commit: str, summary: bytes, bench: Workbench, repo: OstreeRepo
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """What is late and what is a lie about what readers get beside the summary."""
    path, signature = f"{url_path}/summary.sig", _ours(repo, "summary.sig")
    if _ours(repo, "summary") != summary:
        # another ref of the repo was published a moment ago, and the next look decides; or it was cut short on its way
        return (f"{url_path}/summary: not as it lies in the repo",), ()
    is_ours_to_sign = repo.keys_of(ref) and repo.is_signed(commit, ref)  # else it went live before there was a key
    unsigned = why_unsigned(summary, signature, bench.signer) if is_ours_to_sign else None
    if signature is None or unsigned is not None:
        return () if unsigned is None else (f"{path}: {unsigned}",), ()
    probe = probe_of("summary", bench.mirror.look({path: sha256(signature).hexdigest()}))
    return (), tuple(f"{each}, beside the new summary" for each in probe.missing)


def _ours(repo: OstreeRepo, name: str) -> bytes | None:
    try:
        return (repo.path / name).read_bytes()
    except OSError:
        return None


def _objects(published: Published, repo: OstreeRepo, url_path: str, bench: Workbench) -> tuple[str, ...]:
    """A sentence for everything that the commit needs, that is new, and that readers do not get."""
    before = published.previous.get("commit")
    known = repo.objects_of([before]) if before and repo.has_commit(before) else frozenset()
    new = sorted(repo.objects_of([published.identity]) - known)
    places = [object_path(name) for name in new[:: 1 + len(new) // MOST_OBJECTS] if not name.endswith(_OPTIONAL)]
    gone = [f"{url_path}/{place}: not in the repo" for place in places if not (repo.path / place).is_file()]
    asked = {f"{url_path}/{each}": digest_of(repo.path / each) for each in places if (repo.path / each).is_file()}
    found = (*gone, *probe_of(published.artifact, bench.mirror.look(asked)).missing)
    more = (f"{len(found) - MOST_TOLD} more objects of {published.identity[:12]}",) if len(found) > MOST_TOLD else ()
    return (*(f"{each}, and commit {published.identity[:12]} needs it" for each in found[:MOST_TOLD]), *more)


def _ref_file(commit: str) -> str:
    return sha256(f"{commit}\n".encode()).hexdigest()
