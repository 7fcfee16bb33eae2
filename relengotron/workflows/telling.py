"""What is noted and told of one compose: that it began, what it made, that nothing changed, or why it failed."""

from relengotron.messages import outgoing
from relengotron.model.artifact import Artifact, Built
from relengotron.model.outcome import Failed
from relengotron.model.rung import RungName, Says
from relengotron.sdk.artifact import Detected
from relengotron.workflows.push import Push
from relengotron.workflows.trying import first_that_counts


def say_start(push: Push, artifact: Artifact, attempt: int) -> None:
    """``artifact.compose.start``, once per try."""
    made = push.engine.effect_record(f"compose {artifact.name} try {attempt}")
    if made is None or not made.is_finished:
        return
    task = made.result.get("task") if isinstance(made.result, dict) else None
    told = outgoing.artifact_compose_start(
        push.facts(),
        artifact.name,
        kind=artifact.kind,
        koji_task_id=task,
        reason=made.what,
        made_from=artifact.made_from,
        attempt=attempt,
        eta=push.history.compose_eta(push.engine.run, artifact.name, artifact.kind, push.now()),
    )
    push.say(f"compose start {artifact.name} {attempt}", told)


def note_built(push: Push, artifact: Artifact, built: Built) -> None:
    """``artifact.compose.complete``, and what was made."""
    told = outgoing.artifact_compose_complete(
        push.facts(), artifact.name, kind=artifact.kind, koji_task_id=built.task_id, identity=built.identity
    )
    anew = first_that_counts(push, artifact.name)
    push.say(f"compose complete {artifact.name}" if anew == 1 else f"compose complete {artifact.name} {anew}", told)
    facts = {"identity": built.identity, "koji_task_id": built.task_id, "kind": artifact.kind}
    push.engine.note("artifact", artifact.name, "composed", f"Koji task {built.task_id} made {built.identity}", facts)


def note_failed(push: Push, artifact: Artifact, failed: Failed) -> None:
    """``artifact.compose.failed``, and why."""
    task, run = failed.evidence.get("koji_task_id"), push.engine.run
    told = outgoing.artifact_compose_failed(
        push.facts(),
        artifact.name,
        failed.reason,
        kind=artifact.kind,
        koji_task_id=task,
        state=failed.evidence.get("state"),
        owner=push.settings.owner,
        command=f"relengotron runs retry {run.id}",
        attempt=run.attempt,
    )
    push.say(f"compose failed {artifact.name} {run.attempt}", told)
    facts = {"kind": artifact.kind, "failure": str(failed.kind), **failed.evidence}
    push.engine.note("artifact", artifact.name, "failed", failed.reason, facts)


def note_unchanged(push: Push, artifact: Artifact, reason: str) -> None:
    """``artifact.compose.skipped``: users have this very content already, nothing is published."""
    words = f"unchanged: {reason}"
    told = outgoing.artifact_compose_skipped(push.facts(), artifact.name, words, kind=artifact.kind)
    push.say(f"skipped {artifact.name}", told)
    facts = {"kind": artifact.kind, "rung": str(RungName.CONTENT), "says": str(Says.UNCHANGED)}
    push.engine.note("artifact", artifact.name, "unchanged", reason, facts)


def note_detected(push: Push, artifact: Artifact, found: Detected) -> None:
    """What the artifact's own change detection said."""
    says = Says.CHANGED if found.is_changed else Says.UNCHANGED
    facts = {"kind": artifact.kind, "rung": str(RungName.DETECTED), "says": str(says)}
    push.engine.note("artifact", artifact.name, "detected", found.reason, facts)
