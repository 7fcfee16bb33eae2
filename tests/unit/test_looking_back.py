"""Do the daemon, and the hub that only stores, have lost messages looked for when they should?"""

from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from relengotron.bootstrap import Daemon, Doorkeeper, assemble, now
from relengotron.engine.journal import watermarks
from relengotron.engine.journal.database import Database
from relengotron.examination import history
from relengotron.messages.incoming import PARSERS
from relengotron.sdk.discovery import Plugins
from relengotron.systems.bus.simulated import SimulatedBus
from relengotron.systems.world import open_datagrepper, open_world
from tests.stage.configuration import settings_for


class Nobody:
    """A history in which nothing ever happened, and which may be away."""

    def __init__(self, newest: dict[str, Any] | None = None) -> None:
        self.asked: list[str] = []
        self.known = newest or {}

    def pages(self, category: str, *_window: object) -> Any:
        self.asked.append(category)
        return iter(())

    def newest(self, category: str) -> Any:
        return self.known.get(category)

    def identity(self) -> str:
        return "http://datagrepper"


@pytest.fixture
def settings(tmp_path: Path) -> Any:
    return settings_for(tmp_path)


def machine_of(settings: Any, datagrepper: Nobody | None) -> Any:
    return assemble(settings, open_world(settings), SimulatedBus(lambda: 0.0), Plugins({}, {}), datagrepper=datagrepper)


def test_every_category_of_our_topics_is_looked_at(settings: Any) -> None:
    past = Nobody()
    machine = machine_of(settings, past)
    while machine.past.recovery.work():
        pass
    assert set(past.asked) == {suffix.partition(".")[0] for suffix in PARSERS} >= {"bodhi", "buildsys", "gilmsg"}
    machine.database.close()


def test_a_gap_pushes_the_wheel_that_looks(settings: Any) -> None:
    machine = machine_of(settings, Nobody())
    daemon = Daemon(settings, machine, ExitStack())
    while machine.past.recovery.work():
        pass
    machine.past.wheel.pushed.clear()
    daemon.on_gap("the publisher is there again")
    assert machine.past.wheel.pushed.is_set()
    assert machine.past.wheel.every <= timedelta(seconds=5), "a wish in the journal is seen soon"
    machine.database.close()


def test_without_a_datagrepper_a_gap_is_only_told(
    settings: Any, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    caplog.set_level("INFO")
    machine = machine_of(settings, None)
    daemon = Daemon(settings, machine, ExitStack())
    monkeypatch.setattr(daemon, "_works", SimpleNamespace(start=lambda: None))
    daemon.start()
    daemon.on_gap("this process stood still for 9 s")
    told = [(each.levelname, each.message) for each in caplog.records if each.name == "relengotron.bootstrap.machine"]
    assert told == [
        ("INFO", "no datagrepper is configured: what the bus loses is found by polls only"),
        ("INFO", "messages may be missing"),
    ]
    machine.database.close()


def test_a_hub_that_only_stores_asks_the_runner_at_its_start_and_after_a_gap(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'journal.db'}")
    with database.write() as db:
        watermarks.begin(db, "bodhi", now(), now())
    asked: list[str] = []
    door = Doorkeeper(database, SimpleNamespace(sender_of=lambda _message: None))
    door._wish = SimpleNamespace(  # type: ignore[assignment]
        start=lambda: asked.append("start"), ask=lambda: asked.append("ask"), stop=lambda: asked.append("stop")
    )
    door.start()
    door.on_gap("the publisher is there again")
    door.stop()
    assert asked == ["start", "ask", "ask", "stop"]


def test_no_datagrepper_is_opened_where_none_is_configured(settings: Any) -> None:
    assert open_datagrepper(settings) is None


def test_the_doctor_sees_whether_the_history_is_written(settings: Any) -> None:
    today = now()

    def told(newest: dict[str, Any] | None) -> tuple[bool, str]:
        (found,) = history.findings(None if newest is None else Nobody(newest), today)
        assert found.ok or found.remedy
        return found.ok, found.fact

    assert told(None) == (True, "not configured: what the bus loses is found by polls only")
    well = told({"bodhi": today - timedelta(hours=23), "buildsys": today - timedelta(days=3)})
    assert well[0]
    assert "knows bodhi, buildsys; the newest message, of bodhi, is from" in well[1]
    assert told({"bodhi": today - timedelta(hours=25)})[0] is False
    assert told({})[1].endswith("it is empty, or listens to another bus")


def test_the_doctor_takes_the_empty_history_of_a_new_lab_for_what_it_is() -> None:
    (found,) = history.findings(Nobody(), now(), is_new=True)
    assert (found.ok, found.fact) == (True, "http://datagrepper is empty yet")
