"""The words of a gate: subjects, requirements, what is known of each, and the answer with its reasons."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum

from relengotron.model.policy import Policy
from relengotron.model.waiver import Waiver

GATE, WAIVER = "gate", "waiver"
"""The kinds of subjects under which a push keeps the answer of its gate, and the waivers that opened it."""

COMPOSE, UPDATE, BUILD = "compose", "bodhi_update", "koji_build"
"""The types of subjects, as ResultsDB, WaiverDB and Greenwave spell them."""


class Verdict(StrEnum):
    """What a gate says as a whole, worst first."""

    CLOSED = "closed"
    WAITING = "waiting"
    OPEN = "open"


class RequirementState(StrEnum):
    """What is known of one requirement of one subject."""

    PASSED = "passed"
    FAILED = "failed"
    ERRORED = "errored"
    MISSING = "missing"
    NOT_SCHEDULED = "not scheduled yet"
    QUEUED = "queued"
    RUNNING = "running"
    WAIVED = "waived"
    TOO_LITTLE = "too little"
    DISLIKED = "disliked"
    UNTESTED = "untested"
    BLOCKED = "blocked"
    FROZEN = "frozen"
    POLICY_MISSING = "policy missing"
    SOURCE_DOWN = "source down"


@dataclass(frozen=True, slots=True)
class Subject:
    """One thing that is judged; ``name`` is what people call it: the artifact's name, the alias, the NVR."""

    type: str
    item: str
    name: str


@dataclass(frozen=True, slots=True)
class Requirement:
    """One thing that must hold of one subject; ``artifact`` is what people call the subject."""

    artifact: str
    item: str
    testcase: str
    type: str = COMPOSE
    scenario: str | None = None
    policies: tuple[str, ...] = ()
    waivers_need: int = 1
    waivers_by: tuple[tuple[str, ...], ...] = ()
    """Whose waivers count: of each policy that names people, its patterns."""

    def with_policies_of(self, other: "Requirement") -> "Requirement":
        """The same requirement, asked for by the policies of both; the stricter rules about waivers hold."""
        policies = tuple(dict.fromkeys((*self.policies, *other.policies)))
        need, by = max(self.waivers_need, other.waivers_need), dict.fromkeys((*self.waivers_by, *other.waivers_by))
        return replace(self, policies=policies, waivers_need=need, waivers_by=tuple(by))

    def __str__(self) -> str:
        scenario = f" ({self.scenario})" if self.scenario else ""
        return f"{self.artifact}: {self.testcase}{scenario}"


@dataclass(frozen=True, slots=True)
class Past:
    """Where items were live before (by build or identity, a sentence), and of which builds the others are made."""

    live: Mapping[str, str] = field(default_factory=dict)
    made_of: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Question:
    """May these subjects pass at this decision?

    ``built`` says when builds were made, and ``past`` what was live in testing, where a policy needs it. ``since`` says
    of some items from when on results of them count.
    """

    context: str
    product_version: str
    subjects: tuple[Subject, ...]
    policies: tuple[Policy, ...]
    now: datetime
    built: Mapping[str, datetime] = field(default_factory=dict)
    past: Past = field(default_factory=Past)
    since: Mapping[str, datetime] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class StoredResult:
    """One row of ResultsDB, as a gate reads it."""

    id: int
    type: str
    item: str
    testcase: str
    outcome: str
    scenario: tuple[str, ...] = ()
    architecture: tuple[str, ...] = ()
    variant: tuple[str, ...] = ()
    ref_url: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Finding:
    """What an engine knows of one requirement, before anybody has waived anything."""

    requirement: Requirement
    state: RequirementState
    result_id: int | None = None
    ref_url: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Findings:
    """What an engine knows: of each requirement, and the waivers that it saw itself."""

    engine: str
    found: tuple[Finding, ...]
    waivers: tuple[Waiver, ...] = ()


@dataclass(frozen=True, slots=True)
class Reason:
    """How one requirement weighs, with the result or the waivers that say so; ``waived`` is the state without them."""

    requirement: Requirement
    state: RequirementState
    verdict: Verdict
    result_id: int | None = None
    ref_url: str = ""
    note: str = ""
    waived: RequirementState | None = None
    waivers: tuple[Waiver, ...] = ()

    def __str__(self) -> str:
        text = f"{self.requirement} {self.state}"
        is_told = self.verdict is Verdict.CLOSED or self.state is RequirementState.SOURCE_DOWN
        return f"{text} ({self.note})" if self.note and is_told else text


@dataclass(frozen=True, slots=True)
class GateAnswer:
    """A verdict and every reason for it."""

    verdict: Verdict
    reasons: tuple[Reason, ...]
    engine: str = ""
    context: str = ""
    product_version: str = ""

    @property
    def missing(self) -> tuple[str, ...]:
        """A sentence for everything that keeps the gate from opening."""
        return tuple(str(reason) for reason in self.reasons if reason.verdict is not Verdict.OPEN)

    @property
    def waivers(self) -> tuple[Waiver, ...]:
        """Every waiver that the answer rests on, each once."""
        used = (each for reason in self.reasons if reason.state is RequirementState.WAIVED for each in reason.waivers)
        return tuple(dict.fromkeys(used))
