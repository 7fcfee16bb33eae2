"""PDC is away for a day: what was known before serves, what is too old holds, and both say so."""

from datetime import timedelta

import pytest

from relengotron.engine.journal import evidence
from relengotron.model.run import Run, RunState
from relengotron.systems.mischief import Kind, Rule
from tests.builders import an_update
from tests.stage.stage import Stage
from tests.stories.conftest import MakeStage

FIRST, SECOND = an_update("bash-4.3.42-5.fc24"), an_update("bash-4.3.42-6.fc24")
A_RELATIONSHIP = {
    "type": "OSTreeIncludesRPM",
    "from_component": {"id": 1, "name": "atomic-host", "release": "fedora-24-updates"},
    "to_component": {"id": 2, "name": "bash", "release": "fedora-24-updates"},
}


@pytest.fixture
def pushed(make_stage: MakeStage) -> Stage:
    """One push is behind us, so that PDC was asked about its package; then PDC goes away."""
    stage = make_stage(FIRST)
    stage.start_push()
    stage.run_until_quiet()
    assert stage.push("F24/testing").state is RunState.DONE
    stage.outside.pdc.forget_calls()
    stage.outside.pdc.misbehave(Rule(Kind.REFUSED, times=None))
    return stage


def push_again(stage: Stage, after: timedelta) -> Run:
    stage.clock.time += after
    stage.outside.add(SECOND)
    stage.start_push()
    stage.run_until_quiet()
    return stage.push("F24/testing")


def sources_told(stage: Stage, run: Run) -> str:
    with stage.machine.database.read() as db:
        return " ".join(str(each.facts) for each in evidence.of_run(db, run.id))


def test_a_push_that_finds_everything_fresh_does_not_notice(pushed: Stage) -> None:
    run = push_again(pushed, timedelta(hours=10))

    assert run.state is RunState.DONE, run.reason
    assert pushed.outside.pdc.count() == 0
    assert "(index)" in sources_told(pushed, run)
    assert "cannot be read" not in sources_told(pushed, run)


def test_a_push_uses_what_is_a_day_old_and_says_so(pushed: Stage) -> None:
    run = push_again(pushed, timedelta(hours=24))

    assert run.state is RunState.DONE, run.reason
    told = sources_told(pushed, run)
    assert "PDC, as it was at 2016-11-01 10:" in told
    assert "PDC cannot be read since 2016-11-02 1" in told


def test_a_push_that_needs_what_is_too_old_holds_with_the_reason_and_goes_on_when_pdc_is_back(pushed: Stage) -> None:
    run = push_again(pushed, timedelta(hours=40))

    assert run.state is RunState.HELD
    hold = pushed.hold(run)
    assert hold is not None
    assert hold.missing[0].startswith("PDC cannot be read since 2016-11-03 0")
    assert "the index is no help for 1 of 1 packages: what it said of bash is older than 36 h" in hold.missing[0]
    assert hold.command == "relengotron doctor"

    pushed.outside.pdc.behave()
    pushed.wait(minutes=10)

    assert pushed.push("F24/testing").state is RunState.DONE


def test_a_change_that_pdc_announces_is_read_before_the_next_push_uses_it(pushed: Stage) -> None:
    pushed.outside.pdc.behave()
    pushed.clock.pass_by(hours=1)
    pushed.announce("pdc.release-component-relationships.removed", {"old_value": A_RELATIONSHIP, "url": None})
    pushed.run_until_quiet()

    run = push_again(pushed, timedelta(hours=1))

    assert run.state is RunState.DONE, run.reason
    assert pushed.outside.pdc.count() == 1
    assert "(index)" not in sources_told(pushed, run)
