"""Services that are away, broken or slow: the push waits, asks again, and one person is asked in the end."""

import pytest

from relengotron.model.run import RunState
from relengotron.systems.bus.port import Announcement
from relengotron.systems.mischief import Kind, Rule
from tests.builders import an_update, our_request
from tests.stage.configuration import URLS
from tests.stories.conftest import MakeStage

UPDATE = an_update("bash-4.3.42-5.fc24")
SERVICES = ("koji", "pdc", "resultsdb", "bodhi", "mirror")


@pytest.mark.parametrize("service", SERVICES)
@pytest.mark.parametrize(
    "rule",
    [
        Rule(Kind.STATUS, status=500, times=6),
        Rule(Kind.HANG, seconds=10_000, times=6),
        Rule(Kind.GARBAGE, times=6),
    ],
    ids=["answers 500", "hangs", "answers nonsense"],
)
def test_a_service_in_trouble_delays_a_push_and_nothing_else(make_stage: MakeStage, service: str, rule: Rule) -> None:
    stage = make_stage(UPDATE)
    stage.start_push()
    copy = Rule(rule.kind, times=rule.times, status=rule.status, seconds=rule.seconds)
    stage.outside.services[service].misbehave(copy)

    stage.run_until_quiet()

    push = stage.push("F24/testing")
    assert push.state is RunState.DONE, push.reason
    assert copy.seen >= 6
    moves = stage.outside.hub.call(None, "listTasks", {"method": "tagBuild"}, {})
    assert len(moves) == 1


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_that_stays_away_becomes_a_hold_that_names_it_and_ends_when_it_is_back(
    make_stage: MakeStage, service: str
) -> None:
    stage = make_stage(UPDATE)
    away = stage.outside.services[service].misbehave(Rule(Kind.REFUSED, times=None))
    stage.receive(our_request(UPDATE))
    stage.start_push()
    stage.news.clear()
    for _ in range(14):
        stage.turn()
    for _ in range(6):
        stage.clock.pass_by(minutes=11)
        stage.turn()

    held = [run for run in stage.runs() if run.state is RunState.HELD]
    assert len(held) == 1, [(run.workflow, run.state, run.reason) for run in stage.runs()]
    assert URLS[service].removeprefix("http://").split(":")[0] in held[0].reason or service in held[0].reason.lower()
    hold = stage.hold(held[0])
    assert hold is not None
    assert hold.owner == "releng"

    stage.outside.services[service].rules.remove(away)
    stage.wait(minutes=10)

    assert stage.push("F24/testing").state is RunState.DONE


def test_a_koji_session_that_expires_is_opened_anew(make_stage: MakeStage) -> None:
    stage = make_stage(UPDATE)
    stage.start_push()
    for _ in range(3):
        stage.turn()
        for session in list(stage.outside.hub.store["sessions"]):
            stage.outside.hub.expire_session(session["id"])

    stage.run_until_quiet()

    assert stage.push("F24/testing").state is RunState.DONE


def test_a_hub_under_maintenance_is_waited_for(make_stage: MakeStage) -> None:
    stage = make_stage(UPDATE)
    stage.outside.hub.locked_out = True
    stage.start_push()
    for _ in range(5):
        stage.turn()
    assert stage.push("F24/testing").state is RunState.OPEN

    stage.outside.hub.locked_out = False
    stage.run_until_quiet()

    assert stage.push("F24/testing").state is RunState.DONE


def test_a_bus_that_takes_nothing_keeps_nobody_from_working(make_stage: MakeStage) -> None:
    stage = make_stage(UPDATE)
    stage.start_push()
    publish = stage.bus.publish

    def refuse(message: Announcement, msg_id: str) -> None:
        if message.topic_suffix.startswith("relengotron."):
            raise ConnectionError("no bus")
        publish(message, msg_id)

    stage.bus.publish = refuse  # type: ignore[method-assign]
    for _ in range(25):
        stage.turn()
    push = stage.push("F24/testing")
    assert stage.step(push, "ensure_leftovers_are_gone") == "done: "
    assert stage.step(push, "ensure_bodhi_has_acknowledged").startswith("running: ")
    assert stage.unsent() > 10

    stage.bus.publish = publish  # type: ignore[method-assign]
    stage.run_until_quiet()

    assert stage.unsent() == 0
    assert stage.push("F24/testing").state is RunState.DONE
    assert [update.status for update in stage.outside.bodhi.updates] == ["testing"]
