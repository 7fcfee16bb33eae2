"""What nobody should send: it ends parked or put aside with a clear sentence, and everything else goes on."""

from typing import Any

import pytest

from relengotron.model.run import RunState
from relengotron.systems.bodhi.simulated import Era
from tests.builders import a_message, an_update, our_request
from tests.stories.conftest import MakeStage

UPDATE = an_update("bash-4.3.42-5.fc24")
TITLES = {"updates": ["bash-4.3.42-5.fc24"], "resume": False, "agent": "releng"}
COMPOSE = {"content_type": "rpm", "release": "F24", "release_id": 1, "request": "testing", "security": False}
COMPOSES = {"api_version": 2, "composes": [COMPOSE], "resume": False, "agent": "releng"}
OURS = our_request(UPDATE)["msg"]
WRONG: tuple[Any, ...] = (None, 7, -1.5, True, "x\x00y", "", [], [[]], {}, {"a": 1}, "../../etc", "a" * 5000)


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The path of every value in a body."""
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(place for key, each in inside for place in places(each, (*path, key)))]


def replaced(value: Any, path: tuple[Any, ...], wrong: Any) -> Any:
    if not path:
        return wrong
    key, *rest = path
    copy = dict(value) if isinstance(value, dict) else list(value)
    copy[key] = replaced(value[key], tuple(rest), wrong)
    return copy


@pytest.mark.parametrize(
    ("topic", "body"),
    [
        ("bodhi.masher.start", TITLES),
        ("bodhi.composer.start", COMPOSES),
        ("relengotron.push.request", OURS),
    ],
)
def test_a_wrong_type_anywhere_is_parked_or_ignored_and_a_good_request_still_goes_through(
    make_stage: MakeStage, topic: str, body: dict[str, Any]
) -> None:
    stage = make_stage(UPDATE, era=Era.COMPOSER)
    sent = 0
    for place in places(body):
        for wrong in WRONG:
            stage.receive({**a_message(topic, {}), "msg": replaced(body, place, wrong)})
            sent += 1
    stage.machine.digest.work(5000)

    assert stage.inbox().get("new", 0) == 0
    assert all(reason and not reason.startswith("defect") for reason in stage.parked())
    assert sum(stage.inbox().values()) >= sent * 0.9
    stage.start_push()
    stage.run_until_quiet()
    assert stage.push("F24/testing").state is RunState.DONE
    assert not [run for run in stage.runs() if run.state is RunState.PARKED]


def test_an_update_without_builds_is_ejected_by_name_and_the_others_go_on(make_stage: MakeStage) -> None:
    empty = an_update("nano-2.6-1.fc24", alias="FEDORA-2016-empty")
    stage = make_stage(UPDATE, era=Era.COMPOSER)
    stage.outside.add(empty)
    bodhi = stage.outside.bodhi.update("FEDORA-2016-empty")
    stage.start_push()
    bodhi.builds = ()

    stage.run_until_quiet()

    assert stage.push("F24/testing").state is RunState.DONE
    outcomes = {update["alias"]: update["outcome"] for update in stage.said("push.complete")[0]["updates"]}
    assert outcomes[UPDATE.alias] == "pushed"
    assert outcomes["FEDORA-2016-empty"] == "ejected"
    assert [body["reason"] for body in stage.said("push.eject")] == ["it has no builds"]


def test_an_update_whose_build_koji_does_not_know_is_ejected(make_stage: MakeStage) -> None:
    ghost = an_update("ghost-1-1.fc24", is_in_koji=False)
    stage = make_stage(UPDATE, ghost)

    stage.start_push()
    stage.run_until_quiet()

    assert stage.push("F24/testing").state is RunState.DONE
    assert [body["reason"] for body in stage.said("push.eject")] == ["Koji has no complete build ghost-1-1.fc24"]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"locked": False}, "Bodhi has not locked it for a push"),
        ({"request": "stable"}, "its request is stable, not testing"),
        ({"request": None}, "its request is withdrawn, not testing"),
    ],
)
def test_an_update_that_is_not_eligible_any_more_is_ejected_with_the_reason(
    make_stage: MakeStage, change: dict[str, Any], reason: str
) -> None:
    changed = an_update("openssl-1.0.2-3.fc24")
    stage = make_stage(UPDATE, changed, era=Era.COMPOSER)
    stage.start_push()
    for name, value in change.items():
        setattr(stage.outside.bodhi.update(changed.alias), name, value)

    stage.run_until_quiet()

    assert [body["reason"] for body in stage.said("push.eject")] == [reason]
    assert stage.push("F24/testing").state is RunState.DONE
    assert stage.notes(stage.push("F24/testing"), "update")[changed.alias] == ("ejected", reason)


def test_a_push_that_loses_all_its_updates_ends_and_says_so(make_stage: MakeStage) -> None:
    stage = make_stage(an_update("ghost-1-1.fc24", is_in_koji=False))

    stage.start_push()
    stage.run_until_quiet()

    assert stage.push("F24/testing").state is RunState.DONE
    assert stage.said("push.complete")[0]["reason"] == "no update was left to push"
    assert not stage.said("artifact.published")


def test_a_wish_that_comes_over_the_bus_is_parked(make_stage: MakeStage) -> None:
    stage = make_stage(UPDATE)
    stage.start_push()
    stage.turn()
    run = stage.push("F24/testing")

    stage.receive(a_message("relengotron.person.cancel", {"run": run.id, "agent": "eve", "reason": "ha"}))
    stage.run_until_quiet()

    assert stage.push("F24/testing").state is RunState.DONE
    assert "wish" in stage.parked()[0]
