"""What does a person type to take back what a push had published, and what are they told?"""

import json

import pytest

from relengotron.cli import rolling_back
from relengotron.cli.who import person
from relengotron.engine.journal import inbox, runs
from relengotron.engine.journal.database import Database
from relengotron.errors import SystemUnreachable
from relengotron.messages.envelope import Envelope
from relengotron.messages.incoming import understand
from relengotron.model.artifact import WayBack
from relengotron.model.codec import to_json
from relengotron.model.events import RollbackWished
from relengotron.model.intents import Start
from relengotron.model.rollback import Outlook, RollbackOrder
from relengotron.model.run import RunState
from tests.unit.cli.story import NOW, Command

POSSIBLE = Outlook(
    ways=(WayBack("atomic-host", ("show the files of 5c3a again",)), WayBack("updates", ("show the state of before",))),
    builds=(),
    stays=("1 build (bash-4.3.42-5.fc24) in f24-updates-testing",),
)
IMPOSSIBLE = Outlook(
    POSSIBLE.ways, (), (), ("atomic-host: R2 published there after it",), "relengotron rollback R2 --reason TEXT"
)


def foreseen(monkeypatch: pytest.MonkeyPatch, outlook: Outlook | Exception) -> list[RollbackOrder]:
    asked: list[RollbackOrder] = []

    def look(_settings: object, _world: object, _plugins: object, _database: object, order: RollbackOrder, _now: object) -> Outlook:  # fmt: skip  # noqa: E501
        asked.append(order)
        if isinstance(outlook, Exception):
            raise outlook
        return outlook

    monkeypatch.setattr(rolling_back, "rollback_outlook", look)
    return asked


def wishes(database: Database) -> list[object]:
    with database.read() as db:
        return [understand(Envelope.read(each.raw)) for each in inbox.unsettled(db, 10)]


def test_the_wish_is_stored_with_the_name_of_who_typed_after_it_was_said_what_changes(
    relengotron: Command, database: Database, done: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = foreseen(monkeypatch, POSSIBLE)
    told = relengotron("rollback", done[-8:], "--reason", "bash does not start", "--untag").output
    assert wishes(database) == [RollbackWished(done, person(), "bash does not start", untag=True)]
    assert asked == [RollbackOrder(done, person(), "bash does not start", untag=True)]
    places = [
        told.index(word) for word in ("atomic-host: show the files", "updates: show", "What stays", "Asked to roll")
    ]
    assert places == sorted(places)


def test_a_plan_says_the_same_and_stores_nothing(
    relengotron: Command, database: Database, done: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    foreseen(monkeypatch, POSSIBLE)
    told = relengotron("rollback", done, "--plan").output
    assert "atomic-host: show the files of 5c3a again" in told
    assert "Asked" not in told
    assert json.loads(relengotron("rollback", done, "--plan", "--json").output) == {
        "run": done,
        "ordered": False,
        "waits_for": None,
        "outlook": to_json(POSSIBLE),
    }
    assert not wishes(database)


def test_what_is_not_possible_is_refused_with_what_to_do_first(
    relengotron: Command, database: Database, done: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    foreseen(monkeypatch, IMPOSSIBLE)
    for more in (("--reason", "x"), ("--plan",)):
        told = relengotron("rollback", done, *more, status=1).output
        assert "atomic-host: R2 published there after it" in told
        assert "First: relengotron rollback R2 --reason TEXT" in told
    assert not wishes(database)


def test_a_machine_that_cannot_see_the_mirror_orders_it_all_the_same(
    relengotron: Command, database: Database, done: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    foreseen(monkeypatch, SystemUnreachable("the mirror is not mounted here"))
    told = relengotron("rollback", done, "--reason", "x").output
    assert "It cannot be looked at from here: the mirror is not mounted here" in told
    assert len(wishes(database)) == 1
    relengotron("rollback", done, "--plan", status=4)


def test_the_run_that_has_the_lane_is_named_with_the_way_to_go_first(
    relengotron: Command, database: Database, done: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    foreseen(monkeypatch, POSSIBLE)
    with database.write() as db:
        run = runs.find(db, done)
        assert run is not None
        other = runs.open_run(db, Start("push_updates", run.lane, "other", {"updates": []}, "2016-other"), NOW)
        assert other is not None
        runs.change(db, other, RunState.OPEN, NOW)
    told = relengotron("rollback", done, "--reason", "x").output
    assert "which has the lane" in told
    assert "relengotron runs cancel " in told


def test_a_push_that_is_not_over_is_called_off_and_not_rolled_back(relengotron: Command, held: str) -> None:
    told = relengotron("rollback", held, "--reason", "x", status=1).output
    assert f"it is not over: relengotron runs cancel {held}" in told


def test_a_reason_is_asked_for(relengotron: Command, done: str) -> None:
    assert "say --reason TEXT, or --plan" in relengotron("rollback", done, status=2).output


def test_the_list_of_runs_says_which_run_a_rollback_takes_back(
    relengotron: Command, database: Database, done: str
) -> None:
    order = RollbackOrder(done, "alice", "it does not boot", False)
    with database.write() as db:
        assert runs.open_run(db, Start("rollback", "F24/stable", "rollback", order, "2016-wish"), NOW)
    assert f"rollback of {done}" in relengotron("runs", "list").output
