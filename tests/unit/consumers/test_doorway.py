from collections.abc import Mapping
from typing import Any

import pytest

from relengotron.consumers import doorway
from relengotron.consumers.doorway import Doorway
from relengotron.errors import SystemUnreachable

RAW = {"topic": "org.fedoraproject.dev.buildsys.tag", "body": {}}


class Moody:
    """An intake that fails as it is told to, then stores."""

    def __init__(self, *failures: Exception) -> None:
        self.failures = list(failures)
        self.stored: list[Mapping[str, Any]] = []

    def store(self, raw: Mapping[str, Any]) -> None:
        if self.failures:
            raise self.failures.pop(0)
        self.stored.append(raw)


@pytest.fixture(autouse=True)
def in_no_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doorway, "_FIRST_PAUSE_S", 0.0)
    monkeypatch.setattr(doorway, "_LONGEST_PAUSE_S", 0.0)


def test_a_message_waits_as_long_as_the_journal_is_away() -> None:
    intake = Moody(*[SystemUnreachable("no database")] * 50, OSError("disk full"))
    Doorway(intake).keep(RAW)
    assert intake.stored == [RAW]


def test_a_message_that_breaks_the_intake_does_not_block_the_next() -> None:
    intake = Moody(*[ZeroDivisionError()] * 3)
    way_in = Doorway(intake)
    with pytest.raises(ZeroDivisionError):
        way_in.keep(RAW)
    way_in.keep(RAW)
    assert intake.stored == [RAW]


def test_a_defect_that_passes_costs_no_message() -> None:
    intake = Moody(ValueError("once"))
    Doorway(intake).keep(RAW)
    assert intake.stored == [RAW]


def test_a_closing_hub_does_not_wait_for_ever() -> None:
    way_in = Doorway(Moody(*[SystemUnreachable("no database")] * 50))
    way_in.close_soon()
    with pytest.raises(SystemUnreachable):
        way_in.keep(RAW)
