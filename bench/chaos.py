"""Is a message lost, or anything done twice, when real processes are killed and services are away?"""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from bench import power
from bench.results import Measure
from tests.crash import tally
from tests.process import account
from tests.process.bursts import a_place
from tests.process.test_bursts import LARGE, killed, lost_by_the_bus

CHAOS = (sys.executable, "-m", "pytest", "-q", "-m", "chaos", "tests/process")


def measure(root: Path) -> Iterator[Measure]:
    """One large burst with a hub that dies, and what the last ``make chaos`` found; it is run where there is none."""
    yield _burst_killed(root)
    if not account.total()[0]:
        print("  no `make chaos` has been run here: that takes a quarter of an hour")
        subprocess.run(CHAOS, check=False)
    tests, found = account.total()
    note = f"{found.tried} messages in {tests} tests of real processes; one that failed counts as one of each"
    yield Measure("messages_lost", found.lost, "messages", 0, note=note)
    if not power.is_whole():
        print("  effects_doubled is not told: no whole `make crash` has been run here on these workflows")
        return
    crash = tally.read()
    note += f"; and {crash.tried} moments of the last `make crash`"
    yield Measure("effects_doubled", found.doubled + crash.doubled, "effects", 0, note=note)


def _burst_killed(root: Path) -> Measure:
    """The hub dies with messages in its memory, more come while there is none; datagrepper answers afterwards."""
    with a_place(root / "killed") as place:
        missing = lost_by_the_bus(place, (killed, LARGE))
        lost, _ = place.burst.lost_and_doubled(place.kept)
        sent = len(place.burst.said)
    note = f"{sent} messages; {missing} of them were lost by hub and bus, and found again in datagrepper"
    return Measure("intake_loss_100k_burst_killed", lost, "messages", 0, note=note)
