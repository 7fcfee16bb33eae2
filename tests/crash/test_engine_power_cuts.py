"""A machine that dies at any moment ends in the same world: each effect once, each message once."""

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator

import pytest

from relengotron.engine.digest import Route
from relengotron.engine.intake import Intake
from relengotron.engine.journal import evidence, inbox, runs
from relengotron.engine.journal.database import Database
from relengotron.engine.journal.inbox import MessageState
from relengotron.errors import PowerCut
from relengotron.model.events import BuildTagged, Event
from relengotron.model.intents import Cancel, Intent
from relengotron.model.run import RunState
from tests.conftest import Tell
from tests.engine.toys import Clock, House, Storm, StormyDatabase, World, route, tagging

Story = Callable[[House], None]
LOST = {"bash-1-1.fc24 compose", "bash-1-1.fc24 announcement"}


@pytest.fixture(scope="module")
def journal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StormyDatabase]:
    database = StormyDatabase(f"sqlite:///{tmp_path_factory.mktemp('stormy') / 'journal.db'}", Storm())
    yield database
    database.close()


def push(house: House) -> None:
    """A message opens a run, which opens another; the bus brings the message twice."""
    intake = Intake(house.database, house.clock)
    for _ in range(2):
        intake.store(tagging("bash", msg_id="2016-a"))
    house.live()


def push_and_cancel(house: House) -> None:
    """A run is called off while its compose is under way."""
    intake = Intake(house.database, house.clock)
    intake.store(tagging("bash", msg_id="2016-a"))
    house.wake_heads()
    house.settle()
    intake.store(tagging("wish", msg_id="2016-c"))
    house.live()


def route_with_wishes(database: Database) -> Route:
    def wished(event: Event, msg_id: str) -> Iterable[Intent]:
        if not (isinstance(event, BuildTagged) and event.build.startswith("wish")):
            return route(event, msg_id)
        with database.read() as db:
            return [Cancel(run.id, "ralph", "stop") for run in runs.opened_by(db, "2016-a")]

    return wished


def live_through(database: StormyDatabase, story: Story, cut_at: int | None) -> tuple[World, Storm]:
    """Play the story until it ends without a power cut; after one the machine starts again."""
    database.forget_everything()
    database.storm = storm = Storm(cut_at)
    world = World(Clock(), storm, answers_to_lose=set(LOST))
    for _ in range(2):
        try:
            story(House(database, world, route=route_with_wishes(database)))
        except PowerCut:
            database.close()
        else:
            _check(database)
            return world, storm
    raise AssertionError("the power went twice")


def _check(database: Database) -> None:
    with database.read() as db:
        assert set(runs.counts(db)) <= {RunState.DONE, RunState.CANCELLED}
        assert inbox.counts(db).get(MessageState.NEW, 0) == 0
        assert inbox.counts(db).get(MessageState.PARKED, 0) == 0
        for run in runs.newest(db, 10):
            notes = [(note.subject, note.state) for note in evidence.of_run(db, run.id)]
            assert len(set(notes)) == len(notes)


def heard(world: World) -> Counter[str]:
    return Counter(json.dumps([topic, body], sort_keys=True) for topic, body in world.heard.values())


EVERY = [pytest.param(1, marks=pytest.mark.crash, id="every moment"), pytest.param(3, id="some moments")]


@pytest.mark.parametrize("step", EVERY)
@pytest.mark.parametrize("story", [push, push_and_cancel])
def test_the_world_is_the_same_whatever_moment_the_power_goes(
    journal: StormyDatabase, story: Story, step: int, tell: Tell
) -> None:
    calm, moments = live_through(journal, story, None)
    assert set(calm.made.values()) == {1}

    chosen = list(enumerate(moments.moments, 1))[::step]
    for moment, name in chosen:
        stormy, storm = live_through(journal, story, moment)
        told = f"the power went at moment {moment}, {name}"
        assert len(storm.moments) >= moment, told
        assert stormy.made == calm.made, told
        assert sorted(stormy.present) == sorted(calm.present), told
        assert stormy.taken_back == calm.taken_back, told
        assert heard(stormy) == heard(calm), told
    tell(f"\n{story.__name__}: the power was cut at {len(chosen)} of {len(moments.moments)} moments")
    assert len(moments.moments) > 50
