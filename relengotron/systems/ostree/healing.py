"""Which commits of an archive have lost something? What is damaged goes away, so that a good copy can bring it back."""

from collections.abc import Iterable
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from typing import Final

from relengotron.errors import RequestRefused
from relengotron.systems.ostree.command import OstreeCommand
from relengotron.systems.ostree.files import has_whole_commit
from relengotron.systems.ostree.objects import commits_in, objects_of, stored_in

_MARK: Final = ".commitpartial"
_METADATA: Final = ("commit", "dirtree", "dirmeta")


def set_damaged_aside(repo: Path, wanted: set[str], command: OstreeCommand) -> tuple[str, ...]:
    """The commits to be brought again: those that lack something, and the ``wanted`` ones that are not here.

    The command's own check stops at a missing directory, and passes over commits that are marked: so they are marked.
    """
    _remove_damaged_metadata(repo)
    for commit in _lacking(repo):
        (repo / "state" / f"{commit}{_MARK}").write_bytes(b"f")  # as the check itself marks them
    with suppress(RequestRefused):  # it says so whenever it has found something
        command.act("fsck", "--all", "--delete")
    marked = {file.name.removesuffix(_MARK) for file in (repo / "state").glob(f"*{_MARK}")}
    return tuple(sorted(marked | {commit for commit in wanted if not has_whole_commit(repo, commit)}))


def _remove_damaged_metadata(repo: Path) -> None:
    """Commits and directories are their own checksums; of one that is damaged nobody can say what it needs."""
    for kind in _METADATA:
        for file in (repo / "objects").glob(f"[0-9a-f][0-9a-f]/*.{kind}"):
            if sha256(file.read_bytes()).hexdigest() != f"{file.parent.name}{file.stem}":
                file.unlink()


def _lacking(repo: Path) -> list[str]:
    """Commits whose own object is here, and not all they are made of."""
    stored, commits = stored_in(repo).keys(), commits_in(repo)
    if not _needed(repo, commits) - stored:
        return []
    return [commit for commit in commits if _needed(repo, [commit]) - stored]


def _needed(repo: Path, commits: Iterable[str]) -> frozenset[str]:
    return frozenset(name for name in objects_of(repo, commits) if not name.endswith(".commitmeta"))
