"""What is asked about a batch? Its builds, and the round of tests that they are in together."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Final

from relengotron.messages.gate import WantedTest
from relengotron.model.gate import BUILD, GateAnswer, Question, RequirementState, Subject, Verdict
from relengotron.model.gated import BATCH, CONTEXT, GatedBuild
from relengotron.model.policy import Blocker, Freeze, Policy
from relengotron.workflows.asking import answer_of, made_at
from relengotron.workflows.gating.gate import GateRun

SHUTTING: Final = (Freeze, Blocker)
"""Rules that shut the gate for a while; nobody is to blame for them."""


def round_item(run: GateRun) -> str:
    """Under which item testers store what they say of the batch as a whole: a new one for each round of tests."""
    return f"{run.batch.id}.{run.engine.run.attempt}"


def round_of(run: GateRun) -> int:
    """How many rounds of tests the builds have come through with this one; who tests once more begins another."""
    return run.batch.round + run.engine.run.attempt - 1


def subjects_of(run: GateRun, builds: Iterable[GatedBuild]) -> tuple[Subject, ...]:
    """Everything of a batch that somebody may judge."""
    of_builds = (Subject(BUILD, each.nvr, each.nvr) for each in builds)
    return (*of_builds, Subject(BATCH, round_item(run), run.batch.id))


def is_tested_as_a_whole(run: GateRun) -> bool:
    """Whether a policy, of ours or of Greenwave, wants tests of all builds of a batch together, not of each alone."""
    greenwave = run.settings.systems.greenwave
    if greenwave is not None and BATCH in greenwave.subject_types:
        return True
    return any(each.applies(CONTEXT, run.gate.product_version, BATCH) for each in run.settings.policies)


def question_of(run: GateRun, builds: Sequence[GatedBuild]) -> Question:
    """What our own policies speak of; where none speaks of this gate, the builds, so that its absence is told.

    What was said of a build before it came to the gate once more counts no longer: its tests start again.
    """
    product, policies = run.gate.product_version, run.settings.policies
    types = [kind for kind in (BUILD, BATCH) if any(each.applies(CONTEXT, product, kind) for each in policies)]
    subjects = tuple(each for each in subjects_of(run, builds) if each.type in (types or [BUILD]))
    made = made_at(run.world.koji, subjects, policies)
    since = {each.nvr: each.arrived_at for each in builds if each.tries > 1}
    return Question(CONTEXT, product, subjects, policies, run.now(), made, since=since)


def tests_wanted(answer: GateAnswer) -> tuple[WantedTest, ...]:
    """Which results are waited for: of each test case the items that have none yet."""
    items: dict[tuple[str, str, str | None], list[str]] = {}
    waiting = (each for each in answer.reasons if each.verdict is Verdict.WAITING)
    for each in (reason.requirement for reason in waiting if reason.state is not RequirementState.SOURCE_DOWN):
        items.setdefault((each.testcase, each.type, each.scenario), []).append(each.item)
    return tuple(WantedTest(case, kind, tuple(found), scenario) for (case, kind, scenario), found in items.items())


def sources_down(answer: GateAnswer, *types: str) -> tuple[str, ...]:
    """Why sources could not be asked, of subjects of these types or of all."""
    down = (each for each in answer.reasons if each.state is RequirementState.SOURCE_DOWN)
    return tuple(dict.fromkeys(each.note for each in down if not types or each.requirement.type in types))


def shut_by_policy(run: GateRun, builds: Sequence[GatedBuild]) -> tuple[str, ...]:
    """Which freezes and blockers keep these builds from moving now, a sentence each; what is waived does not."""
    policies = tuple(map(_only_shutting, run.settings.policies))
    if not builds or not any(each.rules for each in policies if CONTEXT in each.decision_contexts):
        return ()
    return answer_of(run.engine, run.world, replace(question_of(run, builds), policies=policies), ()).missing


def _only_shutting(policy: Policy) -> Policy:
    return replace(policy, rules=tuple(each for each in policy.rules if isinstance(each, SHUTTING)))
