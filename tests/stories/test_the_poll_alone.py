"""The bus is cut after the order: every wait of a push ends all the same, by looking at the world."""

from collections import defaultdict
from datetime import timedelta

from relengotron.model.run import RunState, StepState
from relengotron.systems.bus.simulated import Weather
from relengotron.systems.mischief import Kind, Rule
from relengotron.workflows.push_updates import PUSH_UPDATES
from tests.builders import an_update, our_request
from tests.stage import seeds
from tests.stage.stage import Stage
from tests.stage.weather import EPOCH
from tests.stories.conftest import MakeStage

SLOW = an_update("bash-4.3.42-5.fc24", is_signed=False)
URGENT = an_update("openssl-1.0.2-3.fc24", request="stable", security=True)
SILENCE = Weather(lose=1.0)
SHORT, LONG, AT_MOST = timedelta(seconds=10), timedelta(minutes=1), timedelta(hours=4)
NEVER_WAIT = {
    "ensure_builds_left_pending",
    "ensure_affected_artifacts_are_known",
    "ensure_compose_results_are_stored",
    "ensure_bits_are_live",
    "ensure_mirrors_know",
    "ensure_people_are_told",
    "ensure_leftovers_are_gone",
    "ensure_lists_name_what_is_left",
}
"""Steps that look once and change what is missing."""
WAIT_ELSEWHERE = {
    "ensure_ejected_updates_are_out": "tests/stories/test_ejecting.py",
    "ensure_artifacts_are_signed": "tests/stories/test_signing_artifacts.py",
    "ensure_caches_show_what_is_new": "tests/stories/test_telling_mirrors.py",
    "ensure_laggards_have_caught_up": "tests/stories/test_lagging.py",
}
"""Steps with nothing to wait for in these pushes; every other step of the procedure must be seen waiting here."""


def what_happens_outside(stage: Stage) -> None:
    """Everybody is late, one after the other, and nobody's word of it arrives."""
    outside, bodhi = stage.outside, stage.outside.bodhi
    hidden = outside.mirror.misbehave(Rule(Kind.STATUS, status=404, times=None))
    mute = outside.bodhi_web.misbehave(Rule(Kind.STATUS, url="/comments/", status=503, times=None))
    outside.builder.is_away = True
    outside.tester.verdicts["atomic-iso"] = None
    stage.later(bodhi.start_push, seconds=40)
    stage.later(lambda: seeds.sign(outside.hub, SLOW.builds[0]), minutes=5)
    stage.later(lambda: setattr(outside.builder, "is_away", False), minutes=15)
    stage.later(lambda: outside.tester.verdicts.update({"atomic-iso": "FAILED"}), minutes=25)
    stage.later(lambda: setattr(bodhi.update(SLOW.alias), "locked", False), minutes=30)
    stage.later(lambda: outside.tester.judge_again("atomic-iso", "PASSED"), minutes=40)
    stage.later(lambda: setattr(bodhi.update(SLOW.alias), "locked", True), minutes=60)
    stage.later(lambda: outside.mirror.rules.remove(hidden), minutes=90)
    stage.later(lambda: outside.bodhi_web.rules.remove(mute), minutes=95)


def steps_seen_waiting(stage: Stage) -> dict[str, set[StepState]]:
    """Live until every push is over; which steps were seen running or held, turn by turn."""
    seen: dict[str, set[StepState]] = defaultdict(set)
    while not (pushes := stage.runs("push_updates")) or not all(run.state.is_finished for run in pushes):
        stage.turn(SHORT if stage.clock() < EPOCH + timedelta(minutes=3) else LONG)
        for name, state in (each for run in stage.runs("push_updates") for each in stage.steps(run).items()):
            if state in (StepState.RUNNING, StepState.HELD):
                seen[name].add(state)
        assert stage.clock() < EPOCH + AT_MOST, [(run.lane, run.state, run.reason) for run in stage.runs()]
    return seen


def test_the_poll_alone_brings_every_wait_of_a_push_to_its_end(make_stage: MakeStage) -> None:
    stage = make_stage(SLOW, URGENT, weather=SILENCE, patience={"acknowledge": "5m", "hold": "30m"})
    stage.receive(our_request(SLOW, URGENT))
    what_happens_outside(stage)

    waited = steps_seen_waiting(stage)

    assert [run.state for run in stage.runs()] == [RunState.DONE] * 3
    assert stage.inbox() == {"handled": 1}, "only the order ever came"
    assert set(waited) == {step.__name__ for step in PUSH_UPDATES} - NEVER_WAIT - WAIT_ELSEWHERE.keys()
    assert StepState.HELD in waited["ensure_the_gate_is_open"]
    assert StepState.HELD in waited["ensure_updates_are_still_wanted"]
