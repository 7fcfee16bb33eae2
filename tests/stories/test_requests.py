"""The three forms of a push request, and what each of them opens."""

import pytest

from relengotron.model.run import RunState
from relengotron.systems.bodhi.simulated import Era
from tests.builders import a_message, an_update, our_request
from tests.stories.conftest import MakeStage

TESTING = an_update("bash-4.3.42-5.fc24", "nano-2.6-1.fc24")
STABLE = an_update("openssl-1.0.2-3.fc24", request="stable")


@pytest.mark.parametrize("era", list(Era))
def test_every_generation_of_bodhi_can_order_a_push(make_stage: MakeStage, era: Era) -> None:
    stage = make_stage(TESTING, STABLE, era=era)

    order = stage.start_push()
    stage.run_until_quiet()

    assert ("composes" in order) is era.shows_composes
    assert [run.state for run in stage.runs("push_updates")] == [RunState.DONE] * 2
    assert {(update.status, update.locked) for update in stage.outside.bodhi.updates} == {
        ("testing", False),
        ("stable", False),
    }


def test_a_title_of_several_builds_joined_by_commas_is_one_update(make_stage: MakeStage) -> None:
    stage = make_stage(TESTING)

    order = stage.start_push()
    stage.run_until_quiet()

    assert order["updates"] == ["bash-4.3.42-5.fc24,nano-2.6-1.fc24"]
    assert [update["title"] for update in stage.said("push.complete")[0]["updates"]] == order["updates"]


def test_our_own_form_opens_one_run_for_each_lane(make_stage: MakeStage) -> None:
    stage = make_stage(TESTING, STABLE)
    stage.start_push()
    stage.news.clear()  # the order itself was lost

    stage.receive(our_request(TESTING, STABLE))
    stage.run_until_quiet()

    assert {run.lane: run.state for run in stage.runs("push_updates")} == {
        "F24/testing": RunState.DONE,
        "F24/stable": RunState.DONE,
    }


def test_one_request_told_twice_opens_one_run(make_stage: MakeStage) -> None:
    stage = make_stage(TESTING)
    stage.start_push()
    stage.news.clear()
    message = our_request(TESTING, request_id="4711")
    again = {**message, "msg_id": "2016-again"}

    for each in (message, message, again):
        stage.receive(each)
    stage.run_until_quiet()
    stage.receive({**message, "msg_id": "2016-much-later"})
    stage.run_until_quiet()

    assert len(stage.runs("push_updates")) == 1


def test_a_request_for_an_unknown_release_is_put_aside_by_name_and_the_known_lane_goes_on(
    make_stage: MakeStage,
) -> None:
    stranger = an_update("bash-9-1.fc99", release="F99", is_in_koji=False)
    stage = make_stage(TESTING)
    stage.start_push()
    stage.news.clear()

    stage.receive(our_request(stranger, TESTING))
    stage.run_until_quiet()

    reception = stage.runs("receive_push")[0]
    assert stage.notes(reception, "request") == {
        "F99/testing is not a lane of releases.yaml": ("ignored", "F99/testing is not a lane of releases.yaml")
    }
    assert stage.push("F24/testing").state is RunState.DONE


def test_titles_that_bodhi_does_not_know_are_put_aside_by_name(make_stage: MakeStage) -> None:
    stage = make_stage(TESTING)
    order = stage.start_push()
    stage.news.clear()

    stage.receive(a_message("bodhi.masher.start", {**order, "updates": ["ghost-1-1.fc24", *order["updates"]]}))
    stage.run_until_quiet()

    reception = stage.runs("receive_push")[0]
    assert list(stage.notes(reception, "request")) == ["Bodhi knows no update ghost-1-1.fc24"]
    assert stage.push("F24/testing").state is RunState.DONE


def test_a_compose_that_bodhi_does_not_have_is_put_aside_by_name(make_stage: MakeStage) -> None:
    stage = make_stage(era=Era.COMPOSER)
    wanted = {"content_type": "rpm", "release": "F24", "release_id": 1, "request": "stable", "security": False}

    stage.receive(a_message("bodhi.composer.start", {"api_version": 2, "composes": [wanted], "agent": "releng"}))
    stage.run_until_quiet()

    assert list(stage.notes(stage.runs("receive_push")[0], "request")) == ["Bodhi has no compose F24/stable"]


def test_two_orders_of_one_lane_follow_one_another(make_stage: MakeStage) -> None:
    second = an_update("openssl-1.0.2-4.fc24")
    stage = make_stage(TESTING)
    stage.start_push()
    stage.turn()
    stage.turn()
    stage.outside.add(second)
    stage.start_push(resume=False)
    stage.receive(our_request(second))
    seen: set[tuple[str, ...]] = set()
    for _ in range(12):
        stage.turn()
        seen.add(tuple(run.id for run in stage.runs("push_updates") if run.state is RunState.OPEN))
    stage.run_until_quiet()

    assert all(len(going) <= 1 for going in seen)
    assert [run.state for run in stage.runs("push_updates")] == [RunState.DONE] * 2


def test_bodhi_may_commit_its_lock_after_its_message(make_stage: MakeStage) -> None:
    stage = make_stage(TESTING)
    stage.start_push()
    update = stage.outside.bodhi.update(TESTING.alias)
    update.locked = False

    for _ in range(4):
        stage.turn()
    assert "Bodhi may not have committed yet" in stage.push("F24/testing").reason
    update.locked = True
    stage.run_until_quiet()

    assert stage.push("F24/testing").state is RunState.DONE
    assert not stage.said("push.eject")
