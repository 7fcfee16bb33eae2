"""In how many rounds of tests is one culprit among 64 builds found, and how many tests of a batch does that take?

The whole daemon on the stage of the stories: 64 builds come from one packager, their test fails and names nobody. A
round is what is told with ``gate.batch.testing``; the parts of a batch are tested at the same time.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from bench.results import Measure
from relengotron.decisions.bisecting import parts_of
from tests.stage.gate_stage import GateStage

BUILDS: Final = tuple(f"pkg{number:02}-1-1.fc26" for number in range(64))
CULPRITS: Final = (BUILDS[0], BUILDS[41])
MOST: Final = 7


def measure(scratch: Path) -> Iterator[Measure]:
    """The longest way there is, lived through; and by the decision alone for every culprit there could be."""
    lived = [_lived(scratch / culprit, culprit) for culprit in CULPRITS]
    rounds, tests = max(found[0] for found in lived), max(found[1] for found in lived)
    by_decision = max(_rounds(BUILDS, culprit) for culprit in BUILDS)
    note = (
        f"{tests} batches tested in {rounds} rounds, and everybody else is through; no culprit takes {by_decision + 1}"
    )
    yield Measure("bisect_rounds_1_of_64", max(rounds, by_decision), "rounds", target=MOST, note=note)


def _lived(place: Path, culprit: str) -> tuple[int, int]:
    place.mkdir()
    stage = GateStage(place, gate={"batching": {"same_submitter": "5m"}})
    try:
        stage.tester.guilty = {frozenset({culprit})}
        for nvr in BUILDS:
            stage.build_lands(nvr)
        stage.settle()
        found = stage.states()
        assert found.pop(culprit) == "quarantined"
        assert set(found.values()) == {"accepted"}, found
        return max(body["round"] for body in stage.said("gate.batch.testing")), len(stage.tester.rounds)
    finally:
        stage.close()


def _rounds(builds: tuple[str, ...], culprit: str) -> int:
    parts = parts_of(builds)
    return 1 + (_rounds(next(part for part in parts if culprit in part), culprit) if parts else 0)
