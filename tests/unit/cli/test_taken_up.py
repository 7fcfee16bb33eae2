"""Does a person hear whether the daemon can do now what it was asked for?"""

import pytest

from relengotron.cli import taken_up
from relengotron.engine.journal import gate_orders, gated
from relengotron.engine.journal.database import Database
from relengotron.errors import SystemUnreachable
from relengotron.model.gated import BuildState, Closing, GatedBuild
from tests.unit.cli.story import NOW, Command

SOON = "The daemon takes it up within seconds; look: relengotron "
LATER = "The daemon is down: it takes it up when it is started; look: relengotron "
BECAUSE = ("--reason", "because")

ORDERS = (
    ("gate", "close", "rawhide"),
    ("gate", "open", "rawhide"),
    ("gate", "pass", "rawhide", "zsh-1-1"),
    ("quarantine", "release", "gcc-1-1"),
    ("quarantine", "drop", "gcc-1-1"),
)


@pytest.fixture
def at_the_gate(database: Database) -> None:
    """One build in quarantine, one that is pending, and the gate is closed."""
    with database.write() as db:
        gate_orders.close(db, Closing("rawhide", "alice", "beta freeze", NOW))
        for nvr, state in (("gcc-1-1", BuildState.QUARANTINED), ("zsh-1-1", BuildState.ARRIVED)):
            gated.arrive(db, GatedBuild("rawhide", nvr, nvr[:3], "0", "kevin", state, None, "", NOW, NOW))


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.usefixtures("at_the_gate")
def test_an_order_is_taken_up_when_the_daemon_that_is_down_is_started(
    relengotron: Command, order: tuple[str, ...]
) -> None:
    assert LATER in relengotron(*order, *BECAUSE).output


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.usefixtures("at_the_gate", "daemon")
def test_an_order_is_taken_up_within_seconds_by_a_daemon_that_runs(
    relengotron: Command, order: tuple[str, ...]
) -> None:
    assert SOON in relengotron(*order, *BECAUSE).output


@pytest.mark.parametrize("is_up", [True, False])
def test_an_order_about_a_run_says_the_same(
    relengotron: Command, held: str, request: pytest.FixtureRequest, is_up: bool
) -> None:
    if is_up:
        request.getfixturevalue("daemon")
    assert (SOON if is_up else LATER) in relengotron("runs", "retry", held).output


def test_what_was_stored_does_not_sound_refused_because_nobody_can_tell(
    relengotron: Command, held: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def nobody_can_tell(_url: str) -> bool:
        raise SystemUnreachable("the server of the journal does not answer")

    monkeypatch.setattr(taken_up, "is_held", nobody_can_tell)
    assert SOON in relengotron("runs", "retry", held).output
