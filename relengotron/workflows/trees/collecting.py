"""What does a garbage collection of a repo take away, and how many bytes does that free?"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from relengotron.decisions.retaining import RepoFacts, Retained, Rule, retain
from relengotron.errors import MalformedInput, SystemUnreachable
from relengotron.model.tree_history import Delta
from relengotron.settings.systems import Ostree
from relengotron.systems.ostree.names import is_commit
from relengotron.systems.ostree.port import OstreeRepo
from relengotron.workflows.trees.operation import Operation, Terms

_TOMBSTONE = ".tombstone-commit"


@dataclass(frozen=True, slots=True)
class Garbage:
    """Everything that nothing keeps: commits, objects and deltas with their sizes."""

    retained: Retained
    objects: Mapping[str, int]
    deltas: Mapping[Delta, int]

    @property
    def size(self) -> int:
        """How many bytes become free."""
        return sum(self.objects.values()) + sum(self.deltas.values())


def collection(
    repo: OstreeRepo,
    policy: Ostree,
    terms: Terms,
    only: frozenset[str] | None = None,
    leaving: frozenset[str] = frozenset(),
) -> Operation:
    """What a garbage collection would take away now; with ``only`` no commits but those.

    ``leaving`` are refs that will be gone by then: they keep nothing.

    Raises:
        SystemUnreachable: the repo, or the list of what machines run, cannot be read.
    """
    garbage = look(repo, policy, terms, only, leaving)
    gone = garbage.retained.gone
    effects = (
        *(f"drop commit {each.commit} of {each.made_at:%Y-%m-%d}" for each in gone),
        *(f"drop the delta from {(each.old or 'nothing')[:12]} to {each.new[:12]}" for each in garbage.deltas),
        *([f"drop {len(garbage.objects)} objects; {garbage.size} bytes become free"] if garbage.size else []),
    )
    return Operation(
        what=f"collect the garbage of {repo.path}",
        effects=effects,
        act=partial(_act, repo, policy, terms, frozenset(each.commit for each in gone)),
        notes=(f"{len(garbage.retained.kept)} commits are kept",),
        facts={
            "bytes": garbage.size,
            "objects": len(garbage.objects),
            "commits": [each.commit for each in gone],
            "deltas": [[each.old, each.new] for each in garbage.deltas],
            "kept": {commit: list(reasons) for commit, reasons in sorted(garbage.retained.kept.items())},
        },
        is_final=True,
    )


def look(
    repo: OstreeRepo,
    policy: Ostree,
    terms: Terms,
    only: frozenset[str] | None = None,
    leaving: frozenset[str] = frozenset(),
) -> Garbage:
    """Everything that nothing keeps now."""
    refs = {ref: head for ref, head in repo.refs().items() if ref not in leaving}
    facts = RepoFacts(repo.commits(), refs, repo.tags(), _deployed(policy.deployed))
    retained = _chosen(retain(facts, _rules(policy), policy.unreferenced_kept_for, terms.now()), only)
    needed, stored = repo.objects_of(retained.kept.keys()), repo.stored()
    objects = {name: size for name, size in stored.items() if name not in needed and not name.endswith(_TOMBSTONE)}
    kept = retained.kept.keys()
    deltas = {each: size for each, size in repo.deltas().items() if not _is_of_use(each, kept)}
    return Garbage(retained, objects, deltas)


def _chosen(retained: Retained, only: frozenset[str] | None) -> Retained:
    """What was not chosen is kept this time."""
    if only is None:
        return retained
    spared = {each.commit: ("not chosen",) for each in retained.gone if each.commit not in only}
    return Retained({**retained.kept, **spared}, tuple(each for each in retained.gone if each.commit in only))


def _is_of_use(delta: Delta, kept: Collection[str]) -> bool:
    return delta.new in kept and (delta.old is None or delta.old in kept)


def _rules(policy: Ostree) -> Sequence[Rule]:
    return [Rule(each.refs, each.depth, each.age) for each in policy.retention]


def _deployed(file: Path | None) -> frozenset[str]:
    """A list that cannot be read, or reads like something else, must not look like an empty one."""
    if file is None:
        return frozenset()
    try:
        lines = [line.strip() for line in file.read_text().splitlines()]
    except (OSError, UnicodeDecodeError) as error:
        raise SystemUnreachable(f"ostree.deployed cannot be read: {error}") from error
    commits = [line for line in lines if line and not line.startswith("#")]
    strange = [line for line in commits if not is_commit(line)]
    if strange:
        raise MalformedInput(f"{file}: not a commit id: {strange[0][:80]!r}")
    return frozenset(commits)


def _act(repo: OstreeRepo, policy: Ostree, terms: Terms, foreseen: frozenset[str]) -> Mapping[str, Any]:
    """Nobody writes to a ref meanwhile; what was not shown before is not taken away now."""
    with repo.hold_all("collect garbage", terms.wait):
        garbage = look(repo, policy, terms)
        gone = [each.commit for each in garbage.retained.gone if each.commit in foreseen]
        left = repo.commits().keys() - set(gone)
        deltas = [each for each in garbage.deltas if not _is_of_use(each, left)]
        for delta in deltas:
            repo.drop_delta(delta)
        repo.update_summary()  # a client that reads it must not look for a delta that is gone
        before = repo.stored()
        repo.drop_commits(gone)
        freed = sum(before[name] for name in before.keys() - repo.stored().keys())
    return {"commits": gone, "deltas": len(deltas), "bytes": freed + sum(garbage.deltas[each] for each in deltas)}
