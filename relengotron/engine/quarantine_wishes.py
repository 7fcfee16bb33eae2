"""What becomes of what a person wants of a build in quarantine: kept with the run that looks after it, which acts."""

from datetime import datetime

from sqlalchemy import Connection

from relengotron.engine.journal import audit, effects, gated, runs
from relengotron.model.codec import to_json
from relengotron.model.gated import BuildState, WayOut, lane_of_quarantine
from relengotron.model.intents import LeaveQuarantine
from relengotron.model.quarantine import LEAVING, TEST_AGAIN, QuarantineWish
from relengotron.model.run import DECISION


def keep(db: Connection, intent: LeaveQuarantine, now: datetime) -> str | None:
    """Keep the wish and say whose run acts on it; None, and only the record has it, where it comes too late."""
    what = f"{intent.way} {intent.build}, in quarantine at gate {intent.gate}: {intent.reason}"
    run, late = _run(db, intent)
    if run is None or not _decide(db, run, intent, now):
        told = late or "somebody wanted something else before"
        audit.note(db, intent.agent, f"{what}; too late: {told}", run, now)
        return None
    audit.note(db, intent.agent, what, run, now)
    return run


def _run(db: Connection, intent: LeaveQuarantine) -> tuple[str | None, str]:
    """The run that looks after the build; else what the build is instead."""
    row = gated.find(db, intent.gate, intent.build)
    if row is None or row.state is not BuildState.QUARANTINED:
        return None, "it never was there" if row is None else f"it is {row.state}"
    found = runs.next_in_lane(db, lane_of_quarantine(intent.gate, intent.build))
    return (None, "nobody looks after it") if found is None else (found.id, "")


def _decide(db: Connection, run: str, intent: LeaveQuarantine, now: datetime) -> bool:
    """Of several wishes that end the stay the first one counts; new tests may be wanted again and again until then."""
    wish = to_json(QuarantineWish(intent.way, intent.agent, intent.reason, now))
    if intent.way is not WayOut.RETRY:
        return effects.decide(db, run, LEAVING, wish, now)
    is_leaving = effects.find(db, run, f"{DECISION}{LEAVING}") is not None
    return not is_leaving and effects.decide(db, run, f"{TEST_AGAIN}{intent.msg_id}", wish, now)
