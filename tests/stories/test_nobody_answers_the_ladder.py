"""What nobody decides in time ends the push: it is not shipped because nobody came."""

from datetime import timedelta

from relengotron.model.run import RunState
from relengotron.systems.mischief import Kind, Rule
from tests.builders import an_update
from tests.stories.conftest import MakeStage

UPDATE = an_update("bash-4.3.42-5.fc24")


def test_an_update_that_cannot_be_installed_and_that_nobody_decides_about_is_not_shipped(make_stage: MakeStage) -> None:
    stage = make_stage()
    stage.first_push()
    stage.outside.builder.words.requires["bash-4.3.42"] = ["libghost.so"]
    push = stage.push_out(UPDATE)
    assert push.state is RunState.HELD

    stage.wait(hours=80)

    ended = stage.push(push.lane)
    assert ended.state is RunState.FAILED
    assert "libghost.so" in ended.reason
    assert stage.composed(push) == ["f24-updates-testing"]


def test_time_that_pdc_was_away_is_not_taken_from_the_people_who_decide(make_stage: MakeStage) -> None:
    stage = make_stage()
    stage.first_push()
    stage.clock.time += timedelta(hours=40)
    stage.outside.builder.words.requires["bash-4.3.42"] = ["libghost.so"]
    stage.outside.pdc.misbehave(Rule(Kind.REFUSED, times=None))
    push = stage.push_out(UPDATE)
    stage.wait(hours=80)
    stage.outside.pdc.behave()
    stage.wait(hours=1)

    hold = stage.hold(push)
    assert stage.push(push.lane).state is RunState.HELD
    assert hold is not None
    assert "libghost.so" in hold.missing[0]
    assert hold.deadline > stage.clock.time + timedelta(hours=60)
