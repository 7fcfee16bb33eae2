from collections.abc import Sequence

import pytest

from relengotron.consumers import doorway
from relengotron.consumers.doorway import Doorway
from relengotron.errors import SystemUnreachable
from relengotron.messages.arrival import Arrival

ONE, TWO, THREE = (Arrival(name, "org.fedoraproject.dev.buildsys.tag") for name in ("one", "two", "three"))


class Moody:
    """An intake that fails as it is told to, then stores."""

    def __init__(self, *failures: Exception) -> None:
        self.failures = list(failures)
        self.stored: list[Arrival] = []

    def store_all(self, arrivals: Sequence[Arrival]) -> int:
        if self.failures:
            raise self.failures.pop(0)
        self.stored += arrivals
        return len(arrivals)


@pytest.fixture(autouse=True)
def in_no_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doorway, "_FIRST_PAUSE_S", 0.0)
    monkeypatch.setattr(doorway, "_LONGEST_PAUSE_S", 0.0)


def test_a_message_waits_as_long_as_the_journal_is_away() -> None:
    intake = Moody(*[SystemUnreachable("no database")] * 50, OSError("disk full"))
    Doorway(intake).keep([ONE])
    assert intake.stored == [ONE]


def test_a_message_that_breaks_the_intake_does_not_block_the_next() -> None:
    intake = Moody(*[ZeroDivisionError()] * 3)
    way_in = Doorway(intake)
    with pytest.raises(ZeroDivisionError):
        way_in.keep([ONE])
    way_in.keep([ONE])
    assert intake.stored == [ONE]


def test_a_defect_that_passes_costs_no_message() -> None:
    intake = Moody(ValueError("once"))
    Doorway(intake).keep([ONE])
    assert intake.stored == [ONE]


@pytest.fixture
def no_time_to_close(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doorway, "CLOSES_WITHIN_S", 0.0)


@pytest.mark.usefixtures("no_time_to_close")
def test_a_closing_hub_does_not_wait_for_ever() -> None:
    way_in = Doorway(Moody(*[SystemUnreachable("no database")] * 50))
    way_in.close_soon()
    with pytest.raises(SystemUnreachable):
        way_in.keep([ONE])


def test_a_closing_hub_tries_again_for_a_while() -> None:
    intake = Moody(*[SystemUnreachable("no database")] * 50)
    way_in = Doorway(intake)
    way_in.close_soon()
    way_in.keep([ONE])
    assert intake.stored == [ONE]


@pytest.mark.usefixtures("no_time_to_close")
def test_a_closing_hub_that_gave_up_does_not_begin_to_wait_anew_for_what_is_left() -> None:
    intake = Moody(*[SystemUnreachable("no database")] * 50)
    way_in = Doorway(intake)
    way_in.close_soon()
    for _ in range(3):
        with pytest.raises(SystemUnreachable):
            way_in.keep([ONE])
    assert len(intake.failures) == 49


@pytest.mark.usefixtures("no_time_to_close")
def test_a_closing_hub_stores_what_it_can_however_long_that_takes() -> None:
    intake = Moody()
    way_in = Doorway(intake)
    way_in.close_soon()
    for each in (ONE, TWO, THREE):
        way_in.keep([each])
    assert intake.stored == [ONE, TWO, THREE]


class Picky(Moody):
    """An intake that chokes on one message, whatever comes with it."""

    def store_all(self, arrivals: Sequence[Arrival]) -> int:
        if TWO in arrivals:
            raise ZeroDivisionError
        return super().store_all(arrivals)


def test_a_message_that_breaks_the_intake_does_not_take_its_companions_with_it() -> None:
    intake = Picky()
    Doorway(intake).keep([ONE, TWO, THREE])
    assert intake.stored == [ONE, THREE]


@pytest.mark.usefixtures("no_time_to_close")
def test_a_closing_hub_asks_once_for_all_and_not_for_each(caplog: pytest.LogCaptureFixture) -> None:
    intake = Moody(*[SystemUnreachable("no database")] * 50)
    way_in = Doorway(intake)
    way_in.close_soon()
    with pytest.raises(SystemUnreachable):
        way_in.keep([ONE, TWO, THREE])
    assert len(intake.failures) == 49
    lost = [record.__dict__["raw"] for record in caplog.records if record.levelname == "ERROR"]
    assert lost == ["one", "two", "three"]
