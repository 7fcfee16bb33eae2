"""Was a message lost, was anything done twice? Every test that asks writes its answer down; the benchmark adds up."""

import re
from collections.abc import Callable
from pathlib import Path

from tests.conftest import Tell
from tests.crash.tally import Tally, read, write
from tests.process.running_hub import ROOT

FOLDER = ROOT / ".lab" / "chaos"
OPEN = Tally(tried=0, doubled=1, lost=1)
"""Nothing good is said of a test that did not come to its end."""

Account = Callable[[int, int, int], None]


def account_of(test: str, tell: Tell, folder: Path = FOLDER) -> Account:
    """What closes the account of a test: so many messages sent, lost, done twice."""
    name = re.sub(r"\W+", "-", test).strip("-")
    write(name, OPEN, folder)

    def close(sent: int, lost: int, doubled: int) -> None:
        write(name, Tally(sent, doubled, lost), folder)
        tell(f"{test}: {sent} messages sent, {lost} lost, {doubled} doubled")
        assert (lost, doubled) == (0, 0)

    return close


def total(folder: Path = FOLDER) -> tuple[int, Tally]:
    """Of how many tests, and the sum of what they found; ``tried`` is the number of messages."""
    return len(list(folder.glob("*.json"))), read(folder=folder)
