"""Push the updates of one lane: from Bodhi's request to bits that users can fetch."""

from collections.abc import Callable, Iterable

from relengotron.engine.attempt import Attempt, Saying
from relengotron.engine.history import OVER
from relengotron.engine.workflow import Workflow
from relengotron.messages import outgoing
from relengotron.messages.outgoing import OutgoingMessage, UpdateName
from relengotron.model.estimate import Eta
from relengotron.model.outcome import Failed, Hold
from relengotron.model.run import EffectRecord, StepState
from relengotron.workflows.acknowledging import ensure_bodhi_has_acknowledged
from relengotron.workflows.catching_up import ensure_laggards_have_caught_up
from relengotron.workflows.composing import ensure_artifacts_are_composed
from relengotron.workflows.digest import changed_since_told
from relengotron.workflows.ejecting import ensure_ejected_updates_are_out, unless_called_back
from relengotron.workflows.inviting import ensure_testers_are_invited
from relengotron.workflows.judging import (
    ensure_compose_results_are_stored,
    ensure_tests_have_verdicts,
    ensure_the_gate_is_open,
)
from relengotron.workflows.mashing import ensure_repos_are_mashed
from relengotron.workflows.moves import take_back_move
from relengotron.workflows.push import Push
from relengotron.workflows.reaching import ensure_affected_artifacts_are_known
from relengotron.workflows.reading_back import ensure_publication_is_seen_from_outside
from relengotron.workflows.releasing import (
    LIVE,
    ensure_bits_are_live,
    ensure_leftovers_are_gone,
    ensure_people_are_told,
    ensure_updates_are_still_wanted,
    withdraw,
)
from relengotron.workflows.seeing_caches import ensure_caches_show_what_is_new
from relengotron.workflows.shipping import (
    ensure_builds_are_in_target,
    ensure_builds_are_signed,
    ensure_builds_left_pending,
    ensure_updates_are_eligible,
)
from relengotron.workflows.signing import ensure_artifacts_are_signed
from relengotron.workflows.telling_mirrors import (
    ensure_lists_name_what_is_left,
    ensure_mirrors_know,
    is_last_to_go_back,
    tell_again,
)
from relengotron.workflows.trying import stop_compose

NAME = "push_updates"

STEPS = (
    ensure_updates_are_eligible,
    ensure_builds_are_signed,
    ensure_builds_are_in_target,
    ensure_builds_left_pending,
    ensure_ejected_updates_are_out,
    ensure_repos_are_mashed,
    ensure_affected_artifacts_are_known,
    ensure_artifacts_are_composed,
    ensure_compose_results_are_stored,
    ensure_tests_have_verdicts,
    ensure_the_gate_is_open,
    ensure_updates_are_still_wanted,
    ensure_artifacts_are_signed,
    ensure_bits_are_live,
    ensure_mirrors_know,
    ensure_publication_is_seen_from_outside,
    ensure_caches_show_what_is_new,
    ensure_people_are_told,
    ensure_testers_are_invited,
    ensure_leftovers_are_gone,
    ensure_lists_name_what_is_left,
    ensure_bodhi_has_acknowledged,
    ensure_laggards_have_caught_up,
)

PUSH_UPDATES = tuple(unless_called_back(step) for step in STEPS)
"""Between any two of them an update may be called back."""

PROMISES = {step.__name__: (step.__doc__ or "").strip() for step in PUSH_UPDATES}


def push_updates(open_push: Callable[[Attempt], Push]) -> Workflow[Push]:
    """The workflow; ``open_push`` gives a run the world and the settings it works with."""
    return Workflow(NAME, PUSH_UPDATES, open_push, PushVoice(open_push), undo)


def undo(push: Push, effect: EffectRecord) -> None:
    """Take one effect of a push back, whether its result is known or not: stop it, move it back, withdraw it."""
    if effect.key.startswith("move "):
        take_back_move(push.world.koji, effect)
    elif effect.key.startswith(("compose ", "detect ")):
        stop_compose(push, effect)
    elif effect.key.startswith(LIVE):
        withdraw(push, effect)
        if is_last_to_go_back(push, effect):
            tell_again(push)


class PushVoice:
    """What a push tells everybody about itself."""

    def __init__(self, open_push: Callable[[Attempt], Push]) -> None:
        """Take the way to the facts of a run."""
        self._open = open_push

    def started(self, attempt: Attempt) -> Iterable[Saying]:
        """``push.start`` with the updates as they were asked for."""
        push = self._open(attempt)
        updates = [UpdateName(None, title) for title in push.batch.updates]
        told = outgoing.push_start(push.facts(), updates, security=push.batch.is_security, eta=_eta(push))
        yield _saying("start", told)

    def stepped(self, attempt: Attempt, step: str, state: StepState, note: str) -> Iterable[Saying]:
        """``push.step`` for each change of a step; what it waits for is told when it changes."""
        words = _WORDS.get(state)
        if words is None:
            return
        push = self._open(attempt)
        message = outgoing.push_step(
            push.facts(),
            words,
            promise=PROMISES.get(step),
            reason=note or None,
            attempt=attempt.run.attempt,
            eta=None if state is StepState.FAILED else _eta(push, step, state),
            changed=changed_since_told(attempt),
        )
        number = f" {note}" if state is StepState.RUNNING else ""
        yield _saying(f"step {step} {attempt.run.attempt} {words}{number}"[:256], message)

    def held(self, attempt: Attempt, hold: Hold) -> Iterable[Saying]:
        """``push.hold``: what is missing, until when, who can act and how."""
        push = self._open(attempt)
        message = outgoing.push_hold(
            push.facts(),
            "; ".join(hold.missing),
            missing=hold.missing,
            since=attempt.step_started_at,
            deadline=hold.deadline,
            owner=hold.owner,
            command=hold.command,
            changed=changed_since_told(attempt),
        )
        yield _saying(f"hold {attempt.step} {attempt.now().isoformat()}", message)

    def failed(self, attempt: Attempt, failed: Failed) -> Iterable[Saying]:
        """``push.failed``: why, and what its owner can do now."""
        push = self._open(attempt)
        message = outgoing.push_failed(
            push.facts(),
            failed.reason,
            failure=str(failed.kind),
            evidence=None,
            owner=push.settings.owner,
            command=f"relengotron explain {attempt.run.id}",
        )
        yield _saying(f"failed {attempt.run.attempt}", message)

    def cancelled(self, attempt: Attempt, reason: str) -> Iterable[Saying]:
        """``push.failed``: a person called the push off and what it did was taken back."""
        push = self._open(attempt)
        message = outgoing.push_failed(
            push.facts(),
            reason,
            failure="cancelled",
            evidence=None,
            owner=push.settings.owner,
            command=f"relengotron runs show {attempt.run.id}",
        )
        yield _saying("cancelled", message)


_WORDS: dict[StepState, outgoing.StepState] = {
    StepState.RUNNING: "running",
    StepState.DONE: "done",
    StepState.SKIPPED: "skipped",
    StepState.FAILED: "failed",
}


def _eta(push: Push, step: str | None = None, state: StepState = StepState.PENDING) -> Eta | None:
    """How long the push still takes; the journal does not say yet that this step is in this state."""
    over = {name for name, known in push.engine.steps.items() if known.state in OVER}
    if step is not None and state in OVER:
        over.add(step)
    since = push.engine.step_started_at if state is StepState.RUNNING else None
    return push.history.eta(push.engine.run, tuple(PROMISES), over, push.now(), since=since)


def _saying(key: str, message: OutgoingMessage) -> Saying:
    return Saying(key, message.topic_suffix, message.body)
