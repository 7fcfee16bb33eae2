"""A tester made of paper: it posts the verdicts it was told to post, PASSED by default."""

from dataclasses import dataclass, field
from typing import Any

from relengotron.systems.resultsdb.simulated import SimulatedResultsDb
from relengotron.workflows.judging import COMPOSE_TESTCASE
from tests.stage.configuration import REQUIRED_TESTS


@dataclass
class PaperTester:
    """Looks for stored composes; ``verdicts`` maps an artifact to another outcome than PASSED, None for silence."""

    results: SimulatedResultsDb
    verdicts: dict[str, str | None] = field(default_factory=dict)
    done: set[int] = field(default_factory=set)

    def work(self) -> int:
        """Judge every compose that has no verdict yet; how many were judged."""
        fresh = [row for number, row in self._composes() if number not in self.done]
        return sum(self._judge(row) for row in fresh)

    def judge_again(self, artifact: str, outcome: str) -> None:
        """Somebody runs the tests of an artifact once more."""
        self.verdicts[artifact] = outcome
        for number, row in self._composes():
            if row["data"]["artifact"] == [artifact]:
                self.done.discard(number)

    def _composes(self) -> list[tuple[int, dict[str, Any]]]:
        shown = [self.results.show_result(row, None) for row in self.results.results.by_id.values()]
        return [(row["id"], row) for row in shown if row["testcase"]["name"] == COMPOSE_TESTCASE]

    def _judge(self, row: dict[str, Any]) -> bool:
        data = row["data"]
        outcome = self.verdicts.get(data["artifact"][0], "PASSED")
        if outcome is None:
            return False
        self.done.add(row["id"])
        body = {
            "testcase": REQUIRED_TESTS[data["kind"][0]],
            "outcome": outcome,
            "data": {"item": data["item"], "type": ["compose"]},
        }
        self.results.create_result(body)
        return True
