"""What can wait does so while runs queue up, but not for ever."""

from relengotron.engine.courtesy import LONGEST, after_the_rush
from relengotron.engine.wakes import CROWD, EmbeddedWakeQueue


class Time:
    """Passes by being slept away; what shall happen at its moments happens then."""

    def __init__(self) -> None:
        self.now = 0.0
        self.wakes = EmbeddedWakeQueue()
        self.takes_one_each_turn = False

    def clock(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds
        if self.takes_one_each_turn:
            self.wakes.take_nowait()


def turned(time: Time) -> float:
    """When the work was done."""
    done: list[float] = []

    def work() -> int:
        done.append(time.now)
        return 7

    assert after_the_rush(work, time.wakes, time.clock, time.sleep)() == 7
    return done[0]


def test_work_begins_at_once_when_nobody_queues() -> None:
    assert turned(Time()) == 0


def test_work_begins_when_the_queue_is_short_again() -> None:
    time = Time()
    time.takes_one_each_turn = True
    for number in range(2 * CROWD):
        time.wakes.wake(f"{number}", 10)
    assert 0 < turned(time) < 1


def test_work_does_not_wait_for_ever() -> None:
    time = Time()
    for number in range(CROWD):
        time.wakes.wake(f"{number}", 10)
    assert LONGEST.total_seconds() <= turned(time) < LONGEST.total_seconds() + 1
