"""Whatever happens at a gate: no build is forgotten or in two tags, no good one waits, and rawhide stays closed."""

import os
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.conftest import Tell
from tests.crash.moments import a_place
from tests.properties.gate_streams import Stream

FEW, MANY, PIECES = 9, 500, 10
SHORT, LONG = 9, 24
"""How much happens in one stream."""
CHOSEN = os.environ.get("RELENGOTRON_GATE_SEED")
"""One seed, as a failure names it."""


@pytest.fixture
def place() -> Iterator[Path]:
    with a_place() as found:
        yield found


def live(place: Path, seeds: range, happenings: int) -> tuple[int, int]:
    """Live through these streams; how many builds there were, and how often the power went."""
    builds = cuts = 0
    for seed in [int(CHOSEN)] if CHOSEN else seeds:
        stream = Stream(place, seed, happenings)
        with closing(stream.stage):
            try:
                stream.live()
            except BaseException as failure:
                failure.add_note(f"RELENGOTRON_GATE_SEED={seed}")
                raise
        builds, cuts = builds + len(stream.landed), cuts + stream.cuts
    return builds, cuts


@pytest.mark.parametrize("piece", range(3))
def test_every_stream_ends_well(place: Path, piece: int) -> None:
    live(place, range(piece, FEW, 3), SHORT)


@pytest.mark.crash
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("piece", range(PIECES))
def test_five_hundred_random_streams_end_well(place: Path, tell: Tell, piece: int) -> None:
    builds, cuts = live(place, range(piece, MANY, PIECES), LONG)
    tell(f"gates: {MANY // PIECES} random streams with {builds} builds and {cuts} power cuts (piece {piece + 1})")
