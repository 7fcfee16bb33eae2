"""Every function of the journal, on both databases."""

from datetime import timedelta

import pytest

from relengotron.engine.journal import audit, effects, evidence, holds, inbox, outbox, runs
from relengotron.engine.journal.database import Database
from relengotron.engine.journal.inbox import MessageState
from relengotron.engine.journal.times import moment, moment_or_none, stamp
from relengotron.model.intents import Start
from relengotron.model.outcome import Hold, Watch
from relengotron.model.run import Evidence, RunState, StepState
from tests.engine.toys import EPOCH

LATER = EPOCH + timedelta(minutes=1)


def opened(journal: Database, key: str = "key", lane: str = "f24") -> str:
    with journal.write() as db:
        run = runs.open_run(db, Start("long", lane, key, {"at": EPOCH}, "2016-1", 5), EPOCH)
    assert run is not None
    return run


def test_messages_are_stored_once_settled_once_and_counted(journal: Database) -> None:
    with journal.write() as db:
        assert inbox.last_received(db) is None
        for name, key, parked in (("a", "k", None), ("b", None, None), ("c", None, "broken")):
            assert inbox.store(
                db, msg_id=name, business_key=key, topic="t", raw={"ü": [1, None]}, now=EPOCH, parked_because=parked
            )
        assert not inbox.store(db, msg_id="a", business_key=None, topic="t", raw={}, now=LATER)
        assert not inbox.store(db, msg_id="d", business_key="k", topic="t", raw={}, now=LATER)
    with journal.read() as db:
        first, second = inbox.unsettled(db, 10)
        assert [each.msg_id for each in inbox.unsettled(db, 1)] == ["a"]
        assert (first.raw, first.received_at, first.state) == ({"ü": [1, None]}, EPOCH, MessageState.NEW)
        assert [(each.msg_id, each.reason) for each in inbox.parked(db, 10)] == [("c", "broken")]
        assert inbox.last_received(db) == EPOCH
    with journal.write() as db:
        inbox.settle(db, [inbox.Settled(first.id, MessageState.HANDLED, "Start")], LATER)
        inbox.settle(db, [inbox.Settled(second.id, MessageState.PARKED, "\0\ud800")], LATER)
        assert inbox.counts(db) == {MessageState.HANDLED: 1, MessageState.PARKED: 2}
        assert [each.msg_id for each in inbox.parked(db, 10)] == ["c", "b"]


def test_a_run_is_opened_once_and_found_by_its_id_or_its_ends(journal: Database) -> None:
    run = opened(journal)
    other = opened(journal, "other")
    with journal.write() as db:
        assert runs.open_run(db, Start("long", "f25", "key", None, "2016-2"), LATER) is None
        found = runs.find(db, run)
        assert found is not None
        assert (found.id, found.request, found.priority, found.state) == (
            run,
            {"at": EPOCH.isoformat().replace("+00:00", "Z")},
            5,
            RunState.QUEUED,
        )
        assert runs.find(db, run[-8:]) == found
        assert runs.find(db, run[:-1]) == found
        for nobody in ("", "%", "____", run[:8], run[3:6], "nobody", other + "x"):
            assert runs.find(db, nobody) is None, nobody
        assert [each.id for each in runs.opened_by(db, "2016-1")] == [run, other]
        assert [each.id for each in runs.newest(db, 10)] == [other, run]
        assert [each.id for each in runs.newest(db, 1, lane="f24", states=[RunState.QUEUED])] == [other]
        assert runs.newest(db, 10, states=[RunState.DONE]) == []
        assert runs.counts(db) == {RunState.QUEUED: 2}


def test_heads_of_lanes_are_what_is_due(journal: Database) -> None:
    first, second, other = opened(journal, "1"), opened(journal, "2"), opened(journal, "3", "f25")
    with journal.write() as db:
        assert {run.id for run in runs.heads_of_lanes(db)} == {first, other}
        runs.change(db, second, RunState.OPEN, EPOCH, look_again_at=LATER)
        assert {run.id for run in runs.heads_of_lanes(db)} == {second, other}
        head = runs.next_in_lane(db, "f24")
        assert head is not None
        assert head.id == second
        assert runs.is_head_of_lane(db, head)
        assert runs.due(db, 10) == [(other, 5, EPOCH), (second, 5, LATER)]
        assert runs.due(db, 1) == [(other, 5, EPOCH)]
        runs.change(db, second, RunState.DONE, LATER, reason="over")
        assert {run.id for run in runs.heads_of_lanes(db)} == {first, other}
        assert runs.next_in_lane(db, "f26") is None


def test_a_change_only_from_expected_states_is_refused_otherwise(journal: Database) -> None:
    run = opened(journal)
    with journal.write() as db:
        runs.watch(db, run, [Watch("toy", "1")])
        assert runs.change(db, run, RunState.CANCELLING, LATER, reason="stop")
        assert not runs.change(db, run, RunState.DONE, LATER, only_from=runs.GOING)
        assert runs.watchers(db, "toy", ["1"]) == [run]
        assert runs.change(db, run, RunState.CANCELLED, LATER, only_from=(RunState.CANCELLING,))
        found = runs.find(db, run)
        assert found is not None
        assert (found.state, found.finished_at) == (RunState.CANCELLED, LATER)
        assert runs.watched(db) == {}


def test_steps_keep_their_start_and_their_output(journal: Database) -> None:
    run = opened(journal)
    with journal.write() as db:
        runs.write_step(db, run, "a", StepState.RUNNING, "waits", EPOCH, troubles=2, trouble_since=EPOCH)
        runs.write_step(db, run, "a", StepState.DONE, "", LATER, output={"x": (1, EPOCH)})
        runs.write_step(db, run, "b", StepState.FAILED, "n\0o", LATER)
        a = runs.steps_of(db, run)["a"]
        assert (a.started_at, a.finished_at, a.troubles, a.trouble_since) == (EPOCH, LATER, 0, None)
        assert a.output == {"x": [1, "2016-11-01T12:00:00Z"]}
        runs.change(db, run, RunState.FAILED, LATER)
        runs.begin_attempt(db, run, LATER)
        assert list(runs.steps_of(db, run)) == ["a"]
        found = runs.find(db, run)
        assert found is not None
        assert (found.state, found.attempt, found.finished_at) == (RunState.QUEUED, 2, None)


def test_watches_are_replaced_as_a_whole(journal: Database) -> None:
    run, other = opened(journal), opened(journal, "other")
    one, two = Watch("toy", "1"), Watch("toy", "2")
    with journal.write() as db:
        runs.watch(db, run, [one, one])
        runs.watch(db, other, [one, two])
        first, second = runs.Watcher(run, 5, EPOCH), runs.Watcher(other, 5, EPOCH)
        found = {watch: sorted(who, key=lambda each: each.run) for watch, who in runs.watched(db).items()}
        assert found == {one: sorted([first, second], key=lambda each: each.run), two: [second]}
        runs.watch(db, other, [two])
        assert runs.watchers(db, one.system, [one.key]) == [run]


def test_effects_are_intended_then_finished(journal: Database) -> None:
    run = opened(journal)
    long = "tag " + "x" * 900
    with journal.write() as db:
        assert effects.find(db, run, long) is None
        intent = effects.intend(db, run, long, "tag it", {"old": (1,)}, EPOCH)
        second = effects.intend(db, run, long + "y", "tag it", None, EPOCH)
        found = effects.find(db, run, long)
        assert found is not None
        assert (found.id, found.old, found.is_finished) == (intent.id, {"old": [1]}, False)
        effects.finish(db, intent, {"task": 4711}, LATER)
        effects.finish(db, second, None, LATER)
        first, last = effects.of_run(db, run)
        assert (first.result, first.is_finished, first.finished_at) == ({"task": 4711}, True, LATER)
        assert (last.result, last.is_finished) == (None, True)


def test_evidence_is_kept_when_it_is_news(journal: Database) -> None:
    run = opened(journal)
    title = ",".join(f"package{number}-1-1.fc24" for number in range(400))
    first = Evidence(run, "gate", "update", title, "held", "karma", {"votes": (1, 2), "at": EPOCH}, EPOCH)
    changed = Evidence(run, "gate", "update", title, "open", "karma", {}, LATER)
    with journal.write() as db:
        assert evidence.newest_of(db, run, "update", title) is None
        assert evidence.add(db, first)
        assert not evidence.add(db, first)
        assert evidence.add(db, changed)
        newest = evidence.newest_of(db, run, "update", title)
        assert newest is not None
        assert (newest.state, newest.at) == ("open", LATER)
        assert [each.state for each in evidence.of_run(db, run)] == ["held", "open"]


def test_holds_are_news_when_something_else_is_missing(journal: Database) -> None:
    run = opened(journal)

    def hold(*missing: str, deadline: int = 1) -> Hold:
        return Hold(missing, EPOCH + timedelta(days=deadline), "releng", "relengotron waive")

    with journal.write() as db:
        assert holds.open_of(db, run) is None
        assert holds.open_hold(db, run, "gate", hold("karma"), EPOCH)
        assert not holds.open_hold(db, run, "gate", hold("karma"), LATER)
        assert holds.open_hold(db, run, "gate", hold("karma", deadline=2), LATER)
        assert holds.open_hold(db, run, "gate", hold("test"), LATER)
        (first,) = holds.all_open(db)
        assert (first.since, first.missing) == (EPOCH, ("test",))
        assert holds.open_hold(db, run, "next", hold("test"), LATER)
        assert [each.step for each in holds.all_open(db)] == ["next"]
        holds.close(db, run, LATER)
        assert [each.closed_at for each in holds.of_run(db, run)] == [LATER, LATER]


def test_what_is_said_is_said_once_and_in_order(journal: Database) -> None:
    run = opened(journal)
    with journal.write() as db:
        assert outbox.write(db, run, "a", "topic", {"at": EPOCH}, EPOCH)
        assert not outbox.write(db, run, "a", "topic", {}, LATER)
        assert outbox.write(db, run, "b", "topic", {}, EPOCH)
        first, second = outbox.unsent(db, 10)
        assert first.msg_id.startswith("2016-")
        assert first.msg_id != second.msg_id
        assert first.body == {"at": "2016-11-01T12:00:00Z"}
        outbox.mark_trouble(db, first.id, "no\0relay")
        assert outbox.backlog(db) == 2
        outbox.mark_sent(db, first.id, LATER)
        assert [each.id for each in outbox.unsent(db, 10)] == [second.id]
        assert [each.sent_at for each in outbox.of_run(db, run)] == [LATER, None]


def test_what_people_did_is_kept(journal: Database) -> None:
    run = opened(journal)
    with journal.write() as db:
        audit.note(db, "ralph", "retry", run, EPOCH)
        audit.note(db, "ralph", "elsewhere", None, EPOCH)
        assert [tuple(row) for row in audit.of_run(db, run)] == [(stamp(EPOCH), "ralph", "retry")]


def test_times_come_back_aware_and_exact() -> None:
    exact = EPOCH + timedelta(microseconds=123456)
    assert moment(stamp(exact)) == exact
    assert moment_or_none(None) is None
    assert moment(stamp(exact.astimezone())).tzinfo is not None


def test_a_write_that_raises_never_happened(journal: Database) -> None:
    def write_and_raise() -> None:
        with journal.write() as db:
            runs.open_run(db, Start("long", "f24", "key", None, "-"), EPOCH)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        write_and_raise()
    with journal.read() as db:
        assert runs.counts(db) == {}


def test_a_write_inside_a_write_is_refused_instead_of_waiting_for_itself(journal: Database) -> None:
    with pytest.raises(RuntimeError, match="wait for itself"), journal.write(), journal.write():
        pass
    opened(journal)


def test_a_reader_sees_one_moment_and_does_not_wait_for_a_writer(journal: Database) -> None:
    opened(journal, "1")
    with journal.write() as writer:
        runs.open_run(writer, Start("long", "f24", "2", None, "-"), EPOCH)
        with journal.read() as reader:
            assert runs.counts(reader) == {RunState.QUEUED: 1}
