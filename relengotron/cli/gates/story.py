"""What is known of one build, or of one batch, at a gate: where it stands, how it came there, what can be done."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from shlex import quote
from typing import Final

from sqlalchemy import Connection

from relengotron.cli import find, ways_on
from relengotron.cli.details import Details, details
from relengotron.cli.gates.standing import Standing
from relengotron.cli.gates.stays import Stay, stay_of
from relengotron.decisions import passing
from relengotron.engine import upstream_news
from relengotron.engine.journal import evidence, gate_orders, gate_runs, gated, holds, runs
from relengotron.engine.journal.gate_runs import Answering
from relengotron.errors import MalformedInput
from relengotron.model.codec import from_json
from relengotron.model.gated import (
    BuildState,
    Closing,
    GateBatch,
    GatedBuild,
    Pass,
    gate_of_lane,
)
from relengotron.model.run import Run
from relengotron.model.upstream_news import UpstreamNews

TO_BE_PASSED: Final = (BuildState.ARRIVED, BuildState.TESTING)
"""A pass changes nothing for what moves already, nor for what is in quarantine."""


@dataclass(frozen=True, slots=True)
class BuildStory:
    """One build at one gate: who answers for it now, who lets it pass, and every run that ever had it."""

    build: GatedBuild
    standing: Standing
    passes: Sequence[Pass]
    closings: Sequence[Closing]
    runs: Sequence[Details]
    news: UpstreamNews | None = None
    stay: Stay | None = None
    """What is known of its stay while it is in quarantine."""


@dataclass(frozen=True, slots=True)
class BatchStory:
    """One batch: what it was asked for, its run, and where its builds stand now."""

    batch: GateBatch
    builds: Sequence[GatedBuild]
    known: Details
    standing: Standing | None
    news: Sequence[UpstreamNews] = ()


def of_build(db: Connection, nvr: str, owner: str, at: datetime) -> list[BuildStory]:
    """The build at every gate that it came to."""
    ever = [run for name in evidence.runs_about(db, "build", nvr) if (run := runs.find(db, name)) is not None]
    return [_of_build(db, each, ever, owner, at) for each in gated.named(db, nvr)]


def of_batch(db: Connection, name: str, owner: str) -> BatchStory | None:
    """The batch of this id, None when there is none."""
    run = find.of_batch(db, name)
    if run is None:
        return None
    batch = batch_of(run)
    if batch is None:
        return None
    builds = [each for nvr in batch.builds if (each := gated.find(db, batch.gate, nvr)) is not None]
    own = tuple(each for each in builds if each.batch == batch.id and not each.state.is_settled)
    standing = Standing(batch.id, own, _answering(db, run), owner) if own else None
    news = [found for each in builds if (found := upstream_news.of_build(db, each)) is not None]
    return BatchStory(batch, builds, details(db, run), standing, news)


def batch_of(run: Run) -> GateBatch | None:
    """What a run at a gate was asked for; None when it is none of a batch."""
    try:
        return from_json(GateBatch, run.request)
    except MalformedInput:
        return None


def commands(story: BuildStory) -> Iterator[str]:
    """What a person can type about a build, with the exact commands."""
    build, stuck = story.build, story.standing.stuck
    if build.state.is_settled:
        return
    if story.stay is not None and stuck is None:
        yield from story.stay.ways_out
    if stuck is not None:
        yield stuck.command
    leading_on = ways_on.at_the_gate(story.runs[-1]) if build.state is BuildState.TESTING and story.runs else []
    yield from leading_on
    if story.closings and build.state is BuildState.TESTING:
        yield f"relengotron gate open {build.gate} --reason TEXT"
    let_pass = f"relengotron gate pass {build.gate} {quote(build.nvr)} --reason TEXT"
    is_named = any(each.startswith(let_pass) for each in leading_on)
    if build.state in TO_BE_PASSED and passing.still_needed(story.passes) and not is_named:
        yield let_pass


def _of_build(db: Connection, build: GatedBuild, ever: Sequence[Run], owner: str, at: datetime) -> BuildStory:
    lane = find.lane_of(build)
    run = None if lane is None else next(iter(runs.newest(db, 1, lane=lane)), None)
    here = {each.id: each for each in (*ever, *([] if run is None else [run])) if gate_of_lane(each.lane) == build.gate}
    return BuildStory(
        build=build,
        standing=Standing(build.nvr, (build,), None if run is None else _answering(db, run), owner),
        passes=gate_orders.passes_of(db, build.gate, [build.nvr]),
        closings=gate_orders.closings_of(db, build.gate, at),
        runs=[details(db, each) for each in sorted(here.values(), key=lambda each: (each.created_at, each.id))],
        news=upstream_news.of_build(db, build),
        stay=stay_of(db, build) if build.state is BuildState.QUARANTINED else None,
    )


def _answering(db: Connection, run: Run) -> Answering:
    return gate_runs.Answering(run, runs.steps_of(db, run.id), holds.open_of(db, run.id))
