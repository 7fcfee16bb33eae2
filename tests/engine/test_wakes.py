"""Many wakes become one, one worker has a run at a time, and no wake is lost."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from threading import Lock

from relengotron.engine.wakes import CROWD, LEISURE, EmbeddedWakeQueue


def test_lower_priorities_come_first_and_equals_in_order() -> None:
    wakes = EmbeddedWakeQueue()
    for run, priority in (("a", 10), ("b", 10), ("security", 1)):
        wakes.wake(run, priority)
    assert [wakes.take_nowait() for _ in range(4)] == ["security", "a", "b", None]


def test_many_wakes_become_one() -> None:
    wakes = EmbeddedWakeQueue()
    for _ in range(5):
        wakes.wake("a", 10)
    assert (wakes.take_nowait(), wakes.take_nowait()) == ("a", None)


def test_a_wake_while_the_run_is_taken_counts_when_it_is_released() -> None:
    wakes = EmbeddedWakeQueue()
    wakes.wake("a", 10)
    assert wakes.take_nowait() == "a"
    wakes.wake("a", 10)
    wakes.wake("a", 10)
    assert wakes.take_nowait() is None
    wakes.release("a")
    assert wakes.take_nowait() == "a"
    wakes.release("a")
    assert wakes.take_nowait() is None


def test_a_reminder_is_not_for_a_run_that_is_looking_just_now() -> None:
    wakes = EmbeddedWakeQueue()
    wakes.remind("a", 10)
    wakes.remind("a", 10)
    assert wakes.take_nowait() == "a"
    wakes.remind("a", 10)
    wakes.release("a")
    assert wakes.take_nowait() is None


def test_news_bring_a_run_forward_that_only_time_had_called() -> None:
    wakes = EmbeddedWakeQueue()
    for run in ("a", "b"):
        wakes.remind(run, 10 + LEISURE)
    wakes.wake("b", 10)
    wakes.remind("b", 10 + LEISURE)
    assert [wakes.take_nowait() for _ in range(3)] == ["b", "a", None]
    for run in ("a", "b"):
        wakes.release(run)
    wakes.remind("b", 10 + LEISURE)
    assert [wakes.take_nowait() for _ in range(2)] == ["b", None]


def test_a_crowd_is_many_runs_with_news() -> None:
    wakes = EmbeddedWakeQueue()
    for number in range(CROWD):
        wakes.remind(f"old {number}", 10 + LEISURE)
    assert not wakes.is_crowded
    for number in range(CROWD):
        assert not wakes.is_crowded
        wakes.wake(f"new {number}", 10)
    assert wakes.is_crowded
    wakes.close()
    assert not wakes.is_crowded


def test_a_closed_queue_sends_every_worker_home() -> None:
    wakes = EmbeddedWakeQueue()
    with ThreadPoolExecutor(4) as threads:
        taken = [threads.submit(wakes.take) for _ in range(4)]
        wakes.close()
        assert [each.result(timeout=5) for each in taken] == [None] * 4


def test_under_a_storm_of_wakes_each_last_wake_is_answered_and_nobody_shares_a_run() -> None:
    wakes, guard = EmbeddedWakeQueue(), Lock()
    asked: Counter[str] = Counter()
    answered: Counter[str] = Counter()
    busy: set[str] = set()
    shared: list[str] = []

    def works() -> None:
        while (run := wakes.take()) is not None:
            with guard:
                shared.extend({run} & busy)
                busy.add(run)
                answered[run] = asked[run]
            with guard:
                busy.discard(run)
            wakes.release(run)

    def rings(_: int) -> None:
        for number in range(500):
            run = f"run {number % 7}"
            with guard:
                asked[run] += 1
            wakes.wake(run, number % 3)

    with ThreadPoolExecutor(4) as workers, ThreadPoolExecutor(4) as bells:
        working = [workers.submit(works) for _ in range(4)]
        list(bells.map(rings, range(4)))
        while any(answered[run] < asked[run] for run in asked):
            pass
        wakes.close()
        for each in working:
            each.result(timeout=5)
    assert shared == []
    assert answered == asked
