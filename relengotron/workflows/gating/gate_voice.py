"""What does a batch at a gate tell everybody about itself?"""

from collections.abc import Callable, Iterable

from relengotron.engine.attempt import Attempt, Saying
from relengotron.engine.workflow import Silence
from relengotron.messages import gate
from relengotron.messages.outgoing import OutgoingMessage
from relengotron.model.outcome import Failed, Hold
from relengotron.workflows.gating.facts import facts_of, told_of
from relengotron.workflows.gating.gate import GateRun
from relengotron.workflows.gating.unknown import UnknownGate

OpenGate = Callable[[Attempt], GateRun | UnknownGate]


class GateVoice(Silence):
    """Steps that go well are not told: testers and packagers hear what the steps themselves say."""

    def __init__(self, open_gate: OpenGate) -> None:
        """Take the way to the facts of a run."""
        self._open = open_gate

    def started(self, attempt: Attempt) -> Iterable[Saying]:
        """``gate.batch.open``: which builds go together, and why."""
        run = self._open(attempt)
        if isinstance(run, GateRun):
            yield _saying("open", gate.batch_open(facts_of(run), run.batch, told_of(run, run.builds())))

    def held(self, attempt: Attempt, hold: Hold) -> Iterable[Saying]:
        """``gate.batch.hold``: what is missing, until when, who can act and how."""
        run = self._open(attempt)
        if isinstance(run, GateRun):
            message = gate.batch_hold(
                facts_of(run),
                told_of(run, run.builds()),
                "; ".join(hold.missing),
                missing=hold.missing,
                since=attempt.step_started_at,
                deadline=hold.deadline,
                owner=hold.owner,
                command=hold.command,
            )
            yield _saying(f"hold {attempt.step} {attempt.now().isoformat()}", message)

    def failed(self, attempt: Attempt, failed: Failed) -> Iterable[Saying]:
        """``gate.batch.failed``: the batch could not be brought to an end, and what its owner can do now."""
        command = f"relengotron explain {attempt.run.id}"
        yield from self._ended(attempt, f"failed {attempt.run.attempt}", failed.reason, command)

    def cancelled(self, attempt: Attempt, reason: str) -> Iterable[Saying]:
        """``gate.batch.failed``: a person called the batch off; its builds come to the gate once more."""
        words = f"{reason}; what has not gone through comes to the gate once more"
        yield from self._ended(attempt, "cancelled", words, f"relengotron runs show {attempt.run.id}")

    def _ended(self, attempt: Attempt, key: str, reason: str, command: str) -> Iterable[Saying]:
        run = self._open(attempt)
        if isinstance(run, GateRun):
            message = gate.batch_failed(
                facts_of(run), run.batch, told_of(run, run.builds()), reason, owner=run.owner, command=command
            )
            yield _saying(key, message)


def _saying(key: str, message: OutgoingMessage) -> Saying:
    return Saying(key, message.topic_suffix, message.body)
