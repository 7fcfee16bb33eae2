"""What do we tell others of a way back: one function for each topic, made from plain facts."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from relengotron.messages.outgoing import OutgoingMessage, RunFacts, iso, message_of


@dataclass(frozen=True, slots=True)
class WentBack:
    """One artifact that went back: what was taken back, and what users get now, as far as its plugin says it."""

    artifact: str
    kind: str
    replaced: str
    identity: str | None


def rollback_start(
    facts: RunFacts, rolls_back: str, reason: str, *, artifacts: Sequence[str], untag: bool
) -> OutgoingMessage:
    """What a push had published is being taken back."""
    told = {"rolls_back": rolls_back, "artifacts": list(artifacts), "untag": untag}
    return message_of("rollback.start", facts, told, reason=reason)


def rollback_hold(
    facts: RunFacts,
    rolls_back: str,
    reason: str,
    *,
    missing: Sequence[str],
    since: datetime,
    deadline: datetime,
    owner: str,
    command: str,
) -> OutgoingMessage:
    """The rollback waits: for what, since when, until when, and who ends it with which command."""
    told = {
        "rolls_back": rolls_back,
        "missing": list(missing),
        "since": iso(since),
        "deadline": iso(deadline),
        "owner": owner,
        "command": command,
    }
    return message_of("rollback.hold", facts, told, reason=reason)


def rollback_complete(
    facts: RunFacts,
    rolls_back: str,
    reason: str,
    *,
    results: Sequence[WentBack],
    untagged: Sequence[str],
    stays: Sequence[str],
    started_at: datetime,
) -> OutgoingMessage:
    """Users get again what they got before, and what a rollback leaves as it is."""
    told = {
        "rolls_back": rolls_back,
        "results": [
            {"artifact": each.artifact, "kind": each.kind, "replaced": each.replaced, "identity": each.identity}
            for each in results
        ],
        "untagged": list(untagged),
        "stays": list(stays),
        "started_at": iso(started_at),
        "duration_s": max(0.0, (facts.at - started_at).total_seconds()),
    }
    return message_of("rollback.complete", facts, told, reason=reason)


def rollback_failed(
    facts: RunFacts, rolls_back: str, reason: str, *, failure: str, owner: str, command: str
) -> OutgoingMessage:
    """The rollback ended without its promise; ``command`` is what its owner can do now."""
    told = {"rolls_back": rolls_back, "failure": failure, "owner": owner, "command": command}
    return message_of("rollback.failed", facts, told, reason=reason)
