"""How does a branch go into another repo, and only then away? Every object is compared before anything is deleted."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final

from relengotron.errors import RefMoved, RequestRefused, StateDisagrees
from relengotron.model.tree_history import history
from relengotron.systems.ostree.kept import keep
from relengotron.systems.ostree.names import checked_ref, file_name_of
from relengotron.systems.ostree.port import OstreeRepo
from relengotron.workflows.trees.operation import Operation, Terms

RECORDS: Final = "relengotron-archived"
"""The folder beside the archive's objects with one record for each archived branch."""


@dataclass(frozen=True, slots=True)
class Archiving:
    """A branch with all commits that the repo holds of it, the newest first, and where they go."""

    repo: OstreeRepo
    ref: str
    archive: OstreeRepo
    commits: tuple[str, ...]
    delete: bool

    @property
    def head(self) -> str:
        """What the branch shows."""
        return self.commits[0]


def archiving(repo: OstreeRepo, ref: str, archive: OstreeRepo, terms: Terms, *, delete: bool) -> Operation:
    """What archiving would do.

    Raises:
        RequestRefused: there is no such branch, an alias needs it, or the archive shows something else as it.
    """
    if repo.path.resolve() == archive.path.resolve():
        raise RequestRefused(f"{archive.path} is the repo itself, and no archive of it")
    head = repo.refs().get(checked_ref(ref))
    if head is None and delete and _is_archived(ref, archive):
        return _archived_before(repo, ref, archive)
    if head is None:
        raise RequestRefused(f"no ref {ref} in {repo.path}; an alias is not archived")
    wanted = Archiving(repo, ref, archive, tuple(each.commit for each in history(repo.commits(), head)), delete)
    _refuse_what_cannot_be(wanted)
    return Operation(
        what=f"archive {ref} of {repo.path} in {archive.path}",
        effects=tuple(_effects(wanted)),
        act=partial(_act, wanted, terms),
        notes=(f"{ref} shows {head}, {len(wanted.commits)} commits",),
        facts={"ref": ref, "commit": head, "commits": len(wanted.commits), "delete": delete},
        is_final=delete,
    )


def _is_archived(ref: str, archive: OstreeRepo) -> bool:
    return _record_of(ref, archive).exists() and archive.head(ref) is not None


def _archived_before(repo: OstreeRepo, ref: str, archive: OstreeRepo) -> Operation:
    """What was cut off right after the branch was deleted is finished by asking for it again."""
    head = archive.head(ref)

    def act() -> Mapping[str, Any]:
        repo.update_summary()
        return {"commit": head}

    what = f"archive {ref} of {repo.path} in {archive.path}"
    return Operation(what, (), act, (f"{ref} is archived already",), {"ref": ref, "commit": head})


def _refuse_what_cannot_be(wanted: Archiving) -> None:
    aliases = [alias for alias, target in wanted.repo.aliases().items() if target == wanted.ref]
    if wanted.delete and aliases:
        raise RequestRefused(f"{wanted.ref} cannot be deleted: {', '.join(aliases)} stands for it; remove that first")
    if (wanted.archive.path / "config").exists():
        there = wanted.archive.head(wanted.ref)
        if there is not None and there not in wanted.commits:
            raise RequestRefused(f"{wanted.archive.path} shows another {wanted.ref}: {there}, which is not below ours")


def _effects(wanted: Archiving) -> list[str]:
    many = f"{len(wanted.commits)} commits of {wanted.ref}"
    copied = [f"copy {many} to {wanted.archive.path}, each object read and compared", "check the archive whole"]
    deleted = [f"delete {wanted.ref} from {wanted.repo.path}", "write the summary"]
    return [*copied, *(deleted if wanted.delete else [])]


def _act(wanted: Archiving, terms: Terms) -> Mapping[str, Any]:
    repo, ref = wanted.repo, wanted.ref
    with repo.hold(ref, f"archive it in {wanted.archive.path}", terms.wait):
        if (now := repo.head(ref)) != wanted.head:
            raise RefMoved(f"{ref} shows {now}, and showed {wanted.head} a moment ago; look again")
        _copy(wanted)
        objects = _verify(wanted)
        record = _record(wanted, objects, terms)
        if wanted.delete:
            repo.delete_ref(ref, wanted.head)
    if wanted.delete:
        repo.update_summary()
    return {"commit": wanted.head, "commits": len(wanted.commits), "objects": objects, "record": record}


def _copy(wanted: Archiving) -> None:
    """As deep as our own history goes: asked for more, the command wants commits that we do not have."""
    archive = wanted.archive
    archive.init_archive()
    archive.pull_local(wanted.repo.path, wanted.head, depth=len(wanted.commits) - 1)
    archive.set_ref(wanted.ref, wanted.head, archive.head(wanted.ref))
    archive.update_summary()


def _verify(wanted: Archiving) -> int:
    """The number of objects, each of which is in the archive, of the same size and with the content of its name."""
    needed = {name for name in wanted.repo.objects_of(wanted.commits) if not name.endswith(".commitmeta")}
    ours, theirs = wanted.repo.stored(), wanted.archive.stored()
    missing = sorted(name for name in needed if name not in theirs)
    if missing:
        raise StateDisagrees(f"{len(missing)} objects are not in the archive, such as {missing[0]}")
    other = sorted(name for name in needed if theirs[name] != ours.get(name))
    if other:
        raise StateDisagrees(f"{len(other)} objects are of another size in the archive, such as {other[0]}")
    answer = wanted.archive.fsck()
    if not answer.clean or wanted.archive.head(wanted.ref) != wanted.head:
        raise StateDisagrees(f"the archive is not sound: {answer.output[-500:]}")
    return len(needed)


def _record(wanted: Archiving, objects: int, terms: Terms) -> str:
    """What was archived, with a checksum of itself, for whoever opens the archive in ten years."""
    facts: dict[str, Any] = {
        "ref": wanted.ref,
        "from": str(wanted.repo.path),
        "head": wanted.head,
        "commits": list(wanted.commits),
        "objects": objects,
        "at": terms.now().isoformat(timespec="seconds"),
    }
    written = json.dumps(facts, indent=1, sort_keys=True)
    facts["sha256"] = hashlib.sha256(written.encode()).hexdigest()
    place = _record_of(wanted.ref, wanted.archive)
    keep(place, json.dumps(facts, indent=1, sort_keys=True) + "\n")
    return str(place)


def _record_of(ref: str, archive: OstreeRepo) -> Path:
    return archive.path / RECORDS / f"{file_name_of(ref)}.json"
