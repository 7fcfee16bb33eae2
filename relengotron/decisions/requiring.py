"""What must hold of these subjects? The rules of every policy that applies to them, each once."""

from collections.abc import Iterable
from dataclasses import dataclass

from relengotron.model.gate import BUILD, UPDATE, Question, Requirement, Subject
from relengotron.model.policy import (
    ABOUT_UPDATES,
    Blocker,
    BugsAreFixed,
    CriticalPathKarma,
    Freeze,
    ManualTestCases,
    MinimumKarma,
    PassingTestCase,
    Policy,
    Rule,
    SameBitsWereTested,
    is_named,
)

KARMA, CRITICAL_PATH, MANUAL, BUGS = "bodhi.karma", "bodhi.critical_path", "bodhi.test_cases", "bodhi.bugs"
FREEZE, BLOCKER, SAME_BITS = "relengotron.freeze", "relengotron.blocker", "relengotron.same_bits"
POLICY = "relengotron.policy"
"""How the rules that are no test cases are called, in answers and in waivers."""


@dataclass(frozen=True, slots=True)
class Demand:
    """A requirement and the rule it comes from; without a rule there is no policy, which never opens a gate."""

    requirement: Requirement
    rule: Rule | None


def demands(question: Question) -> tuple[Demand, ...]:
    """Everything that the policies ask of the subjects; a rule that several policies name is asked once."""
    merged: dict[tuple[Subject, Rule | None], Requirement] = {}
    for subject in question.subjects:
        for policy, rule in _rules(question, subject):
            new = _requirement(subject, policy, rule)
            known = merged.get((subject, rule))
            merged[subject, rule] = new if known is None else known.with_policies_of(new)
    return tuple(Demand(requirement, rule) for (_, rule), requirement in merged.items())


def gated_types(policies: Iterable[Policy], context: str) -> frozenset[str]:
    """The types of subjects that some policy speaks about at this decision."""
    return frozenset(each for policy in policies for each in policy.subject_types if policy.is_for(context, each))


def needs_opinions(demand: Demand) -> bool:
    """Whether what people say of an update in Bodhi decides."""
    if demand.requirement.type != UPDATE:
        return False
    rule = demand.rule
    return isinstance(rule, (*ABOUT_UPDATES, Blocker)) or (isinstance(rule, Freeze) and bool(rule.unless_fixes))


def result_of(demand: Demand) -> str | None:
    """The test case of which a result in ResultsDB decides, None where none does."""
    rule = demand.rule
    return rule.test_case_name if isinstance(rule, PassingTestCase | SameBitsWereTested) else None


def needs_build_times(policies: Iterable[Policy]) -> bool:
    """Whether a rule depends on when a build was made."""
    rules = (rule for policy in policies if BUILD in policy.subject_types for rule in policy.rules)
    return any(isinstance(rule, PassingTestCase) and (rule.valid_since or rule.valid_until) for rule in rules)


def needs_the_past(policies: Iterable[Policy], context: str) -> bool:
    """Whether a rule depends on what was live before."""
    rules = (rule for policy in policies if context in policy.decision_contexts for rule in policy.rules)
    return any(isinstance(rule, SameBitsWereTested) for rule in rules)


def _rules(question: Question, subject: Subject) -> Iterable[tuple[Policy | None, Rule | None]]:
    """As Greenwave: a subject without any policy is a gap, except an update, which is judged by what it holds."""
    context, product = question.context, question.product_version
    about = [each for each in question.policies if each.applies(context, product, subject.type)]
    applying = [each for each in about if each.names is None or subject.name in each.names]
    if not applying and subject.type != UPDATE:
        return [(None, None)]
    chosen = (each for each in applying if _is_meant(each, subject))
    return [(policy, rule) for policy in chosen for rule in policy.rules if _stands(rule, question, subject)]


def _is_meant(policy: Policy, subject: Subject) -> bool:
    if subject.type != BUILD:
        return True
    package = subject.item.rsplit("-", 2)[0]
    return not is_named(package, policy.excluded_packages) and (
        not policy.packages or is_named(package, policy.packages)
    )


def _stands(rule: Rule, question: Question, subject: Subject) -> bool:
    """Whether the rule asks anything of this subject; a build of unknown age is asked everything."""
    match rule:
        case PassingTestCase():
            made = question.built.get(subject.item) if subject.type == BUILD else question.now
            return made is None or rule.is_valid(made)
        case MinimumKarma() | CriticalPathKarma() | ManualTestCases() | BugsAreFixed():
            return subject.type == UPDATE
        case SameBitsWereTested():
            return True
        case Blocker():
            return _is_called(subject, rule.blocks)
        case Freeze():
            return rule.is_on(question.now) and not _is_called(subject, rule.unless)


def _is_called(subject: Subject, patterns: tuple[str, ...]) -> bool:
    return any(is_named(name, patterns) for name in (subject.item, subject.name))


def _requirement(subject: Subject, policy: Policy | None, rule: Rule | None) -> Requirement:
    return Requirement(
        artifact=subject.name,
        item=subject.item,
        testcase=_testcase(rule),
        type=subject.type,
        scenario=rule.scenario if isinstance(rule, PassingTestCase) else None,
        policies=() if policy is None else (policy.id,),
        waivers_need=1 if policy is None else policy.waivers_need,
        waivers_by=() if policy is None or not policy.waivers_by else (policy.waivers_by,),
    )


def _testcase(rule: Rule | None) -> str:
    match rule:
        case PassingTestCase():
            return rule.test_case_name
        case MinimumKarma():
            return KARMA
        case CriticalPathKarma():
            return CRITICAL_PATH
        case ManualTestCases():
            return MANUAL
        case BugsAreFixed():
            return BUGS
        case SameBitsWereTested():
            return SAME_BITS
        case Blocker():
            return BLOCKER
        case Freeze():
            return FREEZE
        case None:
            return POLICY
