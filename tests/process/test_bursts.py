"""Is every message of a burst stored once, whatever happens to the hub in the middle of it?

Real fedmsg-hub, real ZeroMQ, real journal; the publisher keeps as little for a slow subscriber as any with fedmsg, and
a datagrepper knows what was said.
"""

import signal
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from tests.conftest import Tell
from tests.process.account import Account
from tests.process.bursts import Place, a_place
from tests.process.running_hub import until

GAP = "messages may be missing"
SMALL, LARGE = 10_000, 100_000
FROZEN_S = 4.3
"""Longer than a hub may stand still without looking for what it missed."""


def killed(place: Place, count: int) -> None:
    """The hub dies with messages in its memory; more come while there is none, and while the next one starts."""
    hub, begun = place.hubs[-1], place.kept.count()
    place.burst.send(count // 2)
    until(lambda: place.kept.count() > begun, "the first messages are on disk")
    hub.kill()
    place.burst.send(count // 4)
    place.start_hub()
    place.burst.send(count // 4, per_second=count / 8)
    place.burst.wait_for_subscriber()


def frozen(place: Place, count: int) -> None:
    """The hub stands still; the publisher drops what does not fit into its queue."""
    hub, noticed = place.hubs[-1], place.hubs[-1].said().count(GAP)
    hub.process.send_signal(signal.SIGSTOP)
    place.burst.send(count, per_second=count / FROZEN_S)
    hub.process.send_signal(signal.SIGCONT)
    until(lambda: hub.said().count(GAP) > noticed, "the hub notices that it stood still")


def terminated(place: Place, count: int) -> None:
    """The hub stores what it has and goes; more come while there is none."""
    hub = place.hubs[-1]
    place.burst.send(count // 2)
    assert hub.stop(signal.SIGTERM) == 0
    assert "Traceback" not in hub.said()
    place.burst.send(count // 2)
    place.start_hub()
    place.burst.wait_for_subscriber()


ENDS: Mapping[str, Callable[[Place, int], None]] = {"SIGKILL": killed, "SIGSTOP": frozen, "SIGTERM": terminated}


def lost_by_the_bus(place: Place, *ends: tuple[Callable[[Place, int], None], int]) -> int:
    """Let everything happen while nobody remembers, so that it shows what is not in the journal by itself."""
    with place.burst.without_datagrepper():
        place.listening_hub()
        for happens, count in ends:
            happens(place, count)
        place.burst.send_until_stored(place.kept)
        missing = place.burst.missing(place.kept)
    place.burst.wait_until_nothing_is_missing(place.kept)
    return missing


def test_a_burst_is_stored_once_although_its_hub_is_killed_frozen_and_ended(
    tmp_path: Path, account: Account, tell: Tell
) -> None:
    with a_place(tmp_path) as place:
        missing = lost_by_the_bus(place, (killed, SMALL * 3 // 10), (frozen, SMALL // 2), (terminated, SMALL // 5))
        tell(f"the bus lost {missing} of {len(place.burst.said)} messages")
        assert missing > 0
        account(len(place.burst.said), *place.burst.lost_and_doubled(place.kept))


@pytest.mark.chaos
@pytest.mark.timeout(900)
@pytest.mark.parametrize("count", [SMALL, LARGE])
@pytest.mark.parametrize("end", list(ENDS))
def test_a_burst_is_stored_once_whatever_ends_its_hub(
    end: str, count: int, tmp_path: Path, account: Account, tell: Tell
) -> None:
    with a_place(tmp_path) as place:
        missing = lost_by_the_bus(place, (ENDS[end], count))
        tell(f"{end}: the bus lost {missing} of {len(place.burst.said)} messages")
        assert missing > 0
        account(len(place.burst.said), *place.burst.lost_and_doubled(place.kept))


@pytest.mark.chaos
@pytest.mark.timeout(300)
def test_what_passes_by_while_a_hub_stands_still_is_looked_for_at_once_and_not_at_the_next_round(
    tmp_path: Path, account: Account
) -> None:
    with a_place(tmp_path, recovery="1h") as place:
        place.listening_hub()
        frozen(place, SMALL)
        place.burst.wait_until_nothing_is_missing(place.kept)
        account(len(place.burst.said), *place.burst.lost_and_doubled(place.kept))
