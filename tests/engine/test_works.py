"""The threads of the daemon: they start, wait without spinning, stumble and go on, and stop at once."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from threading import Event
from typing import Any

import pytest
from sqlalchemy import Connection

from relengotron.engine import works as works_module
from relengotron.engine.journal import runs
from relengotron.engine.journal.database import Database
from relengotron.engine.works import Wheel, Works
from relengotron.errors import SystemBusy
from relengotron.model.intents import Start
from relengotron.model.outcome import Done, Outcome, Running
from relengotron.model.run import RunState
from tests.conftest import Tell
from tests.engine.toys import EPOCH, Hands, House, World

LONG = timedelta(hours=1)
WAITING = 2_000


class CountingDatabase(Database):
    """Counts how often it is asked."""

    reads = writes = 0

    @contextmanager
    def read(self) -> Iterator[Connection]:
        self.reads += 1
        with super().read() as connection:
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        self.writes += 1
        with super().write() as connection:
            yield connection


def ours() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name.startswith("relengotron-")]


@pytest.fixture
def stopping() -> Iterator[list[Works]]:
    """Whatever a test starts is stopped."""
    started: list[Works] = []
    yield started
    for works in started:
        works.stop()
    assert ours() == []


def works_of(house: House, stopping: list[Works], *wheels: Wheel) -> Works:
    works = Works(house.database, house.runner, house.wakes, house.clock, wheels, workers=4)
    stopping.append(works)
    return works


def until(holds: Callable[[], bool]) -> None:
    """Wait for other threads; give up loudly."""
    pause, end = Event(), time.monotonic() + 20
    while not holds():
        assert time.monotonic() < end, "it never came true"
        pause.wait(0.005)


def wait_for_all(hands: Hands) -> Outcome:
    return Running("patience", (), LONG)


def fill(database: Database, count: int, **time_left: float) -> None:
    again = EPOCH + timedelta(**time_left)
    with database.write() as db:
        for number in range(count):
            run = runs.open_run(db, Start("long", f"lane {number}", f"{number}", None, "-"), EPOCH)
            assert run is not None
            runs.change(db, run, RunState.OPEN, EPOCH, look_again_at=again)


def test_two_thousand_waiting_runs_cost_nothing_while_nothing_happens(
    sqlite_url: str, world: World, stopping: list[Works], monkeypatch: pytest.MonkeyPatch, tell: Tell
) -> None:
    database = CountingDatabase(sqlite_url)
    fill(database, WAITING, hours=1)
    house = House(database, world, wait_for_all)
    wheel = Wheel("digest", house.digest.work, LONG)
    works = Works(database, house.runner, house.wakes, house.clock, (wheel,), workers=4)
    stopping.append(works)
    monkeypatch.setattr(house.runner, "advance", lambda _: None)
    before = time.monotonic()
    works.start()
    assert time.monotonic() - before < 1
    assert len(ours()) == 6
    until(lambda: house.wakes.take_nowait() is None)
    calm = Event()
    calm.wait(0.3)
    reads, cpu = database.reads, time.process_time()
    calm.wait(1.0)
    reads, cpu = database.reads - reads, time.process_time() - cpu
    tell(f"\nidle with {WAITING} waiting runs: {reads} journal reads and {cpu:.3f} s of processor a second")
    assert reads <= 2
    assert cpu < 0.3
    before = time.monotonic()
    works.stop()
    assert time.monotonic() - before < 1
    assert ours() == []
    database.close()


def test_runs_that_are_due_are_woken_by_the_calendar(database: Database, world: World, stopping: list[Works]) -> None:
    waited: list[str] = []

    def ensure_a_short_wait(hands: Hands) -> Outcome:
        waited.append(hands.attempt.run.key)
        return Running("time", (), timedelta(milliseconds=1)) if len(waited) == 1 else Done()

    house = House(database, world, ensure_a_short_wait)
    run = house.open()
    works = works_of(house, stopping)
    works.start()
    until(lambda: len(waited) == 1)
    world.clock.pass_by(seconds=1)
    until(lambda: house.state(run) is RunState.DONE)
    assert waited == ["one", "one"]


def test_a_queued_run_whose_wake_was_lost_is_found_by_the_calendar(
    database: Database, world: World, stopping: list[Works], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(works_module, "CALENDAR_LOOKS_EVERY", timedelta(milliseconds=20))
    house = House(database, world, lambda_done)
    works = works_of(house, stopping)
    works.start()
    with database.write() as db:
        run = runs.open_run(db, Start("long", "f24", "lost", None, "-"), EPOCH)
    assert run is not None
    until(lambda: house.state(run) is RunState.DONE)


def test_a_start_lets_those_go_on_that_were_on_their_way_and_leaves_those_that_wait_to_the_poll(
    database: Database, world: World, stopping: list[Works], monkeypatch: pytest.MonkeyPatch
) -> None:
    house = House(database, world, wait_for_all)
    waiting, on_its_way, queued = (house.open(f"{name}", f"lane {name}") for name in ("waiting", "going", "queued"))
    with database.write() as db:
        runs.change(db, waiting, RunState.OPEN, EPOCH, look_again_at=EPOCH + LONG)
        runs.change(db, on_its_way, RunState.OPEN, EPOCH, look_again_at=EPOCH)
    advanced: list[str] = []
    monkeypatch.setattr(house.runner, "advance", advanced.append)
    while house.wakes.take_nowait() is not None:
        pass
    house.wakes.release(waiting)
    house.wakes.release(on_its_way)
    house.wakes.release(queued)
    works_of(house, stopping).start()
    until(lambda: {on_its_way, queued} <= set(advanced))
    assert waiting not in advanced


def test_a_new_run_does_not_queue_behind_a_thousand_that_only_time_has_called(
    database: Database, world: World, stopping: list[Works], monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(database, 1000, hours=1)
    world.clock.pass_by(hours=2)
    house = House(database, world, wait_for_all)
    advanced, go_on = list[str](), Event()

    def advance(run: str) -> None:
        go_on.wait(10)
        advanced.append(run)

    monkeypatch.setattr(house.runner, "advance", advance)
    works_of(house, stopping).start()
    until(lambda: len(house.wakes._waiting) > 50)
    new = house.open("new", "another lane")
    go_on.set()
    until(lambda: new in advanced)
    assert advanced.index(new) <= 8


def lambda_done(_: Hands) -> Outcome:
    return Done()


def test_a_stumbling_wheel_goes_on(house: House, stopping: list[Works]) -> None:
    turns: list[int] = []

    def work() -> int:
        turns.append(1)
        if len(turns) < 3:
            raise ZeroDivisionError
        return 0

    wheel = Wheel("stumbling", work, LONG)
    works_of(house, stopping, wheel).start()
    until(lambda: len(turns) == 1)
    wheel.pushed.set()
    until(lambda: len(turns) == 2)
    wheel.pushed.set()
    until(lambda: len(turns) == 3)


def test_a_push_during_a_turn_is_not_lost(house: House, stopping: list[Works]) -> None:
    inside, go_on, turns = Event(), Event(), []

    def work() -> int:
        turns.append(1)
        inside.set()
        go_on.wait(10)
        return 0

    wheel = Wheel("slow", work, LONG)
    works_of(house, stopping, wheel).start()
    assert inside.wait(10)
    wheel.pushed.set()
    go_on.set()
    until(lambda: len(turns) == 2)


def test_a_wheel_that_rests_turns_once_for_all_pushes_that_come_meanwhile(house: House, stopping: list[Works]) -> None:
    turns: list[float] = []

    def work() -> int:
        turns.append(time.monotonic())
        return 0

    wheel = Wheel("restful", work, LONG, rests=timedelta(seconds=0.2))
    works_of(house, stopping, wheel).start()
    until(lambda: len(turns) == 1)
    wheel.pushed.set()
    wheel.pushed.set()
    until(lambda: len(turns) == 2)
    assert turns[1] - turns[0] >= 0.2


def test_a_draining_wheel_turns_until_nothing_is_left_and_another_turns_once(
    house: House, stopping: list[Works]
) -> None:
    left = {"draining": 5, "other": 5}

    def work(name: str) -> Callable[[], int]:
        def turn() -> int:
            left[name] -= 1
            return max(left[name], 0)

        return turn

    draining, other = Wheel("draining", work("draining"), LONG), Wheel("other", work("other"), LONG, drains=False)
    works_of(house, stopping, draining, other).start()
    until(lambda: left["draining"] == 0 and left["other"] == 4)


def test_stop_lets_a_step_finish_and_begins_no_other(database: Database, world: World, stopping: list[Works]) -> None:
    inside, go_on = Event(), Event()

    def ensure_slowly(hands: Hands) -> Outcome:
        inside.set()
        go_on.wait(10)
        hands.ensure("effect")
        return Running("more", (), LONG)

    house = House(database, world, ensure_slowly)
    run, queued = house.open(), house.open("two")
    works = works_of(house, stopping)
    works.start()
    assert inside.wait(10)
    stopper = threading.Thread(target=works.stop)
    stopper.start()
    go_on.set()
    stopper.join(10)
    assert ours() == []
    assert (house.state(run), house.state(queued)) == (RunState.OPEN, RunState.QUEUED)
    assert world.made == {"one effect": 1}
    with database.read() as db:
        assert list(runs.steps_of(db, run)) == ["ensure_slowly"]


def test_stop_while_wheels_are_beginning_a_turn_never_waits_for_the_next(house: House) -> None:
    for _ in range(30):
        works = Works(
            house.database, house.runner, house.wakes, house.clock, tuple(Wheel(f"{n}", int, LONG) for n in range(4))
        )
        works.start()
        before = time.monotonic()
        works.stop()
        assert time.monotonic() - before < 1
        assert ours() == []


def test_a_stop_between_the_look_and_the_turn_of_a_wheel_is_not_missed(house: House) -> None:
    stoppers: list[threading.Thread] = []

    class StoppedJustBefore(Event):
        """Is pushed by stop() in the moment before the wheel clears it."""

        def clear(self) -> None:
            stopper = threading.Thread(target=works.stop)
            stopper.start()
            stoppers.append(stopper)
            self.wait(5)
            super().clear()

    works = Works(
        house.database, house.runner, house.wakes, house.clock, (Wheel("late", int, LONG, pushed=StoppedJustBefore()),)
    )
    works.start()
    until(lambda: bool(stoppers))
    stoppers[0].join(5)
    assert not stoppers[0].is_alive()
    assert ours() == []


def test_a_run_that_cannot_be_advanced_now_is_advanced_later(
    house: House, stopping: list[Works], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(works_module, "PAUSE_AFTER_A_STUMBLE", timedelta(0))
    advance, troubles = house.runner.advance, [SystemBusy("the disk is full")] * 3
    run = house.open()
    house.wakes.wake(run, 10)

    def stumbles(run_id: str) -> Any:
        if troubles:
            raise troubles.pop()
        return advance(run_id)

    monkeypatch.setattr(house.runner, "advance", stumbles)
    works_of(house, stopping).start()
    until(lambda: house.state(run) is RunState.OPEN)
    assert troubles == []


def test_many_lanes_advance_on_real_threads_with_every_effect_once(
    database: Database, world: World, stopping: list[Works]
) -> None:
    house = House(database, world)
    opened = [house.open(f"{lane} {number}", f"lane {lane}") for lane in range(8) for number in range(2)]
    works_of(house, stopping).start()

    def all_done() -> bool:
        world.clock.pass_by(seconds=30)
        house.wake_what_is_due()
        return all(house.state(run) is RunState.DONE for run in opened)

    until(all_done)
    assert set(world.made.values()) == {1}
