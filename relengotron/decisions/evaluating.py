"""What do the facts say of each requirement? Greenwave's rules, and ours where it has none."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from relengotron.decisions import liking
from relengotron.decisions.liking import Liking
from relengotron.decisions.requiring import Demand
from relengotron.model.gate import BUILD, COMPOSE, UPDATE, Finding, Past, Requirement, RequirementState, StoredResult
from relengotron.model.opinions import Opinions
from relengotron.model.policy import (
    Blocker,
    BugsAreFixed,
    CriticalPathKarma,
    Freeze,
    ManualTestCases,
    MinimumKarma,
    PassingTestCase,
    SameBitsWereTested,
)

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

KINDS: Final = ("scenario", "system_architecture", "system_variant")
"""By which data of a result there is a newest one each."""

TYPES: Final[Mapping[str, tuple[str, ...]]] = {COMPOSE: (COMPOSE,), UPDATE: (UPDATE,), BUILD: (BUILD, "brew-build")}
"""By type of subject, what the ``type`` of a result may say."""

WORST_FIRST: Final = (
    RequirementState.POLICY_MISSING,
    RequirementState.FAILED,
    RequirementState.DISLIKED,
    RequirementState.ERRORED,
    RequirementState.BLOCKED,
    RequirementState.FROZEN,
    RequirementState.UNTESTED,
    RequirementState.TOO_LITTLE,
    RequirementState.SOURCE_DOWN,
    RequirementState.MISSING,
    RequirementState.QUEUED,
    RequirementState.RUNNING,
    RequirementState.PASSED,
)


@dataclass(frozen=True, slots=True)
class Facts:
    """What was seen outside; ``results`` newest first, and the reason where a source could not be asked.

    ``opinions`` by alias; an update that is not among them is unknown to Bodhi.
    """

    results: Sequence[StoredResult] = ()
    opinions: Mapping[str, Opinions] = field(default_factory=dict)
    results_trouble: str = ""
    bodhi_trouble: str = ""
    past: Past = field(default_factory=Past)


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


def state_of(outcome: str) -> RequirementState:
    """What an outcome means for a gate."""
    return STATES.get(outcome.upper(), RequirementState.FAILED)


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
        case MinimumKarma() | CriticalPathKarma() | ManualTestCases() | BugsAreFixed():
            return _of_people(requirement, rule, facts)
        case SameBitsWereTested():
            return _of_the_past(requirement, rule, facts)
        case Blocker():
            return _of_blockers(requirement, rule, facts)
        case Freeze():
            return _of_a_freeze(requirement, rule, facts)
        case None:
            note = f"no policy applies to {requirement.type} subjects of this product: mend config/policies"
            return Finding(requirement, RequirementState.POLICY_MISSING, note=note)


def _of_people(
    requirement: Requirement, rule: MinimumKarma | CriticalPathKarma | ManualTestCases | BugsAreFixed, facts: Facts
) -> Finding:
    if facts.bodhi_trouble:
        return Finding(requirement, RequirementState.SOURCE_DOWN, note=facts.bodhi_trouble)
    found = facts.opinions.get(requirement.item)
    match rule:
        case MinimumKarma() | CriticalPathKarma():
            return _as_liked(requirement, liking.enough_karma(rule, found))
        case ManualTestCases():
            return _as_liked(requirement, liking.manual_test_cases_are_good(rule, found))
        case BugsAreFixed():
            return _as_liked(requirement, liking.bugs_are_fixed(rule, found))


def _of_blockers(requirement: Requirement, rule: Blocker, facts: Facts) -> Finding:
    """That Bodhi cannot be asked lets nothing pass, and is told as what it is only where Bodhi could say more."""
    if facts.bodhi_trouble and requirement.type == UPDATE:
        return Finding(requirement, RequirementState.SOURCE_DOWN, note=facts.bodhi_trouble)
    return _as_liked(requirement, liking.passes_a_blocker(rule, facts.opinions.get(requirement.item)))


def _of_a_freeze(requirement: Requirement, rule: Freeze, facts: Facts) -> Finding:
    if facts.bodhi_trouble and rule.unless_fixes and requirement.type == UPDATE:
        return Finding(requirement, RequirementState.SOURCE_DOWN, note=facts.bodhi_trouble)
    accepted = liking.passes_a_freeze(rule, facts.opinions.get(requirement.item))
    if accepted is not None:
        return Finding(requirement, RequirementState.PASSED, note=accepted)
    until = f"until {rule.ends:%Y-%m-%d %H:%M} UTC" if rule.ends is not None else "until further notice"
    return Finding(requirement, RequirementState.FROZEN, note=f"{until}: {rule.reason}")


def _of_the_past(requirement: Requirement, rule: SameBitsWereTested, facts: Facts) -> Finding:
    """By content: the same identity, or every build in it; else a test that has passed with the very same item."""
    live, item = facts.past.live, requirement.item
    if item in live:
        return Finding(requirement, RequirementState.PASSED, note=live[item])
    parts = facts.past.made_of.get(item, ())
    never = [each for each in parts if each not in live]
    if parts and not never:
        return Finding(requirement, RequirementState.PASSED, note="; ".join(live[each] for each in parts))
    if rule.test_case_name is not None:
        found = _of_results(replace(requirement, testcase=rule.test_case_name), facts)
        if found.state in (RequirementState.PASSED, RequirementState.SOURCE_DOWN):
            return replace(found, requirement=requirement)
    return Finding(requirement, RequirementState.UNTESTED, note=f"never live in testing: {', '.join(never) or item}")


def _as_liked(requirement: Requirement, liked: Liking) -> Finding:
    return Finding(requirement, liked.state, note=liked.note)


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
    return Finding(requirement, state_of(row.outcome), row.id, row.ref_url, row.note)
