"""What does a run that looks after trees tell everybody about itself?"""

from collections.abc import Callable, Iterable

from relengotron.engine.attempt import Attempt, Saying
from relengotron.engine.workflow import Silence
from relengotron.messages.tree_care import CareFacts, CareState, tree_care
from relengotron.model.outcome import Failed, Hold
from relengotron.model.tree_care import TreeCare
from relengotron.settings import Settings
from relengotron.workflows.trees.care import Care


def facts_of(attempt: Attempt, wanted: TreeCare, settings: Settings) -> CareFacts:
    """What every message says of this run."""
    run, page = attempt.run, settings.links.runs
    return CareFacts(
        run=run.id,
        lane=run.lane,
        appointment=wanted.appointment,
        repo=str(wanted.repo),
        at=attempt.now(),
        step=attempt.step or None,
        trigger_msg_id=run.trigger_msg_id,
        links={} if page is None else {"run": page.format(run=run.id)},
    )


class CareVoice(Silence):
    """Nobody needs to hear of steps that go well; the last one tells what was done."""

    def __init__(self, open_care: Callable[[Attempt], Care]) -> None:
        """Take the way to the facts of a run."""
        self._open = open_care

    def held(self, attempt: Attempt, hold: Hold) -> Iterable[Saying]:
        """``tree.care``: what is broken, who can heal it and how."""
        care = self._open(attempt)
        message = tree_care(
            facts_of(attempt, care.wanted, care.settings),
            "held",
            reason="; ".join(hold.missing),
            missing=hold.missing,
            deadline=hold.deadline,
            owner=hold.owner,
            command=hold.command,
        )
        yield Saying(f"hold {attempt.step} {attempt.now().isoformat()}", message.topic_suffix, message.body)

    def failed(self, attempt: Attempt, failed: Failed) -> Iterable[Saying]:
        """``tree.care``: why it was not done."""
        yield self._ended(attempt, "failed", failed.reason)

    def cancelled(self, attempt: Attempt, reason: str) -> Iterable[Saying]:
        """``tree.care``: a person called it off."""
        yield self._ended(attempt, "cancelled", reason)

    def _ended(self, attempt: Attempt, state: CareState, reason: str) -> Saying:
        care = self._open(attempt)
        facts = facts_of(attempt, care.wanted, care.settings)
        command = f"relengotron explain {attempt.run.id}"
        message = tree_care(facts, state, reason=reason, owner=care.settings.owner, command=command)
        return Saying(f"{state} {attempt.run.attempt}", message.topic_suffix, message.body)
