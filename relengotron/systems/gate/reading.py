"""What does an answer of Greenwave mean in our words?"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from relengotron.decisions.evaluating import STATES
from relengotron.errors import MalformedInput
from relengotron.model.gate import Finding, Requirement, RequirementState, Subject
from relengotron.model.waiver import Waiver
from relengotron.systems.waiverdb.reading import read_waiver

_WAIVED: Final = "-waived"
_KINDS: Final[Mapping[str, RequirementState]] = {
    "test-result-passed": RequirementState.PASSED,
    "test-result-failed": RequirementState.FAILED,
    "test-result-errored": RequirementState.ERRORED,
    "test-result-missing": RequirementState.MISSING,
    "invalid-gating-yaml": RequirementState.ERRORED,
    "missing-gating-yaml": RequirementState.ERRORED,
    "failed-fetch-gating-yaml": RequirementState.ERRORED,
}
_ASKS_NOTHING: Final = frozenset({"excluded", "fetched-gating-yaml"})
"""Kinds of satisfied requirements that say that nothing was required."""


@dataclass(frozen=True, slots=True)
class Decision:
    """One answer: what was found of each requirement before waivers, and the waivers that it rests on."""

    findings: tuple[Finding, ...]
    waivers: tuple[Waiver, ...]


def read_decision(answer: Any, subjects: Collection[Subject]) -> Decision:
    """The answer about exactly these subjects, asked for with all its results and waivers.

    Raises:
        MalformedInput: it contradicts itself, or speaks about something else.
    """
    try:
        satisfied, unsatisfied = answer["satisfied_requirements"], answer["unsatisfied_requirements"]
        if answer["policies_satisfied"] is not (not unsatisfied):
            raise MalformedInput("Greenwave says whether policies are satisfied, and its requirements say otherwise")
        results = {row["id"]: row for row in answer["results"]}
        policies = tuple(str(each) for each in answer["applicable_policies"])
        waivers = tuple(read_waiver(row) for row in answer["waivers"])
        named = {(each.type, each.item): each for each in subjects}
        found = tuple(_findings([*satisfied, *unsatisfied], named, results, policies))
    except (KeyError, TypeError, AttributeError, ValueError) as wrong:
        raise MalformedInput(f"not a decision of Greenwave: {str(answer)[:300]}") from wrong
    _refuse_passes_among([each for each in unsatisfied if each["type"] == "test-result-passed"])
    return Decision(found, waivers)


def _refuse_passes_among(rows: Collection[Any]) -> None:
    if rows:
        raise MalformedInput("Greenwave says of a test that it passed and does not satisfy")


def _findings(
    rows: Collection[Any],
    named: Mapping[tuple[str, str], Subject],
    results: Mapping[int, Any],
    policies: tuple[str, ...],
) -> Iterator[Finding]:
    for row in rows:
        if row["type"] in _ASKS_NOTHING:
            continue
        subject = named.get((row["subject_type"], row["subject_identifier"]))
        if subject is None:
            raise MalformedInput("Greenwave speaks about a subject nobody asked about")
        requirement = Requirement(
            artifact=subject.name,
            item=subject.item,
            testcase=row.get("testcase") or row["type"],
            type=subject.type,
            scenario=row.get("scenario"),
            policies=policies,
        )
        yield _finding(requirement, row, results.get(row.get("result_id", 0)))


def _finding(requirement: Requirement, row: Mapping[str, Any], result: Mapping[str, Any] | None) -> Finding:
    """A waived requirement is told as it is without the waiver: whether that counts is decided here, not there."""
    kind = row["type"]
    state = _KINDS[kind.removesuffix(_WAIVED)]
    if state is RequirementState.MISSING and row.get("result_id") is not None:
        state = STATES.get(str(result["outcome"]).upper(), RequirementState.RUNNING) if result is not None else state
        state = state if state in (RequirementState.QUEUED, RequirementState.RUNNING) else RequirementState.RUNNING
    note = row.get("error_reason") or row.get("details") or (result or {}).get("note") or ""
    return Finding(requirement, state, row.get("result_id"), str((result or {}).get("ref_url") or ""), str(note))
