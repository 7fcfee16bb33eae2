"""What do we tell others: one function for each topic, made from plain facts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final, Literal

from relengotron.messages import eta as etas
from relengotron.messages import gilmsg
from relengotron.model.estimate import Eta

SENDER: Final = "relengotron"

StepState = Literal["started", "done", "skipped", "running", "failed"]
ArtifactOutcome = Literal["published", "composed", "skipped", "failed", "held"]
UpdateOutcome = Literal["pushed", "ejected"]


@dataclass(frozen=True, slots=True)
class OutgoingMessage:
    """A message as the bus takes it: the topic after the environment, and the body."""

    topic_suffix: str
    body: Mapping[str, Any]
    wants_answer: bool = False


@dataclass(frozen=True, slots=True)
class RunFacts:
    """What every message says about its run; ``links`` are name → URL."""

    run: str
    release: str
    request: str
    at: datetime
    step: str | None = None
    agent: str | None = None
    trigger_msg_id: str | None = None
    links: Mapping[str, str] = field(default_factory=dict)

    @property
    def lane(self) -> str:
        """The lane the run goes on, such as F24/testing."""
        return f"{self.release}/{self.request}"


@dataclass(frozen=True, slots=True)
class ArtifactResult:
    """How one artifact came out of a push, with the reason when it was not published."""

    artifact: str
    kind: str
    outcome: ArtifactOutcome
    reason: str | None = None
    koji_task_id: int | None = None
    identity: str | None = None
    links: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class UpdateResult:
    """What became of one update, so that Bodhi can finish or reopen it."""

    alias: str | None
    title: str
    outcome: UpdateOutcome
    reason: str | None = None
    builds: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class UpdateName:
    """One update as it is named to others."""

    alias: str | None
    title: str
    builds: Sequence[str] = ()


def push_start(
    facts: RunFacts,
    updates: Sequence[UpdateName],
    *,
    security: bool = False,
    resume: bool = False,
    eta: Eta | None = None,
) -> OutgoingMessage:
    """A push has started, with these updates."""
    told = {
        "updates": [_update(update) for update in updates],
        "security": security,
        "resume": resume,
        "eta": etas.told(eta),
    }
    return message_of("push.start", facts, told)


def push_step(
    facts: RunFacts,
    state: StepState,
    *,
    promise: str | None = None,
    artifact: str | None = None,
    reason: str | None = None,
    attempt: int = 1,
    eta: Eta | None = None,
    changed: Mapping[str, Sequence[str]] | None = None,
) -> OutgoingMessage:
    """The step named in the facts is in another state now; ``promise`` says what holds once it is done."""
    if facts.step is None:
        raise ValueError("push.step tells about a step, and the facts name none")
    told = {
        "state": state,
        "promise": promise,
        "attempt": attempt,
        "eta": etas.told(eta),
        "changed": _changed(changed),
    }
    return message_of("push.step", facts, told, artifact=artifact, reason=reason)


def push_hold(
    facts: RunFacts,
    reason: str,
    *,
    missing: Sequence[str],
    since: datetime,
    deadline: datetime,
    owner: str,
    command: str,
    artifact: str | None = None,
    changed: Mapping[str, Sequence[str]] | None = None,
) -> OutgoingMessage:
    """The push waits: for what, since when, until when, who ends it and how; ``changed`` since it was told last."""
    told = {
        "missing": list(missing),
        "since": iso(since),
        "deadline": iso(deadline),
        "owner": owner,
        "command": command,
        "changed": _changed(changed),
    }
    return message_of("push.hold", facts, told, artifact=artifact, reason=reason)


def push_eject(facts: RunFacts, update: UpdateName, reason: str) -> OutgoingMessage:
    """One update was thrown out of the push; the others go on."""
    return message_of("push.eject", facts, {"update": _update(update)}, reason=reason)


def artifact_compose_start(
    facts: RunFacts,
    artifact: str,
    *,
    kind: str,
    koji_task_id: int | None,
    reason: str,
    made_from: Sequence[str] = (),
    attempt: int = 1,
    eta: Eta | None = None,
) -> OutgoingMessage:
    """A compose is under way; the reason says what change affects the artifact."""
    told = {
        "kind": kind,
        "koji_task_id": koji_task_id,
        "made_from": list(made_from),
        "attempt": attempt,
        "eta": etas.told(eta),
    }
    return message_of("artifact.compose.start", facts, told, artifact=artifact, reason=reason)


def artifact_compose_complete(
    facts: RunFacts,
    artifact: str,
    *,
    kind: str,
    koji_task_id: int | None,
    identity: str,
    duration_s: float | None = None,
    reason: str | None = None,
    attempt: int = 1,
) -> OutgoingMessage:
    """A compose is complete; ``identity`` (checksum or commit) names its content."""
    told = {
        "kind": kind,
        "koji_task_id": koji_task_id,
        "identity": identity,
        "duration_s": duration_s,
        "attempt": attempt,
    }
    return message_of("artifact.compose.complete", facts, told, artifact=artifact, reason=reason)


def artifact_compose_failed(
    facts: RunFacts,
    artifact: str,
    reason: str,
    *,
    kind: str,
    koji_task_id: int | None,
    state: str | None,
    owner: str,
    command: str,
    attempt: int = 1,
) -> OutgoingMessage:
    """A compose failed; ``state`` is the state of its Koji task if there is one."""
    told = {
        "kind": kind,
        "koji_task_id": koji_task_id,
        "state": state,
        "owner": owner,
        "command": command,
        "attempt": attempt,
    }
    return message_of("artifact.compose.failed", facts, told, artifact=artifact, reason=reason)


def artifact_compose_skipped(facts: RunFacts, artifact: str, reason: str, *, kind: str) -> OutgoingMessage:
    """An artifact was not composed, and why."""
    return message_of("artifact.compose.skipped", facts, {"kind": kind}, artifact=artifact, reason=reason)


def artifact_published(
    facts: RunFacts,
    artifact: str,
    *,
    kind: str,
    identity: str,
    replaced: str | None = None,
    reason: str | None = None,
) -> OutgoingMessage:
    """An artifact is live and was seen from outside; ``replaced`` is the identity that was live before."""
    told = {"kind": kind, "identity": identity, "replaced": replaced}
    return message_of("artifact.published", facts, told, artifact=artifact, reason=reason)


def artifact_withdrawn(facts: RunFacts, artifact: str, reason: str, *, kind: str, identity: str) -> OutgoingMessage:
    """What was live of an artifact is not shown any more: users get again what they got before it."""
    return message_of(
        "artifact.withdrawn", facts, {"kind": kind, "identity": identity}, artifact=artifact, reason=reason
    )


def push_complete(
    facts: RunFacts,
    *,
    results: Sequence[ArtifactResult],
    updates: Sequence[UpdateResult],
    started_at: datetime,
    reason: str | None = None,
) -> OutgoingMessage:
    """A push is complete: Bodhi can finish it from this message alone."""
    told = {
        "results": [_artifact_result(result) for result in results],
        "updates": [_update_result(update) for update in updates],
        "started_at": iso(started_at),
        "duration_s": max(0.0, (facts.at - started_at).total_seconds()),
    }
    return message_of("push.complete", facts, told, reason=reason)


def push_failed(
    facts: RunFacts,
    reason: str,
    *,
    failure: str,
    evidence: str | None,
    owner: str,
    command: str,
    results: Sequence[ArtifactResult] = (),
    artifact: str | None = None,
) -> OutgoingMessage:
    """A push stopped; ``failure`` is the class of the error, ``command`` what its owner can do now."""
    told = {
        "failure": failure,
        "evidence": evidence,
        "owner": owner,
        "command": command,
        "results": [_artifact_result(result) for result in results],
    }
    return message_of("push.failed", facts, told, artifact=artifact, reason=reason)


def acknowledgement(msg_id: str) -> OutgoingMessage:
    """A message of somebody who asked for an answer is stored here."""
    return OutgoingMessage(gilmsg.ACK, {"ack_msg_id": msg_id})


def message_of(
    topic: str, facts: RunFacts, told: Mapping[str, Any], *, artifact: str | None = None, reason: str | None = None
) -> OutgoingMessage:
    """What every message about a run says of it, and what this one tells besides."""
    about_the_run: dict[str, Any] = {
        "run": facts.run,
        "lane": facts.lane,
        "release": facts.release,
        "request": facts.request,
        "step": facts.step,
        "artifact": artifact,
        "reason": reason,
        "links": dict(facts.links),
        "agent": facts.agent,
        "trigger_msg_id": facts.trigger_msg_id,
        "at": iso(facts.at),
    }
    return OutgoingMessage(f"{SENDER}.{topic}", about_the_run | dict(told))


def _changed(changed: Mapping[str, Sequence[str]] | None) -> dict[str, list[str]] | None:
    if changed is None:
        return None
    return {what: list(changed.get(what, ())) for what in ("opened", "closed", "waiting")}


def iso(moment: datetime) -> str:
    """A moment as messages tell it: UTC, with its zone."""
    if moment.tzinfo is None:
        raise ValueError(f"a moment without a time zone: {moment}")
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _update(update: UpdateName) -> dict[str, Any]:
    return {"alias": update.alias, "title": update.title, "builds": list(update.builds)}


def _update_result(update: UpdateResult) -> dict[str, Any]:
    return {
        "alias": update.alias,
        "title": update.title,
        "outcome": update.outcome,
        "reason": update.reason,
        "builds": list(update.builds),
    }


def _artifact_result(result: ArtifactResult) -> dict[str, Any]:
    return {
        "artifact": result.artifact,
        "kind": result.kind,
        "outcome": result.outcome,
        "reason": result.reason,
        "koji_task_id": result.koji_task_id,
        "identity": result.identity,
        "links": dict(result.links),
    }
