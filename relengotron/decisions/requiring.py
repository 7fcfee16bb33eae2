"""What must hold of these subjects? The rules of every policy that applies to them, each once."""

from collections.abc import Iterable
from dataclasses import dataclass

from relengotron.model.gate import BUILD, UPDATE, Question, Requirement, Subject
from relengotron.model.policy import Freeze, MinimumKarma, PassingTestCase, Policy, Rule, is_named

KARMA, FREEZE, POLICY = "bodhi.karma", "relengotron.freeze", "relengotron.policy"
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


def needs_build_times(policies: Iterable[Policy]) -> bool:
    """Whether a rule depends on when a build was made."""
    rules = (rule for policy in policies if BUILD in policy.subject_types for rule in policy.rules)
    return any(isinstance(rule, PassingTestCase) and (rule.valid_since or rule.valid_until) for rule in rules)


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
        case MinimumKarma():
            return subject.type == UPDATE
        case Freeze():
            names = (subject.item, subject.name)
            return rule.is_on(question.now) and not any(is_named(name, rule.unless) for name in names)


def _requirement(subject: Subject, policy: Policy | None, rule: Rule | None) -> Requirement:
    return Requirement(
        artifact=subject.name,
        item=subject.item,
        testcase=_testcase(rule),
        type=subject.type,
        scenario=rule.scenario if isinstance(rule, PassingTestCase) else None,
        policies=() if policy is None else (policy.id,),
        waivers_need=1 if policy is None else policy.waivers_need,
    )


def _testcase(rule: Rule | None) -> str:
    match rule:
        case PassingTestCase():
            return rule.test_case_name
        case MinimumKarma():
            return KARMA
        case Freeze():
            return FREEZE
        case None:
            return POLICY
