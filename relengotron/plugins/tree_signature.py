"""What is signed of a tree: its commit, in the private repo where it was composed; the signature goes along with it."""

from pathlib import Path

from relengotron.errors import MalformedInput, RequestRefused
from relengotron.sdk import Built, Workbench
from relengotron.systems.ostree.detached import signatures_in
from relengotron.systems.ostree.port import OstreeRepo
from relengotron.systems.ostree.signatures import proof_of, sign_with
from relengotron.systems.signing.port import Signer


def unsigned_of(built: Built, bench: Workbench) -> tuple[str, ...]:
    """A sentence when the key has not signed the commit."""
    if bench.signer is None:
        return ()
    place = str(built.facts["repo"])
    proof = proof_of(bench.ostree(Path(place)), built.identity, bench.signer)
    return () if proof.is_good else (f"commit {built.identity[:12]} in {place}: {proof.why}",)


def sign(built: Built, bench: Workbench) -> None:
    """The commit carries a signature; the summary gets its own when it is written."""
    if bench.signer is not None and bench.signer.makes_signatures:
        sign_with(bench.ostree(Path(built.facts["repo"])), built.identity, bench.signer)


def bring_signatures(live: OstreeRepo, built: Built, bench: Workbench) -> None:
    """Before static deltas, which carry signatures, and before the ref: readers get a commit that the key has signed.

    Raises:
        RequestRefused: it has not signed it.
    """
    if bench.signer is None:
        return
    known = live.signatures(built.identity)
    for signature in bench.ostree(Path(built.facts["repo"])).signatures(built.identity):
        if signature not in known:
            live.add_signature(built.identity, signature)
    proof = proof_of(live, built.identity, bench.signer)
    if not proof.is_good:
        raise RequestRefused(f"commit {built.identity} is not signed with {bench.signer.name}: {proof.why}")


def why_unsigned(summary: bytes, signatures: bytes | None, key: Signer | None) -> str | None:
    """Why readers who trust the key take no summary with these signatures; None when they do, or nobody makes any."""
    if key is None or not key.makes_signatures:
        return None
    if signatures is None:
        return "there is none"
    try:
        proofs = [key.read_detached(summary, each) for each in signatures_in(signatures)]
    except MalformedInput as wrong:
        return str(wrong)
    if any(proof.is_good for proof in proofs):
        return None
    return f"the summary is not signed with {key.name}: {'; '.join(proof.why for proof in proofs)}"


def waits_to_be_signed(repo: OstreeRepo, commit: str, parent: str, subject: str, bench: Workbench) -> str | None:
    """What an earlier look committed of these files on top of the parent, while somebody else has to sign it."""
    if bench.signer is None or bench.signer.makes_signatures:
        return None
    children = [each.commit for each in repo.commits().values() if each.parent == parent]
    content = repo.content_checksum(commit)
    known = (repo.commit_info(each) for each in children)
    return next((each.commit for each in known if (each.content_checksum, each.subject) == (content, subject)), None)
