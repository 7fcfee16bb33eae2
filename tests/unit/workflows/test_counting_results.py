"""What does Greenwave's word weigh of a build that came to a gate once more?"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest

from relengotron.model.gate import BUILD, Finding, Findings, Question, Requirement, RequirementState, Subject
from relengotron.model.gated import CONTEXT
from relengotron.systems.resultsdb.port import ResultsDb, TestResult
from relengotron.systems.world import World
from relengotron.workflows.asking import answer_of

RELEASED_AT = datetime(2016, 11, 1, 10, tzinfo=UTC)
RELEASED, OTHER = "bash-5.0-1.fc26", "nano-2-1.fc26"


@dataclass
class Outside:
    """Greenwave, which has seen these results, and ResultsDB, which knows when they came."""

    seen: dict[str, tuple[int, datetime]]
    outcome: RequirementState = RequirementState.FAILED
    bodhi: None = None
    waiverdb: None = None

    @property
    def greenwave(self) -> "Outside":
        return self

    @property
    def resultsdb(self) -> ResultsDb:
        return cast(ResultsDb, self)

    def findings(self, question: Question) -> Findings:
        requirements = (Requirement(each.name, each.item, "dist.lint", BUILD) for each in question.subjects)
        found = tuple(Finding(each, self.outcome, self.seen[each.item][0]) for each in requirements)
        return Findings("Greenwave", found)

    def results_for(self, items: Collection[str], _testcases: object) -> tuple[TestResult, ...]:
        return tuple(
            TestResult(number, "dist.lint", "FAILED", item, BUILD, at, "", "", (), {"item": (item,)})
            for item, (number, at) in self.seen.items()
            if item in items
        )


class Nobody:
    """Nobody waived anything."""

    def waivers_of(self, _items: object) -> tuple[()]:
        return ()


def states(outside: Outside) -> dict[str, RequirementState]:
    subjects = tuple(Subject(BUILD, each, each) for each in outside.seen)
    question = Question(CONTEXT, "fedora-rawhide", (), (), RELEASED_AT, since={RELEASED: RELEASED_AT})
    answer = answer_of(cast(Any, Nobody()), cast(World, outside), question, subjects)
    return {each.requirement.item: each.state for each in answer.reasons}


@pytest.mark.parametrize(
    ("came", "state"),
    [(timedelta(seconds=-1), RequirementState.MISSING), (timedelta(seconds=1), RequirementState.FAILED)],
)
def test_a_result_counts_that_came_after_the_release(came: timedelta, state: RequirementState) -> None:
    assert states(Outside({RELEASED: (7, RELEASED_AT + came)})) == {RELEASED: state}


def test_a_good_result_of_before_the_release_opens_nothing() -> None:
    before = RELEASED_AT - timedelta(seconds=1)
    found = states(Outside({RELEASED: (7, before)}, RequirementState.PASSED))
    assert found == {RELEASED: RequirementState.MISSING}


def test_results_of_builds_that_came_for_the_first_time_count_whenever_they_came() -> None:
    before = RELEASED_AT - timedelta(days=1)
    assert states(Outside({OTHER: (8, before)})) == {OTHER: RequirementState.FAILED}
