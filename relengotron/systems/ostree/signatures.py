"""Where are the signatures of a commit kept, and how does one more come there? Beside the commit, in its own file."""

import logging
import os
from collections.abc import Sequence
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

from relengotron.errors import MalformedInput, Permanent, RequestRefused, SystemUnreachable
from relengotron.systems.ostree.detached import signatures_in, with_signature
from relengotron.systems.ostree.names import checked_commit
from relengotron.systems.ostree.port import OstreeRepo
from relengotron.systems.signing.port import Proof, Signer

log = logging.getLogger(__name__)


def commit_bytes(repo: Path, commit: str) -> bytes:
    """The commit itself, which is what is signed.

    Raises:
        RequestRefused: it is not here.
        MalformedInput: what is here is another one, or damaged; nobody must sign that.
    """
    found = _read(repo / "objects" / checked_commit(commit)[:2] / f"{commit[2:]}.commit")
    if found is None:
        raise RequestRefused(f"no commit {commit} in {repo}")
    if sha256(found).hexdigest() != commit:
        raise MalformedInput(f"commit {commit} of {repo} is damaged: run fsck")
    return found


def signatures_of(repo: Path, commit: str) -> tuple[bytes, ...]:
    """Every signature that the repo has of a commit, whoever made it."""
    found = _read(said_of(repo, commit))
    return () if found is None else signatures_in(found)


def keep_signature(repo: Path, commit: str, signature: bytes) -> None:
    """One signature more stands beside the commit, durable, and what else stands there is untouched."""
    place = said_of(repo, commit)
    known = _read(place) or b""
    wanted = with_signature(known, signature)
    if wanted != known:
        replaced(repo, place, wanted)


def said_of(repo: Path, commit: str) -> Path:
    """The file beside a commit."""
    return repo / "objects" / checked_commit(commit)[:2] / f"{commit[2:]}.commitmeta"


def replaced(repo: Path, place: Path, data: bytes) -> None:
    """The file holds this, on disk, and readers never saw half of it."""
    beside = repo / "tmp" / f"relengotron-{place.parent.name}-{place.name}"
    try:
        beside.parent.mkdir(exist_ok=True)
        with beside.open("wb") as file:
            file.write(data)
            file.flush()
            os.fchmod(file.fileno(), 0o644)
            os.fsync(file.fileno())
        os.replace(beside, place)
        _settle(place.parent)
    except OSError as error:
        raise SystemUnreachable(f"{place} cannot be written: {error}") from error


def proof_of(repo: OstreeRepo, commit: str, key: Signer) -> Proof:
    """Whether one of the commit's signatures is a good one by this key, and else why the best of them is not."""
    proof = Proof(False, "there is no signature")
    if signatures := repo.signatures(commit):
        signed = repo.commit_bytes(commit)
        for each in signatures:
            if (proof := key.read_detached(signed, each)).is_good:
                break
    return proof


def sign_with(repo: OstreeRepo, commit: str, key: Signer) -> None:
    """The commit carries a good signature by this key; looked at first, because each call to sign makes one more.

    Raises:
        SystemBusy: somebody else signs with the key, and has not done so.
    """
    if not proof_of(repo, commit, key).is_good:
        repo.add_signature(commit, key.detach(repo.commit_bytes(commit)))


def signatures_by(keys: Sequence[Signer], summary: bytes) -> list[bytes]:
    """What each key signs; one that is over is left out, because a release that ended keeps no other from its readers.

    Raises:
        Transient: one does not sign; it is waited for, whatever it said, because refs have moved already.
    """
    found, over = [], ""
    for key in keys:
        try:
            found.append(key.detach(summary))
        except Permanent as refused:
            over = f"the summary waits for its signature: {refused}"
            if not _is_over(key):
                raise SystemUnreachable(over) from refused
            log.warning("a key is over and signs no summary", extra={"key": key.name, "trouble": str(refused)})
    if over and not found:
        raise SystemUnreachable(over)
    return found


def _is_over(key: Signer) -> bool:
    try:
        facts = key.look()
    except Permanent:
        return False
    return facts.is_revoked or (facts.expires is not None and facts.expires <= datetime.now(UTC))


def _read(place: Path) -> bytes | None:
    try:
        return place.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise SystemUnreachable(f"{place} cannot be read: {error}") from error


def _settle(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
