"""What every step of looking after a repo of trees holds in its hands, and what it finds there to do."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from fnmatch import fnmatchcase
from functools import wraps
from itertools import islice
from pathlib import Path
from threading import Semaphore
from typing import Final

from relengotron.engine.attempt import Attempt
from relengotron.model.outcome import Outcome, Running
from relengotron.model.tree_care import TreeCare
from relengotron.model.tree_history import Delta, history
from relengotron.settings import Settings
from relengotron.systems.ostree.port import OstreeRepo
from relengotron.systems.world import World
from relengotron.workflows.trees.operation import Terms

_LOOKS_WHETHER_IT_IS_ITS_TURN: Final = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Old:
    """A branch that nothing has come to for long, and the repo that it goes into."""

    ref: str
    head: str
    into: Path


@dataclass(frozen=True, slots=True)
class Fresh:
    """A branch with a new tree, and the one that it was made for."""

    branch: str
    head: str
    into: str


@dataclass(frozen=True, slots=True)
class Head:
    """A commit that is to be named for ever."""

    ref: str
    commit: str
    tag: str


@dataclass(frozen=True, slots=True)
class Wanting:
    """A head that has no static delta from one of the commits below it."""

    ref: str
    delta: Delta


@dataclass(frozen=True, slots=True)
class Care:
    """One run of ``look_after_trees``."""

    engine: Attempt
    wanted: TreeCare
    world: World
    settings: Settings
    turn: Semaphore
    """What reads a whole repo takes a worker for long: one at a time, so that pushes have the others."""

    @property
    def repo(self) -> OstreeRepo:
        """The repo that is looked after."""
        return self.world.ostree(self.wanted.repo)

    @property
    def terms(self) -> Terms:
        """A lock that is taken is not waited for here: the run looks again, and its worker goes on with others."""
        return Terms(timedelta(), self.engine.now)

    def until(self, patience: timedelta) -> datetime:
        """When a wait that began with this step must end."""
        return self.engine.step_started_at + patience

    def note(self, subject: str, state: str, reason: str) -> None:
        """Keep what became of a part of the repo."""
        self.engine.note("tree", subject, state, reason, {"repo": str(self.wanted.repo)})


CareStep = Callable[[Care], Outcome]


def in_its_turn(step: CareStep) -> CareStep:
    """A step that waits while another repo is being read."""

    @wraps(step)
    def waiting(care: Care) -> Outcome:
        if not care.turn.acquire(blocking=False):
            return Running("another repo of trees is being read", look_again=_LOOKS_WHETHER_IT_IS_ITS_TURN)
        try:
            return step(care)
        finally:
            care.turn.release()

    return waiting


def fresh_branches(repo: OstreeRepo, wanted: TreeCare) -> Iterator[Fresh]:
    """Every branch that is to be merged now, the oldest first; each by the first rule that fits it."""
    refs = repo.refs() if wanted.merge else {}
    for branch, head in sorted(refs.items(), key=lambda item: (repo.commit_info(item[1]).timestamp, item[0])):
        rule = next((each for each in wanted.merge if fnmatchcase(branch, each.refs)), None)
        if rule is not None and branch != rule.into:
            yield Fresh(branch, head, rule.into)


def heads_without_tag(repo: OstreeRepo, wanted: TreeCare) -> Iterator[Head]:
    """Every head that is to be tagged, has a version, and has not the tag of it yet."""
    tags, refs = (repo.tags(), repo.refs()) if wanted.tag else ({}, {})
    for ref, head in refs.items():
        version = repo.commit_info(head).version if any(fnmatchcase(ref, each) for each in wanted.tag) else None
        if version is not None and tags.get(tag := f"{ref}/{version}") != head:
            yield Head(ref, head, tag)


def old_branches(repo: OstreeRepo, wanted: TreeCare, now: datetime) -> Iterator[Old]:
    """Every branch that is to be archived now; each by the first rule that fits it, and none that an alias needs."""
    if not wanted.archive:
        return
    needed = set(repo.aliases().values())
    for ref, head in repo.refs().items():
        rule = next((each for each in wanted.archive if fnmatchcase(ref, each.refs)), None)
        if rule is not None and ref not in needed and now - repo.commit_info(head).timestamp > rule.idle:
            yield Old(ref, head, rule.into)


def deltas_wanted(repo: OstreeRepo, wanted: TreeCare) -> Iterator[Wanting]:
    """Every delta that is to lead to a head and is not there."""
    if not wanted.deltas:
        return
    commits, there = repo.commits(), repo.deltas()
    for ref, head in repo.refs().items():
        below = islice(history(commits, head), 1, wanted.deltas + 1) if fnmatchcase(ref, wanted.deltas_for) else ()
        for each in below:
            delta = Delta(each.commit, head)
            if delta not in there and repo.has_commit(each.commit):
                yield Wanting(ref, delta)
