"""Bodhi must have heard that a push is over, and a Bodhi that does not hear costs users nothing."""

from datetime import timedelta

import pytest

from relengotron.engine.journal.inbox import MessageState
from relengotron.errors import SystemUnreachable
from relengotron.messages.gilmsg import mark_for
from relengotron.model.run import RunState
from relengotron.systems.bus.port import Announcement
from relengotron.systems.mischief import Kind, Rule
from tests.builders import an_update, our_request
from tests.stage.stage import Stage
from tests.stories.conftest import MakeStage

UPDATE = an_update("bash-4.3.42-5.fc24")
ANOTHER = an_update("nano-2.6-1.fc24")
LANE = "F24/testing"
STEP = "ensure_bodhi_has_acknowledged"


def times_said(stage: Stage, topic: str = "push.complete") -> int:
    return sum(envelope["topic"].endswith(topic) for envelope in stage.bus.sent)


def pushed(stage: Stage) -> Stage:
    stage.start_push()
    stage.run_until_quiet()
    return stage


def test_bodhi_acknowledges_that_the_push_is_over(make_stage: MakeStage) -> None:
    stage = pushed(make_stage(UPDATE))

    push = stage.push(LANE)
    assert push.state is RunState.DONE
    assert stage.step(push, STEP) == "done: "
    assert stage.notes(push, "recipient")["bodhi-stage"][0] == "acknowledged"
    assert times_said(stage) == 1


def test_an_acknowledgement_that_is_lost_is_asked_for_again(make_stage: MakeStage) -> None:
    stage = make_stage(UPDATE)
    stage.bodhi_is_deaf = True
    pushed(stage)
    assert stage.step(stage.push(LANE), STEP).startswith("held: bodhi-stage has not acknowledged")
    assert times_said(stage) > 5

    stage.bodhi_is_deaf = False
    stage.wait(minutes=10)

    assert stage.push(LANE).state is RunState.DONE
    assert stage.step(stage.push(LANE), STEP) == "done: "
    assert stage.outside.bodhi.update(UPDATE.alias).status == "testing"
    assert len(stage.said("push.complete")) == 1


@pytest.mark.parametrize("is_cut", [True, False])
def test_bodhis_own_pages_are_as_good_as_its_word(make_stage: MakeStage, is_cut: bool) -> None:
    stage = make_stage(UPDATE)
    stage.bus_is_cut, stage.bodhi_is_silent = is_cut, not is_cut
    stage.outside.bodhi.start_push()
    stage.receive(our_request(UPDATE))
    stage.run_until_quiet()

    push = stage.push(LANE)
    assert push.state is RunState.DONE
    assert stage.step(push, STEP) == "done: "
    assert not stage.notes(push, "recipient")
    before = times_said(stage)
    stage.wait(hours=12)
    assert times_said(stage) == before


def test_a_deaf_bodhi_is_held_for_by_name_and_takes_nothing_back(make_stage: MakeStage) -> None:
    stage = make_stage(UPDATE, patience={"acknowledge": "15m", "hold": "2h"})
    stage.bodhi_is_deaf = True
    pushed(stage)

    push = stage.push(LANE)
    hold = stage.hold(push)
    assert hold is not None
    assert hold.missing[0].startswith("bodhi-stage has not acknowledged push.complete (2016-")
    assert hold.command == f"relengotron runs retry {push.id}"
    assert hold.deadline - hold.since <= timedelta(hours=2)
    assert (told := stage.said("push.hold", step=STEP)[-1])["owner"] == "releng"
    assert told["missing"] == list(hold.missing)

    stage.wait(hours=3)
    push = stage.push(LANE)
    assert push.state is RunState.DONE
    assert stage.step(push, STEP) == "skipped: bodhi-stage never acknowledged push.complete; what is live stays live"
    state, reason = stage.notes(push, "recipient")["bodhi-stage"]
    assert (state, "its updates may still be locked" in reason) == ("missing", True)
    assert stage.said("artifact.published")
    assert not stage.said("push.failed")
    before = times_said(stage)
    stage.wait(days=2)
    assert times_said(stage) == before


def test_trying_again_says_it_again_at_once(make_stage: MakeStage) -> None:
    stage = make_stage(UPDATE)
    stage.bodhi_is_deaf = True
    pushed(stage)
    stage.wait(hours=5)
    before = times_said(stage)
    stage.bodhi_is_deaf = False
    stage.wish("retry", stage.push(LANE))
    stage.turn()

    assert times_said(stage) == before + 1
    stage.run_until_quiet()
    assert stage.push(LANE).state is RunState.DONE
    assert stage.step(stage.push(LANE), STEP) == "done: "


def test_a_deaf_bodhi_whose_pages_are_down_too_ends_the_wait_in_time(make_stage: MakeStage) -> None:
    stage = make_stage(UPDATE, patience={"acknowledge": "5m", "hold": "1h"})
    stage.bodhi_is_deaf = True
    stage.start_push()
    while not stage.said("push.complete"):
        stage.turn()
    stage.outside.bodhi_web.misbehave(Rule(Kind.STATUS, status=503, times=None))
    stage.run_until_quiet()
    stage.wait(hours=2)
    assert stage.push(LANE).state is RunState.DONE
    assert stage.step(stage.push(LANE), STEP).startswith("skipped: bodhi-stage never acknowledged")


def test_a_deaf_bodhi_does_not_hold_up_the_next_push_of_its_lane(make_stage: MakeStage) -> None:
    stage = make_stage(UPDATE)
    stage.bodhi_is_deaf = True
    pushed(stage)
    first = stage.push(LANE)
    assert first.state is RunState.HELD

    stage.outside.add(ANOTHER)
    stage.outside.bodhi.update(ANOTHER.alias).locked = True
    stage.receive(our_request(ANOTHER))
    stage.wait(minutes=1)

    assert stage.step(first, STEP).startswith("skipped: ")
    assert stage.push(LANE).id != first.id
    assert stage.step(stage.push(LANE), "ensure_people_are_told") == "done: "


def test_nobody_is_waited_for_when_nobody_is_named(make_stage: MakeStage) -> None:
    stage = make_stage(UPDATE, acknowledges_as=())
    stage.bodhi_is_deaf = True
    pushed(stage)
    push = stage.push(LANE)
    assert push.state is RunState.DONE
    assert stage.step(push, STEP).startswith("skipped: nobody was asked to acknowledge")
    assert times_said(stage) == 1


def test_an_order_that_asks_for_an_answer_is_acknowledged(make_stage: MakeStage) -> None:
    stage = make_stage(UPDATE)
    stage.outside.bodhi.start_push()
    order = our_request(UPDATE)
    stage.receive(order | mark_for(True))
    stage.run_until_quiet()

    (ack,) = [each for each in stage.bus.sent if each["msg"].get("ack_msg_id") == order["msg_id"]]
    assert ack["topic"] == "org.fedoraproject.dev.gilmsg.ack"
    assert "gilmsg_version" not in ack
    assert stage.inbox().get(MessageState.PARKED, 0) == 0


def test_a_hold_says_when_the_message_never_left_the_house(make_stage: MakeStage) -> None:
    stage = make_stage(UPDATE)
    publish = stage.bus.publish

    def refuse(message: Announcement, msg_id: str) -> None:
        if message.topic_suffix == "relengotron.push.complete":
            raise SystemUnreachable("no relay")
        publish(message, msg_id)

    stage.bus.publish = refuse  # type: ignore[method-assign]
    stage.start_push()
    for _ in range(60):
        stage.turn()
        stage.clock.pass_by(seconds=30)
    hold = stage.hold(stage.push(LANE))
    assert hold is not None
    assert hold.missing[0].endswith(", which the bus has not taken yet")
