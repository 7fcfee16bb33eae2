"""The words of a gate: results, requirements and the answer with its reasons."""

from dataclasses import dataclass
from enum import StrEnum


class Verdict(StrEnum):
    """What a gate says as a whole, worst first."""

    CLOSED = "closed"
    WAITING = "waiting"
    OPEN = "open"


class TestState(StrEnum):
    """What is known of one required test of one artifact."""

    PASSED = "passed"
    FAILED = "failed"
    ERRORED = "errored"
    MISSING = "missing"
    QUEUED = "queued"
    RUNNING = "running"


@dataclass(frozen=True, slots=True)
class Requirement:
    """One test case that one artifact must pass."""

    artifact: str
    item: str
    testcase: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """What ResultsDB says of one test case of one item; ``result_id`` names the row."""

    outcome: str
    result_id: int
    ref_url: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Reason:
    """How one requirement weighs, with the result that says so."""

    requirement: Requirement
    state: TestState
    verdict: Verdict
    result_id: int | None = None
    ref_url: str = ""
    note: str = ""

    def __str__(self) -> str:
        text = f"{self.requirement.artifact}: {self.requirement.testcase} {self.state}"
        return f"{text} ({self.note})" if self.note and self.verdict is Verdict.CLOSED else text


@dataclass(frozen=True, slots=True)
class GateAnswer:
    """A verdict and every reason for it."""

    verdict: Verdict
    reasons: tuple[Reason, ...]

    @property
    def missing(self) -> tuple[str, ...]:
        """A sentence for everything that keeps the gate from opening."""
        return tuple(str(reason) for reason in self.reasons if reason.verdict is not Verdict.OPEN)
