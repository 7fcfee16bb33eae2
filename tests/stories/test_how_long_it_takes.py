"""What does a push say of its end, the first time and when it has been there before?"""

from relengotron.model.run import RunState, StepState
from relengotron.workflows.push_updates import PUSH_UPDATES
from tests.builders import an_update
from tests.stories.conftest import MakeStage

STEPS = [step.__name__ for step in PUSH_UPDATES]


def test_the_second_push_of_a_lane_knows_how_long_the_first_one_took(make_stage: MakeStage) -> None:
    stage = make_stage(an_update("bash-4.3.42-5.fc24"))
    stage.start_push()
    stage.run_until_quiet()
    (first,) = stage.said("push.start")
    assert first["eta"] == {
        "text": "no history", "median_s": None, "low_s": None, "high_s": None, "runs": 0, "scope": None,
        "overdue": False, "unknown": STEPS,
    }  # fmt: skip
    took = stage.said("push.complete")[0]["duration_s"]
    states = stage.steps(stage.push("F24/testing"))
    skipped = [name for name in STEPS if states[name] is StepState.SKIPPED]

    stage.outside.add(an_update("nano-2.6-1.fc24"))
    stage.wait(minutes=5)
    stage.start_push()
    stage.run_until_quiet()

    assert stage.push("F24/testing").state is RunState.DONE
    second = stage.said("push.start")[-1]
    assert (second["eta"]["runs"], second["eta"]["scope"], second["eta"]["unknown"]) == (1, "lane", skipped)
    assert 0 < second["eta"]["median_s"] <= took + 60
    done = [body for body in stage.said("push.step", state="done") if body["run"] == second["run"]]
    left = [body["eta"]["median_s"] for body in done if body["eta"] is not None]
    assert left == sorted(left, reverse=True), "each step that is done leaves less to do"
    assert done[-1]["eta"] is None
    composes = [body for body in stage.said("artifact.compose.start") if body["run"] == second["run"]]
    assert composes
    assert all(body["eta"]["runs"] > 0 for body in composes)


def test_who_waits_for_people_says_no_end(make_stage: MakeStage) -> None:
    stage = make_stage(an_update("bash-4.3.42-5.fc24", is_signed=False))
    stage.start_push()
    stage.run_until_quiet()
    assert stage.push("F24/testing").state is RunState.HELD
    assert all("eta" not in body for body in stage.said("push.hold"))
