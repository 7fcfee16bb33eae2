"""Whatever comes in whatever order, twice, late, or with the power going: every run ends, each effect is made once."""

from collections.abc import Callable, Iterator

import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from relengotron.engine.intake import Intake
from relengotron.engine.journal import runs
from relengotron.errors import PowerCut
from relengotron.model.outcome import Done, Outcome, Running
from relengotron.model.run import RunState
from tests.engine.toys import Clock, Hands, House, Storm, StormyDatabase, World, tagging

LANES = ("f23", "f24", "rawhide")
Step = Callable[[Hands], Outcome]
MESSAGES = [(f"{lane}-{number}", lane) for lane in LANES for number in range(2)]


@pytest.fixture(scope="module")
def journal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StormyDatabase]:
    database = StormyDatabase(f"sqlite:///{tmp_path_factory.mktemp('random') / 'journal.db'}", Storm())
    yield database
    database.close()


def procedure(finished: list[tuple[str, str]]) -> tuple[Step, ...]:
    def ensure_a_first_effect(hands: Hands) -> Outcome:
        hands.ensure("first")
        return Done()

    def ensure_time_passes(hands: Hands) -> Outcome:
        return Done() if hands.attempt.now() > hands.attempt.step_started_at else Running("time")

    def ensure_a_last_effect(hands: Hands) -> Outcome:
        hands.ensure("last")
        finished.append((hands.attempt.run.lane, hands.attempt.run.key))
        return Done()

    return ensure_a_first_effect, ensure_time_passes, ensure_a_last_effect


moves = st.one_of(
    st.tuples(st.just("message"), st.integers(0, len(MESSAGES) - 1)),
    st.tuples(st.just("wake"), st.integers(0, len(MESSAGES) - 1)),
    st.tuples(st.just("advance"), st.integers(1, 3)),
    st.tuples(st.just("time"), st.integers(1, 90)),
    st.tuples(st.just("power cut"), st.integers(1, 25)),
    st.tuples(st.just("away"), st.booleans()),
    st.tuples(st.just("digest"), st.just(0)),
)


class Life:
    """A daemon under a random schedule, started again whenever the power went."""

    def __init__(self, journal: StormyDatabase, lost: set[str]) -> None:
        self.journal = journal
        self.finished: list[tuple[str, str]] = []
        self.storm = journal.storm = Storm()
        journal.forget_everything()
        self.world = World(Clock(), self.storm, answers_to_lose=lost)
        self.cuts = 0
        self.start()

    def start(self) -> None:
        self.house = House(self.journal, self.world, *procedure(self.finished))
        self.house.wake_heads()

    def move(self, what: str, number: int) -> None:
        try:
            self._move(what, number)
        except PowerCut:
            self.cuts += 1
            self.journal.close()
            self.start()

    def _move(self, what: str, number: int) -> None:
        match what:
            case "message":
                name, lane = MESSAGES[number]
                Intake(self.journal, self.world.clock).store(tagging(name, lane, f"2016-{name}"))
            case "digest":
                self.house.digest.work()
            case "wake":
                with self.journal.read() as db:
                    known = runs.newest(db, 100)
                for run in known[number : number + 2]:
                    self.house.wakes.wake(run.id, number)
            case "advance":
                for _ in range(number):
                    self.advance_one()
            case "time":
                self.world.clock.pass_by(seconds=number)
                self.house.wake_what_is_due()
            case "power cut":
                self.storm.cut_at = len(self.storm.moments) + number
            case "away":
                self.world.is_away = bool(number)

    def advance_one(self) -> None:
        run = self.house.wakes.take_nowait()
        if run is not None:
            self.house.runner.advance(run)
            self.house.wakes.release(run)

    def end_in_calm(self) -> None:
        self.storm.cut_at = None
        self.world.is_away = False
        for number in range(len(MESSAGES)):
            self.move("message", number)
        self.house.live(rounds=80)


@settings(max_examples=20, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(st.lists(moves, min_size=5, max_size=30), st.sets(st.sampled_from(MESSAGES), max_size=3))
def test_every_schedule_ends_with_every_effect_once_and_lanes_in_order(
    journal: StormyDatabase, schedule: list[tuple[str, int]], lost: set[tuple[str, str]]
) -> None:
    life = Life(journal, {f"{name}-1-1.fc24 last" for name, _ in lost})
    for what, number in schedule:
        life.move(what, number)
    life.end_in_calm()
    event(f"{life.cuts} power cuts")

    with journal.read() as db:
        everything = runs.newest(db, 100)
    assert {run.state for run in everything} == {RunState.DONE}
    assert len(everything) == len(MESSAGES)
    assert len(life.world.made) == 2 * len(MESSAGES)
    assert set(life.world.made.values()) == {1}
    for lane in LANES:
        opened = [run.key for run in reversed(everything) if run.lane == lane]
        ended = list(dict.fromkeys(key for where, key in life.finished if where == lane))
        assert ended == opened
    heard = [(topic, str(body)) for topic, body in life.world.heard.values()]
    assert len(set(heard)) == len(heard)
