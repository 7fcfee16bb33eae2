"""Runs of one lane follow one another; lanes know nothing of one another."""

from datetime import timedelta

from relengotron.engine.digest import Digest
from relengotron.engine.intake import Intake
from relengotron.engine.journal import audit, effects, runs
from relengotron.engine.journal.database import Database
from relengotron.errors import AnswerLost, RequestRefused
from relengotron.model.events import Event
from relengotron.model.intents import Cancel, Intent, Retry
from relengotron.model.outcome import Done, Outcome, Running
from relengotron.model.run import RunState
from tests.engine.toys import Hands, House, World, tagging


class Gate:
    """A step that waits, fails or passes, run by run."""

    def __init__(self) -> None:
        self.closed: set[str] = set()
        self.refused: set[str] = set()
        self.order: list[str] = []

    def step(self, hands: Hands) -> Outcome:
        key = hands.attempt.run.key
        self.order.append(key)
        if key in self.refused:
            raise RequestRefused("no")
        return Running("the gate") if key in self.closed else Done()


def gated(database: Database, world: World) -> tuple[House, Gate]:
    gate = Gate()

    def ensure_the_gate_is_open(hands: Hands) -> Outcome:
        return gate.step(hands)

    return House(database, world, ensure_the_gate_is_open), gate


def tell(house: House, *intents: Intent) -> None:
    """Let people wish for something the way they do: by a message."""

    def wishes(_event: Event, _msg_id: str) -> list[Intent]:
        return list(intents)

    Intake(house.database, house.clock).store(tagging("wish"))
    Digest(house.database, wishes, house.wakes, house.clock).work()


def test_the_next_run_of_a_lane_begins_when_the_first_ends(database: Database, world: World) -> None:
    house, gate = gated(database, world)
    gate.closed = {"first"}
    first, second = house.open("first"), house.open("second")
    house.settle()
    assert (house.state(first), house.state(second)) == (RunState.OPEN, RunState.QUEUED)
    assert gate.order == ["first"]
    gate.closed = set()
    house.wakes.wake(first, 10)
    house.settle()
    assert (house.state(first), house.state(second)) == (RunState.DONE, RunState.DONE)


def test_runs_opened_in_the_same_instant_keep_their_order(database: Database, world: World) -> None:
    house, gate = gated(database, world)
    keys = [f"run {number}" for number in range(12)]
    for key in keys:
        house.open(key)
    house.settle()
    assert gate.order == keys


def test_a_waiting_lane_delays_no_other(database: Database, world: World) -> None:
    house, gate = gated(database, world)
    gate.closed = {"stuck"}
    stuck = house.open("stuck", "f23")
    others = [house.open(f"other {lane}", lane) for lane in ("f24", "f25")]
    house.settle()
    assert house.state(stuck) is RunState.OPEN
    assert {house.state(each) for each in others} == {RunState.DONE}


def test_a_failed_or_parked_run_frees_its_lane(database: Database, world: World) -> None:
    house, gate = gated(database, world)
    gate.refused = {"first"}
    first, second = house.open("first"), house.open("second")
    house.settle()
    assert (house.state(first), house.state(second)) == (RunState.FAILED, RunState.DONE)


def test_a_failed_run_gives_its_lane_away_and_is_not_tried_again(database: Database, world: World) -> None:
    house, gate = gated(database, world)
    gate.refused, gate.closed = {"first"}, {"second"}
    first, second = house.open("first"), house.open("second")
    house.settle()
    gate.refused = set()
    tell(house, Retry(first, "ralph"), Cancel(first, "ralph", "away with it"))
    house.settle()
    assert (house.state(first), house.state(second)) == (RunState.FAILED, RunState.OPEN)
    assert house.run(first).attempt == 1
    gate.closed = set()
    house.look(minutes=1)
    assert (house.state(first), house.state(second)) == (RunState.FAILED, RunState.DONE)
    with database.read() as db:
        assert audit.of_run(db, first) == []
        assert "began in its lane after it" in str(runs.why_over(db, house.run(first)))


def test_only_the_run_whose_turn_it_is_is_due(database: Database, world: World) -> None:
    house, gate = gated(database, world)
    gate.closed = {"first", "second"}
    first, _second, other = house.open("first"), house.open("second"), house.open("other", "f25")
    with database.read() as db:
        assert {run for run, _, _ in runs.due(db, 10)} == {first, other}


def test_a_retry_of_a_queued_run_changes_nothing(database: Database, world: World) -> None:
    house, gate = gated(database, world)
    gate.closed = {"first"}
    house.open("first")
    second = house.open("second")
    house.settle()
    tell(house, Retry(second, "ralph"))
    assert house.run(second).attempt == 1
    assert house.state(second) is RunState.QUEUED


def test_a_run_that_never_began_is_cancelled_at_once(database: Database, world: World) -> None:
    house, gate = gated(database, world)
    gate.closed = {"first"}
    house.open("first")
    second = house.open("second")
    house.settle()
    tell(house, Cancel(second, "ralph", "not wanted"))
    assert house.state(second) is RunState.CANCELLED
    assert house.run(second).reason == "cancelled by ralph: not wanted"


def test_a_cancel_that_comes_during_a_step_is_not_forgotten(database: Database, world: World) -> None:
    def ensure_it_is_cancelled_meanwhile(hands: Hands) -> Outcome:
        hands.ensure("effect")
        tell(house, Cancel(hands.attempt.run.id, "ralph", "stop"))
        return Done()

    def ensure_nothing_more(hands: Hands) -> Outcome:
        hands.ensure("too much")
        return Done()

    house = House(database, world, ensure_it_is_cancelled_meanwhile, ensure_nothing_more)
    run = house.open()
    house.live()
    assert house.state(run) is RunState.CANCELLED
    assert world.taken_back == ["one effect"]
    assert "one too much" not in world.made


def test_a_cancel_that_comes_during_a_defect_is_not_forgotten(database: Database, world: World) -> None:
    def ensure_it_breaks(hands: Hands) -> Outcome:
        hands.ensure("effect")
        tell(house, Cancel(hands.attempt.run.id, "ralph", "stop"))
        raise ZeroDivisionError

    house = House(database, world, ensure_it_breaks)
    run = house.open()
    house.live()
    assert house.state(run) is RunState.CANCELLED
    assert world.taken_back == ["one effect"]


def test_effects_are_taken_back_last_first_and_the_lane_goes_on(house: House, world: World) -> None:
    run, following = house.open(), house.open("two")
    house.settle()
    tell(house, Cancel(run, "ralph", "stop"))
    house.settle()
    assert house.state(run) is RunState.CANCELLED
    assert world.taken_back == ["one compose", "one tag zsh", "one tag bash"]
    assert house.state(following) is RunState.OPEN


def test_an_effect_that_nobody_could_write_down_is_taken_back_too(database: Database, world: World) -> None:
    def ensure_a_silent_effect(hands: Hands) -> Outcome:
        hands.attempt.effect("silent", "make it", do, lambda _: None)
        return Done()

    def do() -> None:
        world.present["one silent"] = world.clock()
        world.is_away = True
        world.look_for("silent")

    house = House(database, world, ensure_a_silent_effect)
    run = house.open()
    house.settle()
    world.is_away = False
    with database.read() as db:
        assert [each.is_finished for each in effects.of_run(db, run)] == [False]
    tell(house, Cancel(run, "ralph", "stop"))
    house.settle()
    assert (house.state(run), world.taken_back) == (RunState.CANCELLED, ["one silent"])


def test_a_way_back_in_trouble_goes_on_later_and_calls_a_person_in_the_end(house: House, world: World) -> None:
    run = house.open()
    house.settle()
    world.is_away = True
    tell(house, Cancel(run, "ralph", "stop"))
    for _ in range(20):
        house.look(minutes=5)
    assert house.state(run) is RunState.CANCELLING
    assert house.run(run).reason == "cancelled by ralph: stop"
    world.is_away = False
    house.live()
    assert house.state(run) is RunState.CANCELLED
    assert house.run(run).reason == "cancelled by ralph: stop"
    assert house.topics().count("toy.held") == 1
    assert world.present == {}


def test_a_retry_of_a_stumbled_way_back_goes_on_with_the_way_back(house: House, world: World) -> None:
    run = house.open()
    house.settle()
    take_back, refusals = world.take_back, [RequestRefused("protected")]

    def refuse_once(key: str) -> None:
        if refusals:
            raise refusals.pop()
        take_back(key)

    world.take_back = refuse_once  # type: ignore[method-assign]
    tell(house, Cancel(run, "ralph", "stop"))
    house.settle()
    assert house.state(run) is RunState.PARKED
    assert "cannot be taken back: protected" in house.run(run).reason
    tell(house, Retry(run, "ralph"))
    house.settle()
    assert house.state(run) is RunState.CANCELLED
    assert world.present == {}


def test_finished_runs_cannot_be_cancelled_or_tried_again(house: House, world: World) -> None:
    run = house.open()
    house.live()
    tell(house, Cancel(run, "ralph", "too late"), Retry(run, "ralph"), Cancel("nobody knows", "ralph", "x"))
    house.settle()
    assert house.state(run) is RunState.DONE
    assert world.taken_back == []


def test_a_failed_run_takes_back_what_it_did(database: Database, world: World) -> None:
    def ensure_an_effect(hands: Hands) -> Outcome:
        hands.ensure("effect")
        return Done()

    def ensure_no_refusal(hands: Hands) -> Outcome:
        hands.ensure("second")
        raise RequestRefused("no")

    house = House(database, world, ensure_an_effect, ensure_no_refusal)
    run = house.open()
    house.settle()
    assert house.state(run) is RunState.FAILED
    assert world.present == {}
    assert [key.split()[-1] for key in world.taken_back] == ["second", "effect"]
    tell(house, Retry(run[-8:], "ralph"))
    house.live()
    assert house.state(run) is RunState.FAILED


def test_a_retry_of_a_parked_run_keeps_what_was_done(database: Database, world: World) -> None:
    defects = [ZeroDivisionError("oops")]

    def ensure_an_effect(hands: Hands) -> Outcome:
        hands.ensure("effect")
        return Done()

    def ensure_no_defect(hands: Hands) -> Outcome:
        hands.ensure("second")
        if defects:
            raise defects.pop()
        return Done()

    house = House(database, world, ensure_an_effect, ensure_no_defect)
    run = house.open()
    house.settle()
    assert house.state(run) is RunState.PARKED
    tell(house, Retry(run[-8:], "ralph"))
    house.live()
    assert house.state(run) is RunState.DONE
    assert set(world.made.values()) == {1}
    assert house.topics().count("toy.started") == 1


def test_a_request_that_may_still_be_at_work_is_not_made_again_at_once(database: Database, world: World) -> None:
    asked: list[int] = []

    def ensure_it_was_asked_for_once(hands: Hands) -> Outcome:
        def ask() -> int:
            asked.append(1)
            raise AnswerLost("no answer")

        hands.attempt.effect("slow", "ask a slow hub", ask, lambda _intent: None, settles=timedelta(minutes=1))
        return Done()

    house = House(database, world, ensure_it_was_asked_for_once)
    house.open()
    house.settle()
    for _ in range(5):
        house.look(seconds=10)
    assert len(asked) == 1
    house.look(minutes=2)
    assert len(asked) == 2
