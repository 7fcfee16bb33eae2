"""At how many moments can the power be cut, and what did the last ``make crash`` find at them?"""

from collections.abc import Iterator

from bench.results import Measure
from tests.crash import tally


def measure() -> Iterator[Measure]:
    """Counts, not times; the moments are those of every workflow in the catalogue and only grow."""
    found = tally.measures()
    note = f"{found['power_cuts_tried']} were tried by the last crash tests here; `make crash` tries all"
    yield Measure("power_cut_moments", found["power_cut_moments"], "moments", note=note)
    if is_whole():
        yield Measure("power_cuts_lost_effects", found["effects_lost"], "effects", 0)


def is_whole() -> bool:
    """Whether the last crash tests here have tried every moment that there is; else their zeros say nothing."""
    found = tally.measures()
    return found["power_cuts_tried"] >= found["power_cut_moments"]
