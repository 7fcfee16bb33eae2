"""What does another copy of an archive lack, and in which order may it come without a reader ever missing something?

Objects and deltas first, which nothing names there yet; then the signatures beside commits; then refs; the summary
last, with its signature. What the copy shows is what its own summary says: that came last there too.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from pathlib import Path
from shutil import copytree
from typing import Final

from relengotron.errors import MalformedInput
from relengotron.systems.mirror.paths import rel_path
from relengotron.systems.mirror.port import Parcel
from relengotron.systems.ostree.files import has_whole_commit
from relengotron.systems.ostree.names import object_path
from relengotron.systems.ostree.objects import commit_object, objects_of
from relengotron.systems.ostree.summary import refs_in

SUMMARY: Final = "summary"
SIGNATURE: Final = "summary.sig"
_CONFIG: Final = "config"
_HEADS: Final = "refs/heads"
_INDEXES: Final = "delta-indexes"
_BEGIN: Final = "/superblock"
"""What a client reads of a delta before its other parts."""
_SIGNATURES: Final = ".commitmeta"


def ahead(repo: Path, commits: Iterable[str], there: Mapping[str, bytes]) -> Iterator[Parcel]:
    """What these commits need with all that they stand on, which changes nothing for readers there."""
    names = _lacking(repo, commits, frozenset(_shown(there).values()))
    objects = {object_path(name) for name in names if not name.endswith(_SIGNATURES)}
    deltas = _files(repo, "deltas")
    begins = {path for path in deltas if path.endswith(_BEGIN)}
    yield Parcel(repo, tuple(sorted(objects | (deltas - begins))))
    signatures = {object_path(name) for name in names if name.endswith(_SIGNATURES)}
    yield Parcel(repo, tuple(sorted(begins | {path for path in signatures if (repo / path).exists()})), is_pointer=True)


def all_of(repo: Path, pointers: Path, there: Mapping[str, bytes]) -> Iterator[Parcel]:
    """What the copy needs to show what ``pointers`` does, which are of one moment."""
    shown = refs_in((pointers / SUMMARY).read_bytes())
    yield from ahead(repo, shown.values(), there)
    named = {_CONFIG, *map(_named, shown), *_files(pointers, _INDEXES)}
    yield Parcel(pointers, tuple(sorted(named)), is_pointer=True)
    yield Parcel(pointers, gone=tuple(_gone(repo, shown, there)))
    signed = (SIGNATURE,) if (pointers / SIGNATURE).exists() else ()
    yield Parcel(pointers, (*signed, SUMMARY), True, gone=() if signed or SIGNATURE not in there else (SIGNATURE,))


def pointers_of(repo: Path, into: Path) -> None:
    """What readers start from lies there, every ref as the summary lists it, which nobody may write meanwhile."""
    for name in (_CONFIG, SUMMARY, SIGNATURE):
        if name != SIGNATURE or (repo / name).exists():
            (into / name).write_bytes((repo / name).read_bytes())
    if (repo / _INDEXES).is_dir():
        copytree(repo / _INDEXES, into / _INDEXES)
    for ref, commit in refs_in((into / SUMMARY).read_bytes()).items():
        file = into / _named(ref)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"{commit}\n")


def _lacking(repo: Path, commits: Iterable[str], there: Collection[str]) -> frozenset[str]:
    """The objects of commits that are new there, and the signatures of all: those may change after the commit came."""
    asked, new, edge = set(commits), set[str](), set[str]()
    for each in asked:
        commit: str | None = each
        while commit is not None and commit not in new and has_whole_commit(repo, commit):
            if commit in there:
                edge.add(commit)
                break
            new.add(commit)
            read = commit_object(repo, commit)
            commit = None if read is None else read.parent
    return (objects_of(repo, new) - objects_of(repo, edge)) | {f"{commit}{_SIGNATURES}" for commit in asked}


def _shown(there: Mapping[str, bytes]) -> Mapping[str, str]:
    """The refs of the copy; none where its summary says nothing, so that all of it is compared."""
    try:
        return refs_in(there[SUMMARY]) if SUMMARY in there else {}
    except MalformedInput:
        return {}


def _gone(repo: Path, shown: Mapping[str, str], there: Mapping[str, bytes]) -> Iterator[str]:
    """Refs that are taken off the list; what shows a commit that never was here is somebody else's."""
    for ref, commit in _shown(there).items():
        if ref not in shown and has_whole_commit(repo, commit):
            yield _named(ref)


def _named(ref: str) -> str:
    return rel_path(f"{_HEADS}/{ref}")


def _files(repo: Path, folder: str) -> set[str]:
    return {path.relative_to(repo).as_posix() for path in (repo / folder).rglob("*") if path.is_file()}
