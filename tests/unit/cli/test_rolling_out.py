"""What do people see of versions that reach machines little by little, and what do they type to stop or end it?"""

import json
from datetime import timedelta

import pytest

from relengotron.cli.who import person
from relengotron.engine.journal import effects, inbox, runs
from relengotron.engine.journal.database import Database
from relengotron.messages.envelope import Envelope
from relengotron.messages.incoming import understand
from relengotron.model.codec import to_json
from relengotron.model.events import RolloutWished
from relengotron.model.intents import Start
from relengotron.model.rollout import (
    BEGUN,
    FOLLOWED_BY,
    PLANNED,
    WISHED,
    BegunRollout,
    PlannedRollout,
    RolloutOrder,
    RolloutWish,
    Share,
    Wanted,
    lane_of,
)
from relengotron.model.run import RunState
from tests.unit.cli.story import NOW, Command

DISK = "atomic-disk"
LONG = timedelta(days=36_500)
"""Whatever the clock of this machine says, nothing has gone on since."""


@pytest.fixture
def rolling(database: Database, held: str) -> str:
    """A push whose disk is offered to a few machines."""
    planned = PlannedRollout(DISK, (Share(10, LONG),), {"identity": "sha256-old"})
    with database.write() as db:
        effects.decide(db, held, f"{PLANNED}{DISK}", to_json(planned), NOW)
        effects.decide(db, held, f"{BEGUN}{DISK}", to_json(BegunRollout(DISK, "sha256-new", NOW)), NOW)
        order = RolloutOrder(held, DISK, DISK, "sha256-new", "F24/testing")
        runs.open_run(db, Start(FOLLOWED_BY, lane_of(held, DISK), "rollout", order, "2016-1"), NOW)
    return held


def say(database: Database, run: str, wanted: Wanted) -> None:
    wish = RolloutWish(DISK, wanted, "ralph", "it may not boot", NOW)
    with database.write() as db:
        effects.decide(db, run, f"{WISHED}{DISK} {wanted}", to_json(wish), NOW)


def wishes(database: Database) -> list[object]:
    with database.read() as db:
        return [understand(Envelope.read(each.raw)) for each in inbox.unsettled(db, 10)]


@pytest.mark.parametrize("wanted", [Wanted.PAUSE, Wanted.FINISH])
def test_a_rollout_is_paused_and_finished_by_name(
    relengotron: Command, database: Database, rolling: str, wanted: Wanted
) -> None:
    told = relengotron("rollout", str(wanted), rolling[-8:], DISK, "--reason", "why not").output
    assert f"Asked to {wanted} the rollout of {DISK} of {rolling}, which is for 10 % of machines" in told
    assert wishes(database) == [RolloutWished(rolling, person(), DISK, wanted, "why not")]


def test_only_what_is_paused_is_resumed_and_nothing_is_paused_twice(
    relengotron: Command, database: Database, rolling: str
) -> None:
    assert "nothing to resume" in relengotron("rollout", "resume", rolling, DISK, "--reason", "x", status=1).output
    say(database, rolling, Wanted.PAUSE)
    refused = relengotron("rollout", "pause", rolling, DISK, "--reason", "x", status=1).output
    assert "paused by ralph: it may not boot: nothing to pause" in refused
    relengotron("rollout", "resume", rolling, DISK, "--reason", "x")
    assert [each.wanted for each in wishes(database) if isinstance(each, RolloutWished)] == [Wanted.RESUME]


def test_what_is_not_rolled_out_or_not_any_more_is_refused(
    relengotron: Command, database: Database, rolling: str
) -> None:
    relengotron("rollout", "pause", rolling, "atomic-iso", "--reason", "x", status=3)
    with database.write() as db:
        (following,) = runs.newest(db, 1, lane=lane_of(rolling, DISK))
        runs.change(db, following.id, RunState.DONE, NOW)
    assert "is over" in relengotron("rollout", "finish", rolling, DISK, "--reason", "x", status=1).output
    assert wishes(database) == []


def test_the_list_says_who_is_offered_what(relengotron: Command, rolling: str) -> None:
    said = relengotron("rollout", "list").output
    assert "for 10 % of machines; for 100 % at" in said
    assert "sha256-old" in said
    (shown,) = json.loads(relengotron("rollout", "list", "--json").output)
    assert shown["order"]["push"] == rolling
    assert shown["standing"]["percent"] == 10


def test_an_empty_list_says_so(relengotron: Command, held: str) -> None:
    assert "Nothing is being rolled out." in relengotron("rollout", "list").output
