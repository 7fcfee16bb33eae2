"""``relengotron explain RUN --against PLAN.json``: did the run do what its plan said?"""

import json
import sys
from pathlib import Path
from typing import Final

from relengotron.cli import page
from relengotron.cli.details import headline
from relengotron.cli.exits import Exit, Refusal
from relengotron.cli.find import the_run
from relengotron.cli.plan_page import say
from relengotron.cli.surroundings import Surroundings, now
from relengotron.decisions.comparing import compare
from relengotron.engine.journal.database import Database
from relengotron.errors import MalformedInput
from relengotron.model.codec import from_json, to_json
from relengotron.model.deviation import Deviation
from relengotron.model.push_plan import Happened, LanePlan, PushPlan
from relengotron.model.run import Run
from relengotron.workflows import push_updates
from relengotron.workflows.retelling import happened

LARGEST_PLAN: Final = 64 * 1024 * 1024


def show(surroundings: Surroundings, name: str, written: Path, *, json_wanted: bool) -> None:
    """Print every difference between a saved plan and the run.

    Raises:
        Refusal: the file is no plan, or none of the lane of this run.
    """
    plan = _read(written)
    with surroundings.journal() as database:
        run, did = _told(database, name)
    lane = next((each for each in plan.lanes if each.lane == did.lane), None)
    if lane is None:
        planned = ", ".join(str(each.lane) for each in plan.lanes) or "nothing"
        raise Refusal(f"{run.id} is a push of {did.lane}; {written} plans {planned}", Exit.NOT_FOUND)
    found = compare(lane, did)
    if json_wanted:
        page.as_json({"run": run.id, "equal": not found, "differences": [to_json(each) for each in found]})
    else:
        _show(run, lane, plan, found)
    if not all(each.is_explained for each in found):
        sys.exit(Exit.NO)


def _told(database: Database, name: str) -> tuple[Run, Happened]:
    with database.read() as db:
        run = the_run(db, name)
        if run.workflow != push_updates.NAME:
            raise Refusal(f"{run.id} is no push: only pushes are planned", Exit.NOT_FOUND)
        return run, happened(db, run)


def _show(run: Run, lane: LanePlan, plan: PushPlan, found: tuple[Deviation, ...]) -> None:
    headline(run, now())
    say(f"Against the plan of {plan.made_at:%Y-%m-%d %H:%M} UTC for {lane.lane}", bold=True)
    if not found:
        say("It did what was planned.", 2, state="done")
    for each in found:
        say(f"{each.kind} {each.subject}", 2, bold=True)
        say(f"planned: {each.planned}", 4)
        say(f"the run: {each.happened}", 4)
        for why in each.because or ("unexplained",):
            say(f"because: {why}" if each.because else why, 4, state=None if each.because else "failed")


def _read(written: Path) -> PushPlan:
    try:
        if written.stat().st_size > LARGEST_PLAN:
            raise MalformedInput("it is too large")
        return from_json(PushPlan, _json(written.read_bytes()))
    except (OSError, MalformedInput) as refused:
        reason = str(refused).splitlines()[0]
        raise Refusal(f"{written} is no plan as relengotron plan --json writes it: {reason}", Exit.USAGE) from refused


def _json(written: bytes) -> object:
    try:
        read: object = json.loads(written)
    except (ValueError, RecursionError) as refused:
        raise MalformedInput("it is no JSON") from refused
    return read
