"""Who tests a batch, what is waited for meanwhile, and who must act where that is in vain?"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Final

from relengotron.decisions.waiving import NOT_TO_BE_WAIVED
from relengotron.errors import SystemUnreachable
from relengotron.messages.gate import batch_testing
from relengotron.model.gate import BUILD, GateAnswer, Reason, RequirementState, Verdict
from relengotron.model.gated import BATCH, GatedBuild
from relengotron.model.outcome import Outcome, Running
from relengotron.workflows.asking import look_at_answer, watches_of
from relengotron.workflows.gating.facts import facts_of, say, told_of
from relengotron.workflows.gating.gate import GateRun
from relengotron.workflows.gating.question import round_item, round_of, sources_down, tests_wanted

PASSED_ON: Final = frozenset({RequirementState.FROZEN, RequirementState.BLOCKED})
"""What holds good builds back, and is asked about before they move: it makes nobody suspect."""

TOLD: Final = 5
"""So many tests that are waited for are named in one sentence."""


def patience(run: GateRun) -> timedelta:
    """How long a result may be missing at this gate."""
    return run.gate.tests or run.settings.patience.tests


def is_first_look(run: GateRun) -> bool:
    """Whether this round of tests begins now; a look that came to nothing has begun nothing."""
    known = run.engine.steps.get(run.engine.step)
    return known is None or known.troubles > 0


def wait_for_tests(run: GateRun, asked: Sequence[GatedBuild], answer: GateAnswer) -> Outcome | None:
    """What has no verdict is waited for, and for people once that is in vain; None when nothing is left to wait for."""
    left = [each for each in answer.reasons if each.verdict is not Verdict.OPEN and each.state not in PASSED_ON]
    if not left:
        return None
    if is_first_look(run) and (down := sources_down(answer, BUILD, BATCH)):
        raise SystemUnreachable("; ".join(down))  # testers are called once, for all that is wanted
    watches = watches_of(answer, Verdict.WAITING, Verdict.CLOSED)
    until = run.engine.step_started_at + patience(run) - run.now()
    again = look_at_answer(run.world, answer, watches, run.settings.pace.poll, until)
    if is_first_look(run):
        _call_testers(run, asked, answer)
    if run.is_late(patience(run)) or any(each.verdict is Verdict.CLOSED for each in left):
        hold = run.hold(tuple(map(str, left)), patience(run), _command(run, left), watches)
        return replace(hold, look_again=again)
    # Nothing can have come of tests that are asked for with this very look; the poll finds what came of older ones.
    return Running(f"tests: {_in_short(left)}", watches, again, is_fresh=is_first_look(run))


def stuck_alone(answer: GateAnswer) -> dict[str, Reason]:
    """By build what keeps it and no other from going on."""
    left = (each for each in answer.reasons if each.verdict is not Verdict.OPEN and each.state not in PASSED_ON)
    return {each.requirement.item: each for each in left if each.requirement.type == BUILD}


def _call_testers(run: GateRun, asked: Sequence[GatedBuild], answer: GateAnswer) -> None:
    tests = tests_wanted(answer)
    if tests:
        message = batch_testing(
            facts_of(run),
            replace(run.batch, round=round_of(run)),
            told_of(run, asked),
            item=round_item(run),
            tests=tests,
            repos=run.gate.repos,
            deadline=run.engine.step_started_at + patience(run),
        )
        say(run, f"testing {run.engine.run.attempt}", message)


def _command(run: GateRun, left: Sequence[Reason]) -> str:
    waivable = [each.requirement.testcase for each in left if each.state not in NOT_TO_BE_WAIVED]
    if not waivable or any(each.state is RequirementState.POLICY_MISSING for each in left):
        return f"relengotron explain {run.engine.run.id}"
    return f"relengotron waive {run.engine.run.id} {waivable[0]} --reason TEXT"


def _in_short(left: Sequence[Reason]) -> str:
    more = len(left) - TOLD
    return "; ".join(map(str, left[:TOLD])) + (f"; and {more} more" if more > 0 else "")
