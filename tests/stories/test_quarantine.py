"""A build in quarantine is never forgotten: people are reminded of it, and it leaves by one of the ways out."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from relengotron.engine.journal import gated, tables
from relengotron.model.gated import BuildState
from relengotron.model.run import RunState
from relengotron.workflows.gating.quarantine.kept import Kept
from tests.stage.gate_configuration import BUILD_TEST, GATE, PENDING, QUARANTINE, TARGET
from tests.stage.gate_stage import PACKAGER, GateStage
from tests.stage.quarantined import NVR, WHY, by_somebody_else, in_quarantine, keeper_of, wish
from tests.stories.conftest import MakeGate


@pytest.fixture
def stage(make_gate: MakeGate) -> GateStage:
    """One build is in quarantine because of its test; nobody looks at the pending tag by himself."""
    made = make_gate()
    in_quarantine(made)
    made.run_until_quiet()
    return made


def until_it_ends(stage: GateStage) -> None:
    """Until nobody has to look after the build any more, and that was said."""
    stage.turn_until(lambda: keeper_of(stage).state is RunState.DONE)
    stage.turn()


def audited(stage: GateStage) -> list[str]:
    with stage.machine.database.read() as db:
        rows = db.execute(select(tables.audit.c.who, tables.audit.c.what)).all()
    return [f"{who}: {what}" for who, what in rows if who != "daemon"]


def told(stage: GateStage, topic: str) -> list[dict[str, Any]]:
    return [{**each} for each in stage.said(f"gate.build.{topic}")]


def test_a_build_in_quarantine_waits_for_its_packager_with_a_reason_and_a_command(stage: GateStage) -> None:
    hold = stage.hold(keeper_of(stage))

    assert hold is not None
    assert hold.owner == PACKAGER
    assert WHY in hold.missing[0]
    assert f"a pass of {BUILD_TEST}" in hold.missing[1]
    assert hold.command == f"relengotron quarantine release {NVR} --gate {GATE} --reason TEXT"
    assert hold.deadline - keeper_of(stage).created_at == timedelta(days=1)


def test_people_are_reminded_at_the_set_ages_for_ever_and_at_last_the_owner_of_the_gate_too(stage: GateStage) -> None:
    for days in (1, 2, 4, 7, 7):
        stage.wait(days=days)

    reminders = told(stage, "reminder")

    assert [each["count"] for each in reminders] == [1, 2, 3, 4, 5]
    assert [each["owner"] for each in reminders] == [PACKAGER, PACKAGER, *[f"{PACKAGER} and releng"] * 3]
    hold = stage.hold(keeper_of(stage))
    assert hold is not None
    assert hold.owner == f"{PACKAGER} and releng"


def test_a_daemon_that_slept_reminds_people_once(stage: GateStage) -> None:
    stage.wait(days=6)
    assert [each["count"] for each in told(stage, "reminder")] == [2]


def test_a_released_build_comes_to_the_gate_once_more_and_its_tests_start_again(stage: GateStage) -> None:
    wish(stage, "release")
    until_it_ends(stage)

    row = stage.row(NVR)
    assert QUARANTINE not in stage.tags_of(NVR)
    assert stage.moves()[0] == (NVR, QUARANTINE, PENDING)
    assert row.tries == 2
    assert row.arrived_at > keeper_of(stage).created_at
    (said,) = told(stage, "released")
    assert (said["agent"], said["reason"]) == ("ralph", "because")
    assert audited(stage) == [f"ralph: release {NVR}, in quarantine at gate {GATE}: because"]


def test_a_dropped_build_is_in_no_tag_of_the_gate_and_everybody_hears_who_did_it(stage: GateStage) -> None:
    wish(stage, "drop")
    stage.run_until_quiet()

    assert stage.tags_of(NVR) == set()
    assert stage.row(NVR).state is BuildState.GONE
    (said,) = told(stage, "gone")
    assert said["agent"] == "ralph"
    assert keeper_of(stage).state is RunState.DONE


def test_of_two_wishes_the_first_counts(stage: GateStage) -> None:
    wish(stage, "drop", agent="ralph")
    wish(stage, "release", agent="kevin")
    stage.run_until_quiet()

    assert stage.row(NVR).state is BuildState.GONE
    assert stage.moves() == []
    assert "somebody wanted something else before" in audited(stage)[1]


def test_tests_that_are_tried_again_and_pass_release_the_build_by_themselves(stage: GateStage) -> None:
    wish(stage, "retry")
    until_it_ends(stage)

    (asked,) = told(stage, "retry")
    (test,) = asked["tests"]
    assert (test["testcase"], test["items"]) == (BUILD_TEST, [NVR])
    (said,) = told(stage, "released")
    assert said["agent"] is None
    assert str(said["reason"]).startswith(f"{BUILD_TEST} has passed (result ")


def test_tests_that_are_tried_again_and_fail_leave_the_build_where_it_is(stage: GateStage) -> None:
    stage.tester.bad.add(NVR)
    wish(stage, "retry", msg_id="2016-once")
    stage.run_until_quiet()
    wish(stage, "retry", msg_id="2016-twice")
    stage.run_until_quiet()

    hold = stage.hold(keeper_of(stage))
    assert hold is not None
    assert hold.missing[1].startswith(f"tried again: {BUILD_TEST} failed (result ")
    assert len(told(stage, "retry")) == 2
    assert stage.tags_of(NVR) == {QUARANTINE}
    assert stage.row(NVR).state is BuildState.QUARANTINED


def test_a_result_that_changed_releases_the_build_though_no_message_came(stage: GateStage) -> None:
    number = stage.tester.post(NVR)
    until_it_ends(stage)
    assert told(stage, "released")[0]["reason"] == f"{BUILD_TEST} has passed (result {number})"


def test_a_newer_build_ends_the_stay(stage: GateStage) -> None:
    with by_somebody_else(stage).write() as db:
        gated.put(db, GATE, [NVR], BuildState.SUPERSEDED, stage.clock(), reason="bash-5.1-1.fc26 is newer")
    stage.wait(minutes=10)

    run = keeper_of(stage)
    assert run.state is RunState.DONE
    assert stage.notes(run, "build")[NVR] == ("superseded", "bash-5.1-1.fc26 is newer")


@pytest.mark.parametrize(
    ("to", "state", "topic"),
    [(TARGET, BuildState.ACCEPTED, "accepted"), (None, BuildState.GONE, "gone")],
)
def test_a_build_that_was_moved_by_hand_is_let_go(
    stage: GateStage, to: str | None, state: BuildState, topic: str
) -> None:
    stage.move_by_hand(NVR, QUARANTINE, to)
    stage.run_until_quiet()

    assert stage.row(NVR).state is state
    assert len(told(stage, topic)) == 1
    assert keeper_of(stage).state is RunState.DONE


def test_a_build_that_was_tagged_into_the_target_besides_is_accepted_and_leaves_quarantine(stage: GateStage) -> None:
    stage.outside.hub.call("admin", "tagBuildBypass", TARGET, NVR)
    stage.run_until_quiet()

    assert stage.tags_of(NVR) == {TARGET}
    assert stage.row(NVR).state is BuildState.ACCEPTED


def test_a_build_that_somebody_takes_out_and_puts_back_stays(stage: GateStage, monkeypatch: pytest.MonkeyPatch) -> None:
    look, looks = Kept.tags, list[frozenset[str]]()

    def tags(kept: Kept) -> frozenset[str]:
        if len(looks) == 1:
            stage.outside.hub.call("admin", "tagBuildBypass", QUARANTINE, NVR)
        looks.append(look(kept))
        return looks[-1]

    monkeypatch.setattr(Kept, "tags", tags)
    stage.move_by_hand(NVR, QUARANTINE, None)
    stage.run_until_quiet()

    assert looks[:2] == [frozenset(), {QUARANTINE}]
    assert stage.hold(keeper_of(stage)) is not None
    assert stage.row(NVR).state is BuildState.QUARANTINED


def test_a_build_that_was_moved_before_the_gate_by_hand_is_released(stage: GateStage) -> None:
    stage.move_by_hand(NVR, QUARANTINE, PENDING)
    until_it_ends(stage)

    assert stage.row(NVR).tries == 2
    assert len(told(stage, "released")) == 1


def test_a_move_that_koji_refuses_waits_for_people_and_goes_on_with_the_next_try(stage: GateStage) -> None:
    stage.outside.hub.call("admin", "packageListBlock", PENDING, "bash")
    wish(stage, "release")
    stage.run_until_quiet()

    hold = stage.hold(keeper_of(stage))
    assert hold is not None
    assert "blocked" in hold.missing[0]
    stage.outside.hub.call("admin", "packageListUnblock", PENDING, "bash")
    stage.wish("retry", keeper_of(stage))
    until_it_ends(stage)

    assert stage.row(NVR).tries == 2


def test_a_build_that_nobody_tested_is_told_by_who_looks_after_it_and_waits_for_people_alone(
    make_gate: MakeGate,
) -> None:
    stage = make_gate()
    in_quarantine(stage, is_tested=False)
    stage.run_until_quiet()
    stage.tester.post(NVR)
    stage.wait(minutes=10)

    assert len(told(stage, "quarantined")) == 1
    assert stage.row(NVR).state is BuildState.QUARANTINED


def test_a_wish_for_a_build_that_left_meanwhile_is_recorded_and_changes_nothing(stage: GateStage) -> None:
    wish(stage, "drop")
    stage.run_until_quiet()
    wish(stage, "release", agent="kevin")
    stage.run_until_quiet()

    assert audited(stage)[-1].endswith("too late: it is gone")
    assert stage.row(NVR).state is BuildState.GONE


def test_a_build_whose_run_was_called_off_is_looked_after_by_another_that_knows_as_much(stage: GateStage) -> None:
    first = keeper_of(stage)
    stage.wish("cancel", first)
    stage.wait(hours=1)

    second = keeper_of(stage)
    assert second.id != first.id
    assert stage.hold(second) is not None
    assert second.request["suspicion"] == first.request["suspicion"]


def test_a_build_that_cannot_leave_is_called_to_mind_all_the_same(stage: GateStage) -> None:
    stage.outside.hub.call("admin", "packageListBlock", PENDING, "bash")
    wish(stage, "release")
    stage.run_until_quiet()
    stage.wait(days=1)

    (said,) = told(stage, "reminder")
    assert f"{NVR} cannot be moved to {PENDING}" in said["reason"]


def test_a_task_that_no_builder_takes_is_shown_to_people_and_asked_for_once(stage: GateStage) -> None:
    stage.outside.builder.is_away = True
    wish(stage, "release")
    stage.turn_until(lambda: keeper_of(stage).reason.startswith("Koji task"))
    stage.clock.pass_by(hours=25)
    stage.turn_until(lambda: keeper_of(stage).state is RunState.HELD)
    stage.outside.builder.is_away = False
    until_it_ends(stage)

    assert stage.moves()[0] == (NVR, QUARANTINE, PENDING)
    assert len([each for each in stage.moves() if each[2] == PENDING]) == 1


def test_a_released_build_goes_through_the_gate_once_its_new_tests_pass(stage: GateStage) -> None:
    wish(stage, "release")
    stage.settle()

    assert stage.tags_of(NVR) == {TARGET}
    assert stage.row(NVR).state is BuildState.ACCEPTED


def test_a_released_build_whose_new_tests_fail_is_in_quarantine_once_more(stage: GateStage) -> None:
    stage.tester.bad.add(NVR)
    wish(stage, "release")
    stage.settle()

    assert stage.tags_of(NVR) == {QUARANTINE}
    assert stage.row(NVR).tries == 2
    assert keeper_of(stage).state is RunState.HELD
    assert len(stage.runs(keeper_of(stage).workflow)) == 2


def test_a_build_that_somebody_put_there_by_hand_is_looked_after_like_all_others(make_gate: MakeGate) -> None:
    stage = make_gate()
    stage.build_lands(NVR, into=QUARANTINE)
    stage.settle()

    assert stage.row(NVR).state is BuildState.QUARANTINED
    assert keeper_of(stage).state is RunState.HELD
    assert len(told(stage, "quarantined")) == 1


@pytest.fixture
def in_both(make_gate: MakeGate) -> GateStage:
    """A build that was through the gate is put into quarantine by hand, and is not out of the target yet."""
    made = make_gate()
    made.build_lands(NVR)
    made.settle()
    assert made.row(NVR).state is BuildState.ACCEPTED
    made.move_by_hand(NVR, None, QUARANTINE)
    made.run_until_quiet()
    return made


def test_a_build_that_was_accepted_and_is_put_into_quarantine_by_hand_says_what_to_untag(in_both: GateStage) -> None:
    hold = in_both.hold(keeper_of(in_both))

    assert in_both.tags_of(NVR) == {TARGET, QUARANTINE}
    assert in_both.row(NVR).state is BuildState.QUARANTINED
    assert hold is not None
    assert f"{NVR} is in {QUARANTINE} and in {TARGET}" in hold.missing[0]
    assert f"koji untag-build {QUARANTINE} {NVR}" in hold.missing[1]
    assert hold.command == f"koji untag-build {TARGET} {NVR}"


def test_a_build_that_left_the_target_after_it_came_into_quarantine_is_kept_like_all_others(in_both: GateStage) -> None:
    in_both.move_by_hand(NVR, TARGET, None)
    in_both.run_until_quiet()

    hold = in_both.hold(keeper_of(in_both))
    assert in_both.tags_of(NVR) == {QUARANTINE}
    assert in_both.row(NVR).state is BuildState.QUARANTINED
    assert hold is not None
    assert hold.command == f"relengotron quarantine release {NVR} --gate {GATE} --reason TEXT"


def test_the_newest_hand_wins_when_a_build_comes_back_into_the_target(in_both: GateStage) -> None:
    in_both.move_by_hand(NVR, TARGET, None)
    in_both.run_until_quiet()
    in_both.move_by_hand(NVR, None, TARGET)
    in_both.run_until_quiet()

    assert in_both.tags_of(NVR) == {TARGET}
    assert in_both.row(NVR).state is BuildState.ACCEPTED


def test_a_build_that_is_taken_out_of_quarantine_again_was_accepted_all_the_time(in_both: GateStage) -> None:
    in_both.move_by_hand(NVR, QUARANTINE, None)
    in_both.run_until_quiet()

    assert in_both.tags_of(NVR) == {TARGET}
    assert in_both.row(NVR).state is BuildState.ACCEPTED
    assert keeper_of(in_both).state is RunState.DONE


@pytest.mark.parametrize("way", ["drop", "release"])
def test_a_build_in_both_tags_that_is_let_out_of_quarantine_stays_in_the_target(in_both: GateStage, way: str) -> None:
    wish(in_both, way)
    in_both.settle()

    assert "because" in told(in_both, "accepted" if way == "drop" else "released")[-1]["reason"]
    assert in_both.tags_of(NVR) == {TARGET}
    assert in_both.row(NVR).state is BuildState.ACCEPTED


def test_a_build_of_the_target_that_somebody_takes_out_of_quarantine_and_puts_back_stays_there(
    in_both: GateStage, monkeypatch: pytest.MonkeyPatch
) -> None:
    look, looks = Kept.tags, list[frozenset[str]]()

    def tags(kept: Kept) -> frozenset[str]:
        if len(looks) == 1:
            in_both.move_by_hand(NVR, None, QUARANTINE)
        looks.append(look(kept))
        return looks[-1]

    monkeypatch.setattr(Kept, "tags", tags)
    in_both.move_by_hand(NVR, QUARANTINE, None)
    in_both.run_until_quiet()

    assert looks[:2] == [{TARGET}, {TARGET, QUARANTINE}]
    assert in_both.tags_of(NVR) == {TARGET, QUARANTINE}
    assert in_both.row(NVR).state is BuildState.QUARANTINED


def test_a_reminder_of_a_build_in_both_tags_says_what_to_untag(in_both: GateStage) -> None:
    in_both.wait(days=1)

    (said,) = told(in_both, "reminder")
    assert said["command"] == f"koji untag-build {TARGET} {NVR}"


def test_a_build_of_the_target_that_never_came_to_the_gate_is_kept_in_quarantine_as_well(make_gate: MakeGate) -> None:
    stage = make_gate()
    stage.is_in_rawhide(NVR)
    stage.move_by_hand(NVR, None, QUARANTINE)
    stage.run_until_quiet()
    assert stage.tags_of(NVR) == {TARGET, QUARANTINE}

    stage.move_by_hand(NVR, TARGET, None)
    stage.run_until_quiet()
    assert stage.tags_of(NVR) == {QUARANTINE}
    assert stage.row(NVR).state is BuildState.QUARANTINED


def test_a_build_that_hands_put_into_quarantine_and_then_into_the_target_is_accepted(make_gate: MakeGate) -> None:
    stage = make_gate()
    stage.build_lands(NVR, into=QUARANTINE)
    stage.settle()
    stage.move_by_hand(NVR, None, TARGET)
    stage.run_until_quiet()

    assert stage.tags_of(NVR) == {TARGET}
    assert stage.row(NVR).state is BuildState.ACCEPTED
