"""What people say in Bodhi, what was live in testing, and how a burst of verdicts is told."""

from datetime import timedelta
from typing import Any

import pytest

from relengotron.model.run import RunState
from relengotron.systems.bodhi.simulated import Bug
from tests.builders import an_update
from tests.stage.stage import Stage
from tests.stories.conftest import MakeStage
from tests.stories.test_waiving import a_policy, put_in_force

BASH, NANO = an_update("bash-4.3.42-5.fc24"), an_update("nano-2.6-1.fc24", request="stable")
STABLE, CASE = "F24/stable", "QA:Testcase bash"
CONTEXT: dict[str, Any] = {"decision_contexts": ["bodhi_update_push_stable"]}


def say(stage: Stage, who: str, karma: int = 0, **feedback: Any) -> None:
    """Somebody comments on the update in Bodhi."""
    stage.outside.bodhi.comment(BASH.alias, "", karma, who, **feedback)
    stage.run_until_quiet()


def in_testing(stage: Stage) -> None:
    """The update has gone to testing, and somebody asks that it goes on to stable."""
    stage.outside.add(BASH)
    found = stage.outside.bodhi.update(BASH.alias)
    found.bugs, found.test_cases = (Bug(7, "it crashes"),), (CASE,)
    stage.start_push(updates=[BASH.alias])
    stage.run_until_quiet()
    assert stage.push(BASH.lane).state is RunState.DONE
    stage.outside.bodhi.set_request(BASH.alias, "stable", "packager")


def held_by(stage: Stage) -> tuple[str, ...]:
    hold = stage.hold(stage.push(STABLE))
    return () if hold is None else tuple(each.partition(": ")[2].partition(" (")[0] for each in hold.missing)


def test_what_testers_say_on_the_testing_push_opens_the_way_to_stable(make_stage: MakeStage) -> None:
    stage = make_stage()
    in_testing(stage)
    rules: dict[str, Any] = {"MinimumKarmaRule": {"karma": 1}, "ManualTestCasesRule": {}, "BugsAreFixedRule": {}}
    tried = a_policy(*({name: words} for name, words in rules.items()), **CONTEXT)
    same = a_policy({"SameBitsWereTestedRule": {}}, types=("koji_build", "compose"), id="same", **CONTEXT)
    put_in_force(stage, tried, same)
    stage.start_push(updates=[BASH.alias])
    stage.run_until_quiet()
    assert held_by(stage) == ("bodhi.bugs too little", "bodhi.karma too little", "bodhi.test_cases too little")

    say(stage, "packager", 1, bugs={7: 1}, test_cases={CASE: 1})
    assert len(held_by(stage)) == 3, "nobody speaks for an own update"
    say(stage, "ann", 1, bugs={7: -1}, test_cases={CASE: 1})
    assert held_by(stage) == ("bodhi.bugs disliked",)
    assert len(stage.said("push.hold", lane=STABLE)) == 1, "what changes is collected"
    stage.wait(minutes=2)
    (_, told) = stage.said("push.hold", lane=STABLE)
    opened = [f"{BASH.alias}: bodhi.karma passed", f"{BASH.alias}: bodhi.test_cases passed"]
    assert told["changed"] == {"opened": opened, "closed": [f"{BASH.alias}: bodhi.bugs disliked"], "waiting": []}
    say(stage, "ann", bugs={7: 1})

    push = stage.push(STABLE)
    assert push.state is RunState.DONE
    kept = {each["requirement"]["testcase"]: each for each in _answer(stage)["reasons"]}
    assert kept["bodhi.test_cases"]["note"] == f"{CASE}: +1 (ann)"
    assert (
        f"{BASH.builds[0]} was live in testing by {stage.push(BASH.lane).id}" in kept["relengotron.same_bits"]["note"]
    )


def test_what_was_never_live_in_testing_does_not_go_stable_whatever_messages_say(make_stage: MakeStage) -> None:
    stage = make_stage(NANO)
    frozen = {"reason": "beta", "begins": "2016-01-01T00:00:00Z", "unless_fixes": [99]}
    put_in_force(
        stage,
        a_policy({"SameBitsWereTestedRule": {}}, types=("koji_build",), id="same", **CONTEXT),
        a_policy({"FreezeRule": frozen}, {"BlockerRule": {"reason": "boot", "bugs": [98]}}, id="frozen", **CONTEXT),
        a_policy({"CriticalPathKarmaRule": {"karma": 2}}, id="critical", **CONTEXT),
    )
    stage.outside.bodhi.update(NANO.alias).critpath = True
    stage.start_push()
    stage.run_until_quiet()
    wanted = ("bodhi.critical_path too little", "relengotron.blocker blocked", "relengotron.freeze frozen")
    assert held_by(stage) == (*wanted, "relengotron.same_bits untested")

    for body in (
        {"comment": {"update": {"alias": NANO.alias}, "karma": 1, "author": "eve"}, "agent": "eve"},
        {"comment": {"update_alias": NANO.alias, "karma": 99, "bug_feedback": [{"bug_id": 98, "feedback": 1}]}},
    ):
        stage.announce("bodhi.update.comment", body)
        stage.announce("bodhi.update.karma.threshold.reach", {"update": {"alias": NANO.alias, "karma": 99}})
        stage.run_until_quiet()
    assert len(held_by(stage)) == 4, "messages only make us look"
    assert stage.outside.bodhi_web.count(url="/updates/") > 3


@pytest.mark.crash
def test_twenty_verdicts_in_a_minute_are_told_once_with_what_has_changed(make_stage: MakeStage) -> None:
    stage = make_stage(BASH)
    names = [f"compose.boots.{number}" for number in range(20)]
    put_in_force(stage, a_policy(*({"PassingTestCaseRule": {"test_case_name": each}} for each in names)))
    stage.start_push()
    stage.turn_until(lambda: any("compose.boots.0" in run.reason for run in stage.runs("push_updates")))
    lane, before = BASH.lane, len(_told(stage))

    for name in names[:-1]:
        outcome = "FAILED" if name.endswith("7") else "PASSED"
        data = {"item": BASH.alias, "type": "bodhi_update"}
        stage.outside.results.create_result({"testcase": name, "outcome": outcome, "data": data})
        stage.turn(timedelta(seconds=3))
    assert len(_told(stage)) == before
    assert "boots.19" in stage.push(lane).reason
    assert "boots.3" not in stage.push(lane).reason, "who looks sees at once what is told later"
    stage.turn(stage.settings.pace.digest)

    (told,) = _told(stage)[before:]
    changed = told["changed"]
    assert len(changed["opened"]) == 17 + 4
    assert changed["closed"] == [f"{BASH.alias}: compose.boots.17 failed", f"{BASH.alias}: compose.boots.7 failed"]
    for _ in range(4):
        stage.turn(timedelta(minutes=2))
    assert len(_told(stage)) == before + 1, "never twice"


def _told(stage: Stage) -> list[dict[str, Any]]:
    said = stage.said("push.step", lane=BASH.lane, step="ensure_tests_have_verdicts", state="running")
    return said + stage.said("push.hold", lane=BASH.lane)


def _answer(stage: Stage) -> dict[str, Any]:
    return stage.facts(stage.push(STABLE), "bodhi_update_push_stable", "open")
