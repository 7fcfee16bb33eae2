"""When are people told that verdicts have changed? Once for a burst, with what has changed since they were told."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from relengotron.decisions import digesting
from relengotron.decisions.digesting import Changes
from relengotron.engine.attempt import Attempt
from relengotron.model.gate import GateAnswer
from relengotron.model.run import Evidence, StepState
from relengotron.workflows.push import Push

DIGEST: Final = "digest"
"""The kind of subject under which a push keeps what people were told of its gate."""
TOLD, CHANGING = "told", "changing"


@dataclass(frozen=True, slots=True)
class Telling:
    """Whether people are told now; when to look, so that a burst that has begun is told once it has settled."""

    tell: bool | None
    look_again: timedelta | None = None

    def within(self, usual: timedelta) -> timedelta:
        """When to look without a call."""
        return usual if self.look_again is None else min(usual, self.look_again)


def telling_of(push: Push, answer: GateAnswer) -> Telling:
    """Note what people know of this answer, and say whether they hear of it now.

    The first answer is told at once, also by a step that begins to hold; what changes after it is collected.
    """
    known = push.engine.noted(DIGEST, answer.context)
    if known is None:
        _note(push, answer, Changes())
        return Telling(None)
    changed = digesting.changes(dict(known.facts["states"]), answer)
    if not _waits_here(push):
        _note(push, answer, changed)
        return Telling(None)
    if not changed:
        _keep(push, answer, TOLD, "as it was told", known)
        return Telling(False)
    since, settle = known.at if known.state == CHANGING else push.now(), push.settings.pace.digest
    if digesting.has_settled(since, push.now(), settle):
        _note(push, answer, changed)
        return Telling(True)
    _keep(push, answer, CHANGING, "verdicts change; they are told together", known)
    return Telling(False, since + settle - push.now())


def changed_since_told(attempt: Attempt) -> dict[str, list[str]] | None:
    """What the present step tells of the gate; None when it tells nothing of it, or for the first time."""
    told = [each for each in attempt.notes if each.subject_kind == DIGEST and each.state == TOLD]
    changed: dict[str, list[str]] = told[-1].facts.get("changed") or {} if told else {}
    return changed if any(changed.values()) else None


def _waits_here(push: Push) -> bool:
    """A step that has not waited for this before tells that it does, whatever was told of the gate before."""
    known = push.engine.steps.get(push.engine.step)
    return known is not None and not known.troubles and known.state in (StepState.RUNNING, StepState.HELD)


def _note(push: Push, answer: GateAnswer, changed: Changes) -> None:
    facts = {"states": digesting.states_of(answer), "changed": changed.as_facts}
    push.engine.note(DIGEST, answer.context, TOLD, str(changed) or "told for the first time", facts)


def _keep(push: Push, answer: GateAnswer, state: str, words: str, known: Evidence) -> None:
    """What was told stays what was told; only whether something changes meanwhile is noted."""
    if known.state != state:
        push.engine.note(DIGEST, answer.context, state, words, {"states": known.facts["states"]})
