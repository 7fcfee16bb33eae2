"""How much of a push's time is ours? The demo's push, from the order to the end, against its critical path outside."""

import re
import shutil
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bench.results import Measure
from bench.world import Silent
from relengotron.engine.journal import runs
from relengotron.engine.journal.database import Database
from relengotron.lab.life import Lab
from relengotron.lab.pushing import Push
from relengotron.settings import load
from relengotron.systems.koji.simulated import Hub

TARGET_S = 3.0
ENDS_WITHIN = 600.0
PLACE_OF_A_TASK = re.compile(r"/(\d{8}-\d{6}-[0-9a-f]{8})/([^/'\s]+)/\d+")
COMPOSE = "relengotron.compose"
ELIGIBLE = "ensure_updates_are_eligible"


@dataclass(frozen=True, slots=True)
class Span:
    """Something outside that took its time; epoch seconds."""

    name: str
    begin: float
    end: float

    @property
    def seconds(self) -> float:
        """How long."""
        return self.end - self.begin


@dataclass(slots=True)
class Outside:
    """Everything that was done outside for one lane."""

    priority: int
    grace: float = 0.0
    moves: list[Span] = field(default_factory=list)
    composes: dict[str, Span] = field(default_factory=dict)
    tests: list[Span] = field(default_factory=list)

    @property
    def before_composes(self) -> float:
        """What must be over outside before the first compose can be asked for."""
        return self.grace + max((span.seconds for span in self.moves), default=0.0)

    def critical_path(self, made_from: Mapping[str, tuple[str, ...]], ahead: Iterable["Outside"]) -> dict[str, float]:
        """The longest way through it that no daemon could have made shorter, part by part.

        ``ahead`` are the more urgent lanes of the same order, which must begin their composes first.
        """
        longest: dict[str, float] = {}
        for name in _in_order(made_from):
            span = self.composes.get(name)
            before = max((longest.get(each, 0.0) for each in made_from[name]), default=0.0)
            longest[name] = before + (span.seconds if span is not None else 0.0)
        return {
            "commit and moves": max(each.before_composes for each in (self, *ahead)),
            "composes": max(longest.values(), default=0.0),
            "tests": max((span.seconds for span in self.tests), default=0.0),
        }


def measure(root: Path, keep_journal: Path) -> list[Measure]:
    """Push once in a fresh lab with a real hub; ``keep_journal`` gets a copy of the journal for other measures."""
    lab = Lab(root, Silent())
    lab.start()
    try:
        push = Push(lab)
        began = time.time()
        push.order()
        _wait_for_the_end(push)
        push.settle()
        measures = list(_measures(lab, push, began))
    finally:
        lab.stop()
    shutil.copy(lab.place.state / "journal.sqlite", keep_journal)
    return measures


def _wait_for_the_end(push: Push) -> None:
    deadline = time.monotonic() + ENDS_WITHIN
    while not push.is_over:
        if time.monotonic() > deadline:
            raise SystemExit("the demo's push did not end in time")
        time.sleep(0.05)
    if not push.is_complete:
        raise SystemExit("the demo's push did not come to a good end")


def _measures(lab: Lab, push: Push, began: float) -> Iterator[Measure]:
    settings = load(lab.place.config)
    journal = lab.open_journal()
    try:
        outside = {
            lane: _outside(lab, journal, lane, settings.patience.commit.total_seconds()) for lane in push.stories
        }
    finally:
        journal.close()
    overheads: dict[str, float] = {}
    ends = {lane: _ended(story).timestamp() for lane, story in push.stories.items()}
    for lane in settings.lanes:
        if str(lane) in outside:
            made_from = {each.name: each.made_from for each in settings.artifacts_for(lane)}
            ahead = [each for each in outside.values() if each.priority < outside[str(lane)].priority]
            parts = outside[str(lane)].critical_path(made_from, ahead)
            wall = ends[str(lane)] - began
            overheads[str(lane)] = wall - sum(parts.values())
            told = ", ".join(f"{name} {seconds:.1f}" for name, seconds in parts.items())
            print(
                f"  {lane}: {wall:.1f} s, outside {sum(parts.values()):.1f} ({told}), ours {overheads[str(lane)]:.2f}"
            )
    last = max(ends, key=lambda lane: ends[lane])
    note = f"the push took {ends[last] - began:.1f} s; its last lane was {last}"
    yield Measure("push_overhead_s", overheads[last], "s", TARGET_S, note=note)
    yield Measure("push_overhead_worst_lane_s", max(overheads.values()), "s")
    yield Measure("push_overhead_sum_of_lanes_s", sum(overheads.values()), "s")
    for lane_name, seconds in overheads.items():
        yield Measure(f"push_overhead_{lane_name.replace('/', '_')}_s", seconds, "s")
    yield Measure("koji_tasks_extra", _extra_tasks(lab.stand_ins.hub, push), "tasks", 0)


def _ended(story: Any) -> datetime:
    ended: datetime | None = story.ended
    if ended is None:
        raise SystemExit(f"{story.lane} has no end")
    return ended


def _outside(lab: Lab, journal: Database, lane: str, commit: float) -> Outside:
    """What Koji, ResultsDB and the journal say was done for a lane."""
    with journal.read() as db:
        run = next(each for each in runs.newest(db, 100, lane=lane))
        step = runs.steps_of(db, run.id)[ELIGIBLE]
    found = Outside(run.priority)
    if step.finished_at is not None:
        waited = (step.finished_at - step.started_at).total_seconds()
        found.grace = min(waited, commit) if waited > commit / 10 else 0.0
    _read_tasks(lab.stand_ins.hub, lane, run.id, found)
    found.tests = list(_tests(lab.stand_ins.results.results.by_id.values(), run.id))
    return found


def _read_tasks(hub: Hub, lane: str, run: str, found: Outside) -> None:
    release, request = lane.removeprefix("F").split("/")
    tag = hub.call(None, "getTag", f"f{release}-updates" + ("-testing" if request == "testing" else ""))["id"]
    for row in _own_tasks(hub):
        asked = hub.call(None, "getTaskRequest", row["id"])
        span = Span(row["method"], row["create_ts"], row["completion_ts"])
        place = PLACE_OF_A_TASK.search(str(asked))
        if row["method"] == "tagBuild" and asked[0] == tag:
            found.moves.append(span)
        elif place is not None and place[1] == run:
            found.composes[place[2]] = span


def _own_tasks(hub: Hub) -> list[Any]:
    owner = hub.call(None, "getUser", "relengotron")["id"]
    rows = hub.call(None, "listTasks", {"owner": owner}, {"order": "id"})
    return [row for row in rows if row["parent"] is None]


def _tests(results: Iterable[Any], run: str) -> Iterator[Span]:
    """From the announcement of each compose to its last verdict."""
    results = list(results)
    own = [each for each in results if run in each.data.get("relengotron_run", ())]
    for compose in (each for each in own if each.testcase.name == COMPOSE):
        groups = {group.uuid for group in compose.groups}
        verdicts = [
            _stamp(each.submitted)
            for each in results
            if each.testcase.name != COMPOSE
            and each.data.get("item") == compose.data["item"]
            and groups & {group.uuid for group in each.groups}
        ]
        if verdicts:
            yield Span(str(compose.data["item"]), _stamp(compose.submitted), max(verdicts))


def _stamp(moment: datetime) -> float:
    return moment.replace(tzinfo=UTC).timestamp()


def _in_order(made_from: Mapping[str, tuple[str, ...]]) -> list[str]:
    """What something is made from comes before it; the settings list it so already."""
    return list(made_from)


def _extra_tasks(hub: Hub, push: Push) -> int:
    """Tasks under the daemon's name beyond those that the push needs: moves, mashes, trees and images."""
    needed = 0
    for lane in push.lanes:
        images = {"atomic-host": 2, "cloud-tree": 1}
        needed += len(lane.builds) + 1 + sum(1 + images[flavour] for flavour in lane.flavours)
    return len(_own_tasks(hub)) - needed
