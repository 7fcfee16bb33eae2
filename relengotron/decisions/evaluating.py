"""What do the facts say of each requirement? Greenwave's rules, and ours where it has none."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from relengotron.decisions.requiring import Demand
from relengotron.model.gate import BUILD, COMPOSE, UPDATE, Finding, Requirement, RequirementState, StoredResult
from relengotron.model.policy import Freeze, MinimumKarma, PassingTestCase

STATES: Final[Mapping[str, RequirementState]] = {
    "PASSED": RequirementState.PASSED,
    "INFO": RequirementState.PASSED,
    "FAILED": RequirementState.FAILED,
    "NEEDS_INSPECTION": RequirementState.FAILED,
    "ERROR": RequirementState.ERRORED,
    "QUEUED": RequirementState.QUEUED,
    "RUNNING": RequirementState.RUNNING,
}
"""By outcome in ResultsDB; an outcome that nobody has heard of never opens a gate."""

TYPES: Final[Mapping[str, tuple[str, ...]]] = {COMPOSE: (COMPOSE,), UPDATE: (UPDATE,), BUILD: (BUILD, "brew-build")}
"""By type of subject, what the ``type`` of a result may say."""

WORST_FIRST: Final = (
    RequirementState.POLICY_MISSING,
    RequirementState.FAILED,
    RequirementState.ERRORED,
    RequirementState.FROZEN,
    RequirementState.TOO_LITTLE,
    RequirementState.SOURCE_DOWN,
    RequirementState.MISSING,
    RequirementState.QUEUED,
    RequirementState.RUNNING,
    RequirementState.PASSED,
)


@dataclass(frozen=True, slots=True)
class Facts:
    """What was seen outside; ``results`` newest first, and the reason where a source could not be asked."""

    results: Sequence[StoredResult] = ()
    karma: Mapping[str, int] = field(default_factory=dict)
    results_trouble: str = ""
    karma_trouble: str = ""


def evaluate(demands: Iterable[Demand], facts: Facts) -> tuple[Finding, ...]:
    """Weigh every demand by the facts alone."""
    return tuple(_weigh(demand, facts) for demand in demands)


def merged(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """One finding for each requirement, whichever engines spoke about it: the worst, with all its policies."""
    about: dict[tuple[str, str, str, str | None], list[Finding]] = {}
    for each in findings:
        requirement = each.requirement
        key = (requirement.type, requirement.item, requirement.testcase, requirement.scenario)
        about.setdefault(key, []).append(each)
    return tuple(_as_one(each) for each in about.values())


def worst(findings: Sequence[Finding]) -> Finding:
    """The one that decides where several speak about the same requirement."""
    return min(findings, key=lambda each: (WORST_FIRST.index(each.state), each.result_id or 0))


def _as_one(findings: Sequence[Finding]) -> Finding:
    requirement = findings[0].requirement
    for each in findings[1:]:
        requirement = requirement.with_policies_of(each.requirement)
    return replace(worst(findings), requirement=requirement)


def _weigh(demand: Demand, facts: Facts) -> Finding:
    requirement, rule = demand.requirement, demand.rule
    match rule:
        case PassingTestCase():
            return _of_results(requirement, facts)
        case MinimumKarma():
            return _of_karma(requirement, rule, facts)
        case Freeze():
            until = f"until {rule.ends:%Y-%m-%d %H:%M} UTC" if rule.ends is not None else "until further notice"
            return Finding(requirement, RequirementState.FROZEN, note=f"{until}: {rule.reason}")
        case None:
            note = f"no policy applies to {requirement.type} subjects of this product: mend config/policies"
            return Finding(requirement, RequirementState.POLICY_MISSING, note=note)


def _of_karma(requirement: Requirement, rule: MinimumKarma, facts: Facts) -> Finding:
    if facts.karma_trouble:
        return Finding(requirement, RequirementState.SOURCE_DOWN, note=facts.karma_trouble)
    karma = facts.karma.get(requirement.item)
    if karma is not None and karma >= rule.karma:
        return Finding(requirement, RequirementState.PASSED, note=f"karma {karma}")
    known = "unknown to Bodhi" if karma is None else f"karma {karma}"
    return Finding(requirement, RequirementState.TOO_LITTLE, note=f"{known}, needed {rule.karma}")


def _of_results(requirement: Requirement, facts: Facts) -> Finding:
    """Every newest row counts: one for each scenario, architecture and variant; the worst is the answer."""
    if facts.results_trouble:
        return Finding(requirement, RequirementState.SOURCE_DOWN, note=facts.results_trouble)
    newest: dict[tuple[tuple[str, ...], ...], StoredResult] = {}
    for row in facts.results:
        if _is_about(row, requirement):
            newest.setdefault((row.scenario, row.architecture, row.variant), row)
    if not newest:
        return Finding(requirement, RequirementState.MISSING)
    return worst([_of_row(requirement, row) for row in newest.values()])


def _is_about(row: StoredResult, requirement: Requirement) -> bool:
    return (
        row.item == requirement.item
        and row.testcase == requirement.testcase
        and row.type in TYPES.get(requirement.type, (requirement.type,))
        and (requirement.scenario is None or requirement.scenario in row.scenario)
    )


def _of_row(requirement: Requirement, row: StoredResult) -> Finding:
    state = STATES.get(row.outcome, RequirementState.FAILED)
    return Finding(requirement, state, row.id, row.ref_url, row.note)
