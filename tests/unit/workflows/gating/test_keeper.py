"""Does everything that stands before a gate have somebody who answers for it, whatever happens to the keeper?"""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from relengotron.engine.journal import gate_orders, gated
from relengotron.errors import PowerCut
from relengotron.model.codec import from_json
from relengotron.model.gated import BuildState, Pass, Quarantine, lane_of_quarantine
from relengotron.model.run import RunState, StepState
from relengotron.systems.mischief import Kind, Rule
from relengotron.workflows.gating import tag_sight
from tests.unit.workflows.gating.keeper_place import (
    PENDING,
    QUARANTINE,
    RAWHIDE,
    SIDE,
    TARGET,
    KeeperPlace,
    a_gate,
)

BASH, BASH_2, NANO = "bash-4.3-1.fc25", "bash-4.3-2.fc25", "nano-2.6-1.fc25"


@pytest.fixture
def place(tmp_path: Path) -> Iterator[KeeperPlace]:
    place = KeeperPlace(tmp_path)
    yield place
    place.close()


# -- what comes ------------------------------------------------------------------------------------------------------


def test_a_build_that_lands_opens_a_batch(place: KeeperPlace) -> None:
    place.build(BASH, epoch=2)
    assert place.keep()
    row, run = place.row(BASH), place.run_of(BASH)
    assert (row.package, row.epoch, row.owner, row.state) == ("bash", "2", "alice", BuildState.TESTING)
    assert place.batches() == [(BASH,)]
    assert run.lane == f"{RAWHIDE}/{row.batch}"
    assert place.woken() == [run.id]


def test_a_look_at_what_is_known_writes_nothing_and_asks_once(place: KeeperPlace) -> None:
    place.build(BASH)
    place.keep()
    place.front.forget_calls()
    assert place.keep() == 0
    assert place.requests() == 1
    assert place.asked() == ["multiCall", "getLastEvent", "queryHistory", "queryHistory"]


def test_what_comes_later_is_seen_without_listing_the_tag_again(place: KeeperPlace) -> None:
    place.keep()
    place.front.forget_calls()
    place.build(BASH)
    place.build(NANO)
    place.keep()
    assert place.batches() == [(BASH,), (NANO,)]
    assert place.requests() == 2
    assert place.asked().count("listTagged") == 2


def test_many_that_come_at_once_are_listed_at_once(place: KeeperPlace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tag_sight, "ONE_BY_ONE_AT_MOST", 2)
    place.keep()
    place.front.forget_calls()
    for number in range(5):
        place.build(f"package{number}-1-1")
    place.keep()
    assert len(place.batches()) == 5
    assert place.requests() == 4


def test_what_happened_just_before_a_look_and_was_committed_after_it_is_seen_with_the_next(place: KeeperPlace) -> None:
    place.keep()
    place.build(BASH)
    place.wait(seconds=1)
    row = place.hub.store["tag_listing"].one(tag_id=place.hub.call(None, "getTagID", PENDING))
    assert row is not None
    place.hub.store["tag_listing"].delete(row)  # nobody sees it yet, though its event has its number
    place.keep()
    place.hub.store["tag_listing"].insert(row)
    place.wait(seconds=1)
    place.keep()
    assert place.batches() == [(BASH,)]


def test_what_was_lost_all_the_same_is_found_with_the_next_whole_listing(place: KeeperPlace) -> None:
    place.build(BASH)
    place.keep()
    place.hub.store["tag_listing"].update(place.hub.store["tag_listing"].where()[0], create_event=0)
    with place.others.write() as db:
        db.exec_driver_sql("DELETE FROM gated_builds")
    place.keep()
    assert place.states() == {}
    place.wait(minutes=16)
    place.keep()
    assert place.states() == {BASH: "testing"}


def test_builds_arrive_in_the_order_in_which_they_were_tagged(place: KeeperPlace) -> None:
    names = [place.build(f"{name}-1-1") for name in "cab"]
    place.keep()
    assert list(place.states()) == names
    assert place.batches() == [(nvr,) for nvr in names]


def test_a_build_that_was_settled_and_is_pending_again_comes_once_more(place: KeeperPlace) -> None:
    place.build(BASH)
    place.keep()
    place.put(BASH, BuildState.ACCEPTED)
    place.move(BASH, PENDING, TARGET)
    place.keep()
    assert place.states() == {BASH: "accepted"}
    place.tag(BASH, PENDING)
    place.keep()
    assert (place.row(BASH).state, place.row(BASH).tries) == (BuildState.TESTING, 2)
    assert len({run.lane for run in place.runs()}) == 2


def test_a_listing_that_is_older_than_the_journal_is_not_believed(
    place: KeeperPlace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The build was moved and accepted between the keeper's question to Koji and its look into the journal."""
    place.build(BASH)
    place.keep()
    look = place.keeper._gates[0]._rows

    def moved_meanwhile(sight: tag_sight.Sight) -> object:
        place.put(BASH, BuildState.ACCEPTED)
        place.move(BASH, PENDING, TARGET)
        return look(sight)

    monkeypatch.setattr(place.keeper._gates[0], "_rows", moved_meanwhile)
    place.wait(minutes=16)
    place.keep()
    assert (place.row(BASH).state, place.row(BASH).tries) == (BuildState.ACCEPTED, 1)


# -- what goes -------------------------------------------------------------------------------------------------------


def _arrived(place: KeeperPlace, nvr: str) -> None:
    """It stands there and no batch has it yet."""
    place.gates[RAWHIDE] = a_gate(batching={"same_submitter": "10m"})
    place.start()
    place.build(nvr)
    place.keep()
    assert place.states() == {nvr: "arrived"}


def test_what_somebody_takes_out_is_let_go_and_told(place: KeeperPlace) -> None:
    _arrived(place, BASH)
    place.untag(BASH)
    place.keep()
    assert place.states() == {BASH: "gone"}
    assert place.said() == [("relengotron.gate.build.gone", BASH)]


def test_what_somebody_moves_through_is_a_success_and_told(place: KeeperPlace) -> None:
    _arrived(place, BASH)
    place.move(BASH, PENDING, TARGET)
    place.keep()
    assert place.states() == {BASH: "accepted"}
    assert place.said() == [("relengotron.gate.build.accepted", BASH)]


def test_what_somebody_moves_to_quarantine_is_looked_after(place: KeeperPlace) -> None:
    _arrived(place, BASH)
    place.move(BASH, PENDING, QUARANTINE)
    place.keep()
    assert place.states() == {BASH: "quarantined"}
    assert [run.lane for run in place.runs("keep_in_quarantine")] == [lane_of_quarantine(RAWHIDE, BASH)]


def test_a_build_whose_package_was_blocked_is_not_taken_for_gone(place: KeeperPlace) -> None:
    _arrived(place, BASH)
    place.hub.call("admin", "packageListBlock", PENDING, "bash")
    place.wait(minutes=16)
    place.keep()
    assert place.row(BASH).state is not BuildState.GONE


def test_the_batch_of_a_build_that_left_its_tag_looks_again(place: KeeperPlace) -> None:
    place.build(BASH)
    place.keep()
    place.woken()
    place.untag(BASH)
    place.keep()
    assert place.states() == {BASH: "testing"}
    assert place.woken() == [place.run_of(BASH).id]


def test_what_is_moving_is_left_to_those_who_move_it(place: KeeperPlace) -> None:
    place.build(BASH)
    place.keep()
    place.woken()
    place.put(BASH, BuildState.MOVING)
    place.move(BASH, PENDING, TARGET)
    place.keep()
    assert (place.states(), place.woken()) == ({BASH: "moving"}, [])


# -- quarantine ------------------------------------------------------------------------------------------------------


def test_what_stands_in_quarantine_without_a_row_is_adopted(place: KeeperPlace) -> None:
    place.build(BASH, QUARANTINE)
    place.keep()
    row, (run,) = place.row(BASH), place.runs("keep_in_quarantine")
    asked = from_json(Quarantine, run.request)
    assert row.state is BuildState.QUARANTINED
    assert row.reason == asked.suspicion.reason == f"somebody put it into {QUARANTINE} by hand"
    assert (run.key, run.lane) == (f"keep_in_quarantine {RAWHIDE} {BASH} 1", lane_of_quarantine(RAWHIDE, BASH))
    assert (asked.owner, asked.package, asked.batch) == ("alice", "bash", None)
    assert place.woken() == [run.id]


def test_whoever_looks_after_a_build_hears_that_it_left_quarantine(place: KeeperPlace) -> None:
    place.build(BASH, QUARANTINE)
    place.keep()
    place.woken()
    place.untag(BASH, QUARANTINE)
    place.keep()
    assert place.woken() == [place.runs("keep_in_quarantine")[0].id]


def test_what_is_put_into_quarantine_once_more_is_looked_after_once_more(place: KeeperPlace) -> None:
    place.build(BASH, QUARANTINE)
    place.keep()
    place.put(BASH, BuildState.GONE)
    place.untag(BASH, QUARANTINE)
    place.keep()
    place.tag(BASH, QUARANTINE)
    place.keep()
    assert [run.key for run in place.runs("keep_in_quarantine")] == [
        f"keep_in_quarantine {RAWHIDE} {BASH} 1",
        f"keep_in_quarantine {RAWHIDE} {BASH} 2",
    ]


def test_what_a_newer_build_left_in_quarantine_is_no_newcomer_there(place: KeeperPlace) -> None:
    """The newer one was taken out before its batch could take the older one out too."""
    place.build(BASH, QUARANTINE)
    place.keep()
    first = from_json(Quarantine, place.runs("keep_in_quarantine")[0].request)
    place.build(BASH_2)
    place.keep()
    place.end(place.runs("keep_in_quarantine")[0])
    place.put(BASH_2, BuildState.GONE)
    place.untag(BASH_2)
    place.keep()
    assert place.row(BASH).state is BuildState.QUARANTINED
    assert place.row(BASH).reason == f"{BASH_2} is newer, and left without it"
    again = from_json(Quarantine, place.runs("keep_in_quarantine")[1].request)
    assert again.suspicion == first.suspicion


# -- newer builds ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("state", [BuildState.TESTING, BuildState.QUARANTINED])
def test_a_newer_build_supersedes_the_older_one(place: KeeperPlace, state: BuildState) -> None:
    place.build(BASH, PENDING if state is BuildState.TESTING else QUARANTINE)
    place.keep()
    (answering,) = place.woken()
    place.build(BASH_2)
    place.keep()
    assert place.states() == {BASH: "superseded", BASH_2: "testing"}
    assert place.row(BASH).reason == f"{BASH_2} is newer"
    assert set(place.woken()) == {answering, place.run_of(BASH_2).id}
    assert place.keep() == 0


def test_of_several_that_land_at_once_only_the_newest_goes(place: KeeperPlace) -> None:
    place.build(BASH_2)
    place.build(BASH)
    place.keep()
    assert place.batches() == [(BASH_2,)]
    assert place.states()[BASH] == "superseded"


def test_what_is_moving_already_goes_through_before_the_newer_one(place: KeeperPlace) -> None:
    place.build(BASH)
    place.keep()
    place.put(BASH, BuildState.MOVING)
    place.build(BASH_2)
    place.keep()
    assert place.states() == {BASH: "moving", BASH_2: "testing"}


def test_an_older_build_that_comes_later_has_a_batch_that_clears_it_away(place: KeeperPlace) -> None:
    place.build(BASH_2)
    place.keep()
    place.build(BASH)
    place.keep()
    assert place.batches() == [(BASH_2,), (BASH,)]


def test_what_was_superseded_comes_once_more_when_the_newer_one_is_taken_out(place: KeeperPlace) -> None:
    place.build(BASH)
    place.keep()
    place.build(BASH_2)
    place.keep()
    place.put(BASH_2, BuildState.GONE)
    place.untag(BASH_2)
    place.keep()
    assert place.states() == {BASH: "testing", BASH_2: "gone"}


def test_what_was_superseded_stays_so_until_it_is_known_what_became_of_the_newer_one(place: KeeperPlace) -> None:
    """Its batch would find the newer one under test, and take it out."""
    place.build(BASH)
    place.keep()
    place.build(BASH_2)
    place.keep()
    place.untag(BASH_2)
    place.keep()
    assert place.states() == {BASH: "superseded", BASH_2: "testing"}
    place.put(BASH_2, BuildState.GONE)
    place.wait(minutes=16)
    place.keep()
    assert place.states() == {BASH: "testing", BASH_2: "gone"}


# -- batches ---------------------------------------------------------------------------------------------------------


def test_what_was_built_in_one_side_tag_goes_together_once_nothing_more_comes(tmp_path: Path) -> None:
    place = KeeperPlace(tmp_path, {RAWHIDE: a_gate(batching={"side_tags": ["rawhide-build-side-*"]})})
    place.build(BASH, SIDE, PENDING)
    place.build("alone-1-1")
    place.keep()
    assert place.batches() == [("alone-1-1",)]
    place.build(NANO, SIDE)
    place.move(NANO, SIDE, PENDING)
    place.wait(seconds=59)
    place.keep()
    assert place.batches() == [("alone-1-1",)]
    place.wait(seconds=61)
    place.keep()
    assert place.batches()[1:] == [(BASH, NANO)]
    assert place.whys()[1] == f"built together in {SIDE}"
    assert place.row(NANO).group == SIDE
    place.close()


def test_what_one_person_brings_waits_for_its_window_and_nobody_else(tmp_path: Path) -> None:
    place = KeeperPlace(tmp_path, {RAWHIDE: a_gate(batching={"same_submitter": "10m"})})
    place.build(BASH)
    place.keep()
    place.wait(minutes=5)
    place.build(NANO)
    place.build("vim-1-1", owner="bob")
    place.keep()
    assert place.batches() == []
    assert place.row(BASH).reason == "waits until 12:10 UTC for others that may belong to it"
    assert place.row("vim-1-1").reason.startswith("waits until 12:15 UTC")
    assert place.keep() == 0
    place.wait(minutes=5)
    assert place.keep()
    assert place.batches() == [(BASH, NANO)]
    assert place.whys() == ["alice brought them within 10 min"]
    place.wait(minutes=5)
    place.keep()
    assert place.batches()[1:] == [("vim-1-1",)]
    place.close()


def test_what_two_people_let_through_waits_for_no_window(place: KeeperPlace) -> None:
    _arrived(place, BASH)
    for who in ("ralph", "kevin"):
        assert place.keep() == 0
        with place.others.write() as db:
            gate_orders.let_through(db, Pass(RAWHIDE, BASH, who, "an emergency", place.time))
    place.keep()
    assert place.batches() == [(BASH,)]


def test_what_was_called_off_comes_once_more(place: KeeperPlace) -> None:
    place.build(BASH)
    place.keep()
    place.end(place.run_of(BASH), RunState.CANCELLED)
    place.keep()
    assert len(place.runs()) == 2
    assert place.run_of(BASH).state is RunState.QUEUED


# -- trouble ---------------------------------------------------------------------------------------------------------


def test_koji_in_trouble_is_seen_and_the_next_look_goes_on(place: KeeperPlace) -> None:
    place.build(BASH)
    place.front.misbehave(Rule(Kind.REFUSED, times=None))
    assert place.keep() == 0
    since = place.time
    place.wait(minutes=3)
    place.keep()
    told = place.trouble()
    assert (told.looked_at, told.trouble_since) == (None, since)
    assert "koji" in told.trouble.lower()
    place.front.behave()
    place.keep()
    assert (place.trouble().looked_at, place.trouble().trouble) == (place.time, "")
    assert place.batches() == [(BASH,)]


def test_a_gate_in_trouble_delays_no_other(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    place = KeeperPlace(tmp_path, {"nosuch": a_gate("nosuch"), RAWHIDE: a_gate()})
    place.build(BASH)
    place.keep()
    assert place.batches() == [(BASH,)]
    assert "nosuch-pending" in place.trouble("nosuch").trouble
    assert place.trouble().trouble == ""
    assert "a gate cannot be looked at" in caplog.text
    place.close()


def test_trouble_in_the_middle_of_a_look_loses_nothing(place: KeeperPlace) -> None:
    place.keep()
    place.build(BASH)
    place.front.misbehave(Rule(Kind.GARBAGE, body="listTagged", times=3))
    place.keep()
    assert place.states() == {}
    place.keep()
    assert place.states() == {BASH: "testing"}


def test_a_defect_is_told_as_one_and_ends_nothing(place: KeeperPlace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gated, "at", lambda *_words: 1 / 0)
    assert place.keep() == 0
    monkeypatch.undo()
    assert place.trouble().trouble.startswith("defect: ZeroDivisionError")
    place.build(BASH)
    place.keep()
    assert place.batches() == [(BASH,)]


def test_a_build_belongs_to_the_gate_whose_tag_it_is_in(tmp_path: Path) -> None:
    place = KeeperPlace(tmp_path, {RAWHIDE: a_gate(), "epel": a_gate("epel")})
    place.build(BASH)
    place.build(NANO, "epel-pending")
    place.keep()
    assert (place.states(), place.states("epel")) == ({BASH: "testing"}, {NANO: "testing"})
    place.close()


# -- crashes ---------------------------------------------------------------------------------------------------------


def _a_busy_hour(place: KeeperPlace) -> None:
    """Everything that the keeper writes is written in it; it begins anew after every crash."""
    if not place.hub.call(None, "getBuild", BASH):
        for nvr, tag in ((BASH, PENDING), (NANO, PENDING), ("vim-1-1", QUARANTINE), ("zsh-1-1", PENDING)):
            place.build(nvr, tag)
    place.keep()
    if not place.hub.call(None, "getBuild", BASH_2):
        place.build(BASH_2)
        place.build("left-1-1", QUARANTINE)
    place.keep()
    place.wait(minutes=11)
    place.keep()


def _outcome(place: KeeperPlace) -> object:
    batches = sorted((run.key, run.lane) for run in (*place.runs(), *place.runs("keep_in_quarantine")))
    return place.states(), batches, sorted(place.said()), {row: place.row(row).batch for row in place.states()}


def _stormy(root: Path) -> KeeperPlace:
    root.mkdir()
    return KeeperPlace(root, {RAWHIDE: a_gate(batching={"same_submitter": "10m"})})


def test_the_keeper_may_die_at_any_moment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("relengotron.workflows.gating.keeping.AT_ONCE", 2)
    calm = _stormy(tmp_path / "calm")
    calm.power.arm()
    _a_busy_hour(calm)
    names = list(enumerate(calm.power.moments, start=1))
    moments = [number for number, name in names if name.startswith("after")]  # before one is after the one before it
    assert len(moments) > 7
    for moment in moments:
        place = _stormy(tmp_path / str(moment))
        place.power.arm(moment)
        with pytest.raises(PowerCut):
            _a_busy_hour(place)
        place.start()
        _a_busy_hour(place)
        assert _outcome(place) == _outcome(calm), calm.power.moments[:moment]
        place.close()
    calm.close()


def test_two_keepers_open_no_batch_twice(place: KeeperPlace, monkeypatch: pytest.MonkeyPatch) -> None:
    place.build(BASH)
    place.build(NANO)
    other = place.keeper
    place.start()
    look = place.keeper._gates[0]._open_batches
    monkeypatch.setattr(place.keeper._gates[0], "_open_batches", lambda: other.work() and look())
    place.keep()
    assert sorted(place.batches()) == [(BASH,), (NANO,)]


def test_the_window_counts_from_the_first_build(tmp_path: Path) -> None:
    """Whoever builds every nine minutes does not make their own builds wait for ever."""
    place = KeeperPlace(tmp_path, {RAWHIDE: a_gate(batching={"same_submitter": timedelta(minutes=10)})})
    for number in range(4):
        place.build(f"package{number}-1-1")
        place.keep()
        place.wait(minutes=9)
    place.keep()
    assert [len(batch) for batch in place.batches()] == [2, 2]
    place.close()


# -- what breaks others and what mends that --------------------------------------------------------------------------


def test_a_batch_that_would_break_others_is_joined_by_what_mends_them(place: KeeperPlace) -> None:
    place.build("libfoo-2-1")
    place.keep()
    first = place.run_of("libfoo-2-1")
    place.lets_wait(first, "bar", "baz")
    place.wait(minutes=1)
    place.build("other-1-1")
    place.build("bar-1-2")
    place.keep()
    assert place.batches() == [("libfoo-2-1",), ("libfoo-2-1", "bar-1-2"), ("other-1-1",)]
    assert place.whys()[1] == "bar-1-2 has what libfoo-2-1 requires"
    assert first.id in place.woken()
    second = place.run_of("libfoo-2-1")
    assert second.id == place.run_of("bar-1-2").id
    place.end(first)
    place.lets_wait(second, "baz")
    place.wait(minutes=1)
    place.build("baz-1-2")
    place.keep()
    assert place.batches()[3:] == [("libfoo-2-1", "bar-1-2", "baz-1-2")]


def test_two_batches_that_wait_for_one_another_become_one(place: KeeperPlace) -> None:
    place.build("libfoo-2-1")
    place.build("bar-1-2")
    place.keep()
    place.lets_wait(place.run_of("libfoo-2-1"), "bar")
    place.lets_wait(place.run_of("bar-1-2"))
    place.keep()
    assert place.batches()[2:] == [("libfoo-2-1", "bar-1-2")]


def test_what_waits_no_longer_is_not_joined(place: KeeperPlace) -> None:
    place.build("libfoo-2-1")
    place.keep()
    place.lets_wait(place.run_of("libfoo-2-1"), "bar", state=StepState.DONE)
    place.build("bar-1-2")
    place.keep()
    assert place.batches() == [("libfoo-2-1",), ("bar-1-2",)]


def test_a_gate_without_dependencies_joins_nothing_by_them(tmp_path: Path) -> None:
    place = KeeperPlace(tmp_path, {RAWHIDE: a_gate(batching={"dependencies": False})})
    place.build("libfoo-2-1")
    place.keep()
    place.lets_wait(place.run_of("libfoo-2-1"), "bar")
    place.build("bar-1-2")
    place.keep()
    assert place.batches() == [("libfoo-2-1",), ("bar-1-2",)]
    place.close()
