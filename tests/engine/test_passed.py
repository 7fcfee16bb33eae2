"""Which runs came past a step, and what is known of them?"""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection

from relengotron.engine.journal import effects, evidence, runs
from relengotron.engine.journal.database import Database
from relengotron.engine.journal.passed import Passed, passed
from relengotron.engine.journal.rollbacks import WORKFLOW
from relengotron.model.intents import Start
from relengotron.model.run import DECISION, Evidence, RunState, StepState

NOW = datetime(2016, 11, 1, tzinfo=UTC)
LANE, SEEN, PROMISED = "F24/testing", "seen", ("promised",)


def a_run(db: Connection, number: int, lane: str = LANE, state: RunState = RunState.DONE, seen: bool = True) -> str:
    """A run of the lane that came past the step an hour after the one before."""
    at = NOW + timedelta(hours=number)
    run = runs.open_run(db, Start("push_updates", lane, f"key {number}", {}, f"msg {number}"), at)
    assert run is not None
    runs.write_step(db, run, "promised", StepState.DONE, "", at, output={"number": number})
    if seen:
        runs.write_step(db, run, SEEN, StepState.DONE, "", at)
    runs.change(db, run, state, at)
    return run


def a_rollback(db: Connection, number: int, of: str, state: RunState = RunState.DONE) -> str:
    at = NOW + timedelta(hours=number)
    run = runs.open_run(db, Start(WORKFLOW, LANE, f"back {number}", {"run": of}, f"msg {number}"), at)
    assert run is not None
    runs.change(db, run, state, at)
    return run


def found(db: Connection) -> list[Passed]:
    return list(passed(db, LANE, SEEN, PROMISED, "out "))


def test_the_newest_come_first_with_what_they_promised_and_showed(database: Database) -> None:
    with database.write() as db:
        for number in range(3):
            a_run(db, number)
        run = a_run(db, 3)
        facts: dict[str, Any] = {"identity": "commit 1"}
        evidence.add(db, Evidence(run, SEEN, "artifact", "tree", "published", "", facts, NOW))
        evidence.add(db, Evidence(run, SEEN, "artifact", "iso", "live", "", {"identity": "not seen"}, NOW))
        for key, result in ((f"{DECISION}out bash", {"ejected": None}), (f"{DECISION}other", 7)):
            effects.finish(db, effects.intend(db, run, key, "", None, NOW), result, NOW)
        newest, *others = found(db)
    assert newest == Passed(
        run,
        NOW + timedelta(hours=3),
        {"promised": {"number": 3}},
        ({"ejected": None},),
        frozenset({"commit 1"}),
    )
    assert [each.outputs["promised"]["number"] for each in others] == [2, 1, 0]


@pytest.mark.parametrize("state", [RunState.CANCELLED, RunState.CANCELLING, RunState.FAILED, RunState.FAILING])
def test_what_was_taken_back_did_not_pass(database: Database, state: RunState) -> None:
    with database.write() as db:
        a_run(db, 0, state=state)
        assert not found(db)


def test_what_a_rollback_took_back_did_not_pass_until_that_rollback_is_rolled_back(database: Database) -> None:
    with database.write() as db:
        bad, good = a_run(db, 0), a_run(db, 1)
        back = a_rollback(db, 2, bad)
        assert [each.run for each in found(db)] == [good]
        a_rollback(db, 3, back, RunState.FAILED)
        assert [each.run for each in found(db)] == [good]
        a_rollback(db, 4, back)
        assert [each.run for each in found(db)] == [good, bad]


def test_other_lanes_and_runs_that_have_not_come_so_far_are_left_out(database: Database) -> None:
    with database.write() as db:
        a_run(db, 0, lane="F25/testing")
        a_run(db, 1, seen=False)
        run = a_run(db, 2, state=RunState.OPEN)
        assert [each.run for each in found(db)] == [run]
