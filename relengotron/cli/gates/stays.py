"""Which builds are in quarantine, and what does the run that looks after each of them know?"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from shlex import quote

from sqlalchemy import Connection

from relengotron.cli.exits import Exit, Refusal
from relengotron.engine.journal import effects, gated, holds, runs
from relengotron.model.codec import from_json
from relengotron.model.gated import BuildState, GatedBuild, Quarantine, WayOut, lane_of_quarantine
from relengotron.model.quarantine import LEAVING, QuarantineWish
from relengotron.model.run import DECISION, Run
from relengotron.settings.gates import Gate
from relengotron.settings.mistakes import nearest


@dataclass(frozen=True, slots=True)
class Stay:
    """One build in quarantine; ``run`` looks after it, and somebody may have asked it to let the build go."""

    build: GatedBuild
    run: str | None = None
    testcases: tuple[str, ...] = ()
    reminded_at: datetime | None = None
    leaving: QuarantineWish | None = None
    who: str = ""
    """Who can act, which is not the packager where nobody knows that, or where reminders were in vain."""

    @property
    def ways_out(self) -> list[str]:
        """The commands that would not be refused: none while somebody has asked for one, no new test without an old."""
        ways = [each for each in WayOut if each is not WayOut.RETRY or self.testcases] if self.leaving is None else []
        return [self.command(each) for each in ways]

    def command(self, way: WayOut) -> str:
        """What to type to lead the build out this way."""
        return f"relengotron quarantine {way} {quote(self.build.nvr)} --gate {self.build.gate} --reason TEXT"


def stays(db: Connection, gates: Mapping[str, Gate]) -> list[Stay]:
    """Every build in quarantine at one of these gates, the longest stay first."""
    builds = [build for name in gates for build in gated.at(db, name, (BuildState.QUARANTINED,))]
    return [stay_of(db, build) for build in sorted(builds, key=lambda each: (each.since, each.nvr))]


def stay_of(db: Connection, build: GatedBuild) -> Stay:
    """What the run that looks after a build in quarantine knows of its stay."""
    run = next(_unfinished(db, build), None)
    if run is None:
        return Stay(build)
    hold, kept = holds.open_of(db, run.id), from_json(Quarantine, run.request)
    said = effects.find(db, run.id, f"{DECISION}{LEAVING}")
    leaving = None if said is None else from_json(QuarantineWish, said.result)
    if hold is None:
        return Stay(build, run.id, kept.suspicion.testcases, leaving=leaving)
    return Stay(build, run.id, kept.suspicion.testcases, hold.deadline, leaving, hold.owner)


def the_stay(db: Connection, gates: Mapping[str, Gate], nvr: str, gate: str | None) -> Stay:
    """The build in quarantine that is meant.

    Raises:
        Refusal: it is not there; what it is instead, or which name is near.
    """
    rows = [each for each in gated.named(db, nvr) if gate in (None, each.gate)]
    there = [each for each in rows if each.state is BuildState.QUARANTINED]
    match there:
        case [only]:
            return stay_of(db, only)
        case []:
            raise _not_there(db, gates, nvr, gate, rows)
    places = ", ".join(each.gate for each in there)
    raise Refusal(f"{nvr} is in quarantine at several gates: name one with --gate: {places}", Exit.USAGE)


def _not_there(
    db: Connection, gates: Mapping[str, Gate], nvr: str, gate: str | None, rows: list[GatedBuild]
) -> Refusal:
    if rows:
        return Refusal("\n".join(f"{nvr} is not in quarantine: {_instead(each)}" for each in rows), Exit.NO)
    known = [each.build.nvr for each in stays(db, gates)]
    where = "any gate" if gate is None else f"gate {gate}"
    listed = "\n".join(f"  {each}" for each in known) or "  nothing"
    text = f"{nvr} never came to {where}{nearest(nvr, known)}. In quarantine:\n{listed}"
    return Refusal(text, Exit.NOT_FOUND)


def _instead(build: GatedBuild) -> str:
    why = f" ({build.reason})" if build.reason else ""
    return f"gate {build.gate} knows it as {build.state}{why}"


def _unfinished(db: Connection, build: GatedBuild) -> Iterator[Run]:
    lane = lane_of_quarantine(build.gate, build.nvr)
    return (each for each in runs.newest(db, 2, lane=lane) if not each.state.is_finished)
