"""At how many moments can the power be cut, and what did the last ``make crash`` find at them?"""

from collections.abc import Iterator

from bench.results import Measure
from tests.crash import tally


def measure() -> Iterator[Measure]:
    """Counts, not times; the moments are those of every workflow in the catalogue and only grow."""
    found = tally.measures()
    note = f"{found['power_cuts_tried']} were tried by the last crash tests here; `make crash` tries all"
    yield Measure("power_cut_moments", found["power_cut_moments"], "moments", note=note)
    yield Measure("power_cuts_lost_effects", found["effects_lost"], "effects", 0)
