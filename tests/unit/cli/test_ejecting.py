"""What does a person type to throw an update out, and when is it too late?"""

import pytest

from relengotron.cli.who import person
from relengotron.engine.journal import effects, evidence, inbox
from relengotron.engine.journal.database import Database
from relengotron.messages.envelope import Envelope
from relengotron.messages.incoming import understand
from relengotron.model.events import EjectionWished
from relengotron.model.run import Evidence
from tests.unit.cli.story import NOW, Command

ALIAS = "FEDORA-2016-0123456789"


@pytest.fixture
def shipping(database: Database, held: str) -> str:
    """The held push, which knows its updates."""
    facts = {"builds": ["nano-2.6-1.fc24"]}
    with database.write() as db:
        evidence.add(db, Evidence(held, "ensure_updates_are_eligible", "update", ALIAS, "shipping", "x", facts, NOW))
    return held


def wishes(database: Database) -> list[object]:
    with database.read() as db:
        return [understand(Envelope.read(each.raw)) for each in inbox.unsettled(db, 10)]


@pytest.mark.parametrize("name", [ALIAS, "nano-2.6-1.fc24"])
def test_an_update_is_ejected_by_its_alias_or_by_a_build_and_by_name(
    relengotron: Command, database: Database, shipping: str, name: str
) -> None:
    told = relengotron("eject", shipping[-8:], name, "--reason", "breaks the boot").output

    assert f"Asked to eject {ALIAS} from {shipping}" in told
    assert wishes(database) == [EjectionWished(shipping, person(), ALIAS, "breaks the boot")]


def test_a_run_that_has_no_such_update_lists_those_it_has(relengotron: Command, shipping: str) -> None:
    told = relengotron("eject", shipping, "bash-1-1", "--reason", "x", status=3).output
    assert f"{ALIAS}  nano-2.6-1.fc24  shipping" in told


def test_a_build_that_two_updates_ship_is_not_thrown_out_by_half(
    relengotron: Command, database: Database, shipping: str
) -> None:
    facts = {"builds": ["nano-2.6-1.fc24", "bash-1-1"]}
    with database.write() as db:
        evidence.add(db, Evidence(shipping, "x", "update", f"{ALIAS}9", "shipping", "x", facts, NOW))

    told = relengotron("eject", shipping, "nano-2.6-1.fc24", "--reason", "x", status=2).output

    assert f"{ALIAS}, {ALIAS}9" in told
    assert wishes(database) == []


def test_what_is_live_is_not_ejected_and_the_command_for_it_is_named(
    relengotron: Command, database: Database, shipping: str
) -> None:
    with database.write() as db:
        effects.intend(db, shipping, "live atomic-host", "show it", None, NOW)

    told = relengotron("eject", shipping, ALIAS, "--reason", "x", status=1).output

    assert f"relengotron rollback {shipping}" in told
    assert wishes(database) == []


def test_what_was_ejected_is_not_ejected_again(relengotron: Command, database: Database, shipping: str) -> None:
    with database.write() as db:
        effects.decide(db, shipping, f"ejected {ALIAS}", {"ejected": None, "refusal": "no"}, NOW)
    assert "already" in relengotron("eject", shipping, ALIAS, "--reason", "x", status=1).output


def test_a_reason_must_be_given(relengotron: Command, shipping: str) -> None:
    relengotron("eject", shipping, ALIAS, status=2)
