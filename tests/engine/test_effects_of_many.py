"""Many changes asked for in one act: is each made once, whatever is refused, lost or cut in between?"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

import pytest
from sqlalchemy import event

from relengotron.engine.attempt import Change
from relengotron.engine.journal import effects
from relengotron.engine.journal.database import Database
from relengotron.errors import AnswerLost, PowerCut, RelengError, RequestRefused, SystemUnreachable
from relengotron.model.outcome import Done, Outcome, Running
from relengotron.model.run import EffectRecord, RunState
from tests.engine.toys import Clock, Hands, House, Storm, StormyDatabase, World

BUILDS = ("bash", "zsh", "nano", "vim")


class Mover:
    """Moves many builds in one act; some are refused, and the answer about all of them may be lost."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.refused: set[str] = set()
        self.acts: list[tuple[str, ...]] = []
        self.lost_answers = 0
        self.came: list[dict[str, str | RelengError]] = []

    def ensure_all_are_moved(self, hands: Hands) -> Outcome:
        changes = [Change(f"move {build}", f"move {build}", {"build": build}) for build in BUILDS]
        came = hands.attempt.effects(changes, self.act, self.find)
        self.came.append(came)
        for answer in came.values():
            if isinstance(answer, AnswerLost):
                raise answer
        return Running("more") if any(isinstance(each, RelengError) for each in came.values()) else Done()

    def act(self, changes: Sequence[Change]) -> Mapping[str, str | RelengError]:
        self.acts.append(tuple(change.old["build"] for change in changes))
        came = {change.key: self._move(change.old["build"]) for change in changes}
        if self.lost_answers:
            self.lost_answers -= 1
            raise AnswerLost("no answer about any of them")
        return came

    def _move(self, build: str) -> str | RelengError:
        return RequestRefused(f"{build} is blocked") if build in self.refused else self.world.make(build)

    def find(self, intents: Sequence[EffectRecord]) -> Mapping[str, str]:
        looked = {intent.key: self.world.look_for(intent.old["build"]) for intent in intents}
        return {key: found for key, found in looked.items() if found is not None}


def test_all_are_asked_for_in_one_act_and_known_ever_after(database: Database, world: World) -> None:
    mover = Mover(world)
    house = House(database, world, mover.ensure_all_are_moved)
    run = house.open()
    house.settle()
    assert mover.acts == [BUILDS]
    assert mover.came == [{f"move {build}": f"made {build}" for build in BUILDS}]
    with database.read() as db:
        assert [(each.key, each.result) for each in effects.of_run(db, run)] == list(mover.came[0].items())


def test_many_cost_no_more_transactions_than_one(database: Database, world: World) -> None:
    commits: list[object] = []
    event.listen(database.engine, "commit", commits.append)
    changes = [Change(f"move {number}", "move it") for number in range(1200)]

    def ensure_all_are_moved(hands: Hands) -> Outcome:
        before = len(commits)
        hands.attempt.effects(changes, lambda all_of_them: {each.key: each.key for each in all_of_them}, lambda _: {})
        assert len(commits) - before <= 4
        return Done()

    house = House(database, world, ensure_all_are_moved)
    run = house.open()
    house.settle()
    assert house.state(run) is RunState.DONE


def test_one_refusal_costs_no_other_its_result_and_is_asked_again(database: Database, world: World) -> None:
    mover = Mover(world)
    mover.refused = {"zsh"}
    house = House(database, world, mover.ensure_all_are_moved)
    run = house.open()
    house.settle()
    assert {key for key, came in mover.came[0].items() if isinstance(came, RequestRefused)} == {"move zsh"}
    mover.refused.clear()
    house.look(minutes=1)
    assert house.state(run) is RunState.DONE
    assert mover.acts == [BUILDS, ("zsh",)]
    assert set(world.made.values()) == {1}


def test_lost_answers_are_found_and_only_what_was_not_done_is_asked_again(database: Database, world: World) -> None:
    mover = Mover(world)
    mover.refused, mover.lost_answers = {"nano"}, 1
    house = House(database, world, mover.ensure_all_are_moved)
    run = house.open()
    house.settle()
    assert isinstance(mover.came[0]["move nano"], AnswerLost)
    assert mover.came[0]["move bash"] == "made bash"
    mover.refused.clear()
    house.look(minutes=1)
    assert house.state(run) is RunState.DONE
    assert mover.acts == [BUILDS, ("nano",)]
    assert set(world.made.values()) == {1}


def test_a_world_that_is_away_is_asked_again_for_all(database: Database, world: World) -> None:
    mover = Mover(world)
    house = House(database, world, mover.ensure_all_are_moved)
    world.is_away = True
    run = house.open()
    house.settle()
    assert world.made.total() == 0
    world.is_away = False
    house.look(minutes=1)
    assert house.state(run) is RunState.DONE
    assert set(world.made.values()) == {1}


def test_an_outage_in_the_middle_keeps_what_was_done(database: Database, world: World) -> None:
    mover = Mover(world)
    honest: Callable[[str], str] = world.make

    def away_after_two(key: str) -> str:
        if world.made.total() == 2 and len(mover.acts) == 1:
            raise SystemUnreachable("gone in the middle")
        return honest(key)

    world.make = away_after_two  # type: ignore[method-assign]
    house = House(database, world, mover.ensure_all_are_moved)
    run = house.open()
    house.settle()
    house.look(minutes=1)
    assert house.state(run) is RunState.DONE
    assert mover.acts == [BUILDS, ("nano", "vim")]
    assert set(world.made.values()) == {1}


def _life(directory: Path, cut_at: int | None) -> tuple[World, Storm, bool]:
    storm = Storm(cut_at)
    world = World(Clock(), storm)
    database = StormyDatabase(f"sqlite:///{directory}/{cut_at}.db", storm)
    mover = Mover(world)
    try:
        house = House(database, world, mover.ensure_all_are_moved)
        run = None
        with suppress(PowerCut):
            run = house.open()
            house.live()
        house = House(database, world, mover.ensure_all_are_moved)  # the machine starts again
        run = run or house.open()
        house.live()
        return world, storm, house.state(run) is RunState.DONE
    finally:
        database.close()


def test_many_changes_survive_a_power_cut_at_any_moment(tmp_path: Path) -> None:
    calm, storm, _ = _life(tmp_path, None)
    moments = len(storm.moments)
    assert moments > 2 * len(BUILDS)
    for cut_at in range(3, moments + 1):
        world, _, is_done = _life(tmp_path, cut_at)
        assert is_done, cut_at
        assert world.made == calm.made, cut_at


@pytest.mark.parametrize("length", [10, 900])
def test_keys_of_any_length_come_back_as_they_were_given(database: Database, world: World, length: int) -> None:
    keys = [f"move {'x' * length}{number}" for number in range(3)]
    came: list[dict[str, str | RelengError]] = []

    def ensure_twice(hands: Hands) -> Outcome:
        changes = [Change(key, key) for key in keys]
        came.append(hands.attempt.effects(changes, lambda asked: {each.key: each.key for each in asked}, lambda _: {}))
        return Running("more") if len(came) < 2 else Done()

    house = House(database, world, ensure_twice)
    house.open()
    house.look(minutes=1)
    house.look(minutes=1)
    assert came == [{key: key for key in keys}] * 2
