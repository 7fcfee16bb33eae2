"""The procedure of a rollback: its steps in order, what it tells, and how it is called off."""

from collections.abc import Callable, Iterable

from relengotron.engine.attempt import Attempt, Saying
from relengotron.engine.workflow import Workflow
from relengotron.messages import rollback as messages
from relengotron.messages.outgoing import OutgoingMessage
from relengotron.model.outcome import Failed, FailureKind, Hold
from relengotron.model.run import EffectRecord, StepState
from relengotron.workflows.rollback.steps import (
    ensure_a_way_back_is_open,
    ensure_bits_of_before_are_live,
    ensure_bits_of_before_are_seen_from_outside,
    ensure_builds_came_home,
    ensure_mirrors_know_of_the_way_back,
    ensure_nothing_of_it_is_left,
    ensure_people_know_of_the_way_back,
    take_back,
)
from relengotron.workflows.rollback.way_back import Rollback

NAME = "rollback"

STEPS = (
    ensure_a_way_back_is_open,
    ensure_bits_of_before_are_live,
    ensure_mirrors_know_of_the_way_back,
    ensure_bits_of_before_are_seen_from_outside,
    ensure_builds_came_home,
    ensure_people_know_of_the_way_back,
    ensure_nothing_of_it_is_left,
)

PROMISES = {step.__name__: (step.__doc__ or "").strip() for step in STEPS}


def rollback(open_rollback: Callable[[Attempt], Rollback]) -> Workflow[Rollback]:
    """The workflow; ``open_rollback`` gives a run the world, the settings, and what it takes back."""
    return Workflow(NAME, STEPS, open_rollback, RollbackVoice(open_rollback), undo)


def undo(rollback: Rollback, effect: EffectRecord) -> None:
    """Take one effect of a rollback back, whether its result is known or not."""
    take_back(rollback, effect)


class RollbackVoice:
    """What a rollback tells everybody about itself."""

    def __init__(self, open_rollback: Callable[[Attempt], Rollback]) -> None:
        """Take the way to the facts of a run."""
        self._open = open_rollback

    def started(self, attempt: Attempt) -> Iterable[Saying]:
        """``rollback.start``: what goes back, who wanted it and why."""
        back = self._open(attempt)
        artifacts = [each.artifact for each in reversed(back.deed.published)]
        yield _saying(
            "start",
            messages.rollback_start(
                back.push.facts(), back.order.run, back.order.reason, artifacts=artifacts, untag=back.order.untag
            ),
        )

    def stepped(self, attempt: Attempt, step: str, state: StepState, note: str) -> Iterable[Saying]:
        """Nothing: a rollback takes seconds."""
        return ()

    def held(self, attempt: Attempt, hold: Hold) -> Iterable[Saying]:
        """``rollback.hold``: what is missing, until when, who can act and how."""
        back = self._open(attempt)
        message = messages.rollback_hold(
            back.push.facts(),
            back.order.run,
            "; ".join(hold.missing),
            missing=hold.missing,
            since=attempt.step_started_at,
            deadline=hold.deadline,
            owner=hold.owner,
            command=hold.command,
        )
        yield _saying(f"hold {attempt.step} {attempt.now().isoformat()}", message)

    def failed(self, attempt: Attempt, failed: Failed) -> Iterable[Saying]:
        """``rollback.failed``: why, and what its owner can do now."""
        command = failed.evidence.get("command") or f"relengotron runs show {attempt.run.id}"
        yield self._over(attempt, failed.reason, failed.kind, command)

    def cancelled(self, attempt: Attempt, reason: str) -> Iterable[Saying]:
        """``rollback.failed``: a person called it off, and what it had taken back is live again."""
        yield self._over(attempt, reason, "cancelled", f"relengotron runs show {attempt.run.id}")

    def _over(self, attempt: Attempt, reason: str, failure: FailureKind | str, command: str) -> Saying:
        back = self._open(attempt)
        told = messages.rollback_failed(
            back.push.facts(),
            back.order.run,
            reason,
            failure=str(failure),
            owner=back.push.settings.owner,
            command=command,
        )
        return _saying(f"{failure} {attempt.run.attempt}", told)


def _saying(key: str, message: OutgoingMessage) -> Saying:
    return Saying(key, message.topic_suffix, message.body)
