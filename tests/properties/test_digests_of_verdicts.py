"""What can never happen to the messages of a gate whose verdicts change in whatever order, at whatever pace?"""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from types import SimpleNamespace
from typing import Any, cast

from hypothesis import given, settings
from hypothesis import strategies as st

from relengotron.decisions import digesting
from relengotron.decisions.gating import VERDICTS
from relengotron.model.gate import GateAnswer, Reason, Requirement, RequirementState, Verdict
from relengotron.model.run import Evidence, StepState
from relengotron.workflows.digest import changed_since_told, telling_of
from relengotron.workflows.push import Push

START, SETTLE = datetime(2016, 11, 1, tzinfo=UTC), timedelta(minutes=1)
TESTS = ("a", "b", "c")
STATES = st.sampled_from(
    (RequirementState.PASSED, RequirementState.FAILED, RequirementState.QUEUED, RequirementState.RUNNING)
)
LOOKS = st.lists(
    st.tuples(st.integers(1, 90), st.fixed_dictionaries(dict.fromkeys(TESTS, STATES))), min_size=1, max_size=25
)


@dataclass
class Gate:
    """A push that looks at its gate again and again, and keeps what it notes as the journal does."""

    now: datetime = START
    kept: list[Evidence] = field(default_factory=list)
    notes: list[Evidence] = field(default_factory=list)
    steps: dict[str, Any] = field(default_factory=dict)
    told: list[tuple[datetime, dict[str, list[str]]]] = field(default_factory=list)
    step = "ensure_the_gate_is_open"

    def noted(self, _kind: str, _subject: str) -> Evidence | None:
        return self.kept[-1] if self.kept else None

    def note(self, kind: str, subject: str, state: str, reason: str, facts: dict[str, Any]) -> None:
        self.notes.append(Evidence("run", self.step, kind, subject, state, reason, facts, self.now))

    def look(self, after: timedelta, states: dict[str, RequirementState]) -> timedelta | None:
        """Time passes, the gate is asked, and what is told goes out."""
        self.now, self.notes = self.now + after, []
        pace = SimpleNamespace(pace=SimpleNamespace(digest=SETTLE))
        push = SimpleNamespace(engine=self, now=lambda: self.now, settings=pace)
        telling = telling_of(cast(Push, push), answer(states))
        if telling.tell or (telling.tell is None and self.step not in self.steps):
            self.told.append((self.now, changed_since_told(cast(Any, self)) or {}))
        self.kept += self.notes
        self.steps[self.step] = SimpleNamespace(state=StepState.HELD, troubles=0)
        return telling.look_again


def answer(states: dict[str, RequirementState]) -> GateAnswer:
    reasons = (Reason(Requirement("tree", "c", test), state, VERDICTS[state]) for test, state in states.items())
    return GateAnswer(Verdict.CLOSED, tuple(reasons), context="stable")


def lived_through(looks: list[tuple[int, dict[str, RequirementState]]]) -> Gate:
    """Every look of the list, and between them those that the digest itself asked for."""
    gate, before = Gate(), looks[0][1]
    again: timedelta | None = None
    for seconds, states in looks:
        left = timedelta(seconds=seconds)
        while again is not None and timedelta() < again < left:
            left, again = left - again, gate.look(again, before)
        again, before = gate.look(left, states), states
    for _ in range(5):
        again = gate.look(again, before) if again is not None else None
    assert again is None, "it comes to rest"
    return gate


@settings(max_examples=80, deadline=None)
@given(LOOKS)
def test_a_message_says_something_new_and_no_two_are_closer_than_a_burst_may_last(
    looks: list[tuple[int, dict[str, RequirementState]]],
) -> None:
    told = lived_through(looks).told
    assert all(any(changed.values()) for _, changed in told[1:])
    assert all(later - earlier >= SETTLE for (earlier, _), (later, _) in pairwise(told[1:]))


@settings(max_examples=80, deadline=None)
@given(LOOKS)
def test_in_the_end_people_know_what_is(looks: list[tuple[int, dict[str, RequirementState]]]) -> None:
    gate = lived_through(looks)
    known = dict(gate.kept[-1].facts["states"])
    assert not digesting.changes(known, answer(looks[-1][1]))


@settings(max_examples=40, deadline=None)
@given(st.fixed_dictionaries(dict.fromkeys(TESTS, STATES)), st.lists(st.integers(1, 300), max_size=20))
def test_what_does_not_change_is_told_once(states: dict[str, RequirementState], pauses: list[int]) -> None:
    assert len(lived_through([(1, states), *((pause, states) for pause in pauses)]).told) == 1
