"""Was a message lost, was anything done twice? Every test that asks writes its answer down; the benchmark adds up."""

import re
from collections.abc import Callable
from pathlib import Path

from tests.conftest import Tell
from tests.crash.tally import Tally, read, write
from tests.process.running_hub import ROOT

FOLDER = ROOT / ".lab" / "chaos"
Account = Callable[[int, int, int], None]


def account_of(test: str, tell: Tell, folder: Path = FOLDER) -> Account:
    """What closes the account of a test: so many sent, lost, done twice."""

    def close(sent: int, lost: int, doubled: int) -> None:
        write(re.sub(r"\W+", "-", test), Tally(sent, doubled, lost), folder)
        tell(f"{test}: {sent} messages sent, {lost} lost, {doubled} doubled")
        assert (lost, doubled) == (0, 0)

    return close


def total(folder: Path = FOLDER) -> Tally:
    """Of all tests of the last runs; ``tried`` is the number of messages."""
    return read(folder=folder)
