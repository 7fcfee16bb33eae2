"""How many moments were tried, and was anything done twice? Written by every crash test, read by the benchmark."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from tests.crash.moments import moments_of, workflows

FOLDER = Path(".lab") / "crash"


@dataclass(frozen=True)
class Tally:
    """What one crash test tried, and what it found."""

    tried: int = 0
    doubled: int = 0
    lost: int = 0

    def __add__(self, other: "Tally") -> "Tally":
        return Tally(self.tried + other.tried, self.doubled + other.doubled, self.lost + other.lost)


def write(name: str, tally: Tally, folder: Path = FOLDER) -> None:
    """Keep what the test of this name found, in place of what it found before."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.json").write_text(json.dumps(asdict(tally)))


def read(folder: Path = FOLDER) -> Tally:
    """The sum over all tests."""
    return sum((Tally(**json.loads(file.read_text())) for file in folder.glob("*.json")), Tally())


def measures(folder: Path = FOLDER) -> dict[str, int]:
    """The figures of the benchmark: how many moments there are now, and what the last ``make crash`` found at them.

    ``power_cuts_tried`` is less than ``power_cut_moments`` when that run was of an older catalogue, or never came to
    its end.
    """
    found = read(folder)
    return {
        "power_cut_moments": sum(moments_of(workflow) for workflow in workflows()),
        "power_cuts_tried": found.tried,
        "effects_doubled": found.doubled,
        "effects_lost": found.lost,
    }
