"""What do we tell others about what becomes of one build at a gate: one function for each topic."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from relengotron.messages.gate import BuildFacts, GateFacts, WantedTest, build_of, message_of, wanted
from relengotron.messages.outgoing import OutgoingMessage, iso
from relengotron.model.gated import Suspicion


def accepted(
    facts: GateFacts,
    build: BuildFacts,
    reason: str,
    *,
    before: str | None = None,
    koji_task_id: int | None = None,
    passed_by: Sequence[str] = (),
) -> OutgoingMessage:
    """The build is in the target; ``before`` was the latest of its package there, ``passed_by`` let it through."""
    told = {"before": before, "koji_task_id": koji_task_id, "passed_by": list(passed_by)}
    return _message("accepted", facts, build, reason, told)


def quarantined(
    facts: GateFacts, build: BuildFacts, suspected: Suspicion, *, owner: str, command: str
) -> OutgoingMessage:
    """The build is in quarantine: why, which results say so, and what leads out."""
    told = {
        "testcases": list(suspected.testcases),
        "results": list(suspected.results),
        "owner": owner,
        "command": command,
    }
    return _message("quarantined", facts, build, suspected.reason, told)


def released(
    facts: GateFacts, build: BuildFacts, reason: str, *, agent: str | None, since: datetime
) -> OutgoingMessage:
    """The build left quarantine and is tested anew; no ``agent`` where a test result changed."""
    return _message("released", facts, build, reason, {"agent": agent, **_age(facts, since)})


def superseded(facts: GateFacts, build: BuildFacts, reason: str, *, by: str) -> OutgoingMessage:
    """A newer build of the package takes its place."""
    return _message("superseded", facts, build, reason, {"by": by})


def gone(facts: GateFacts, build: BuildFacts, reason: str, *, agent: str | None = None) -> OutgoingMessage:
    """The build left the tags of the gate: ``agent`` dropped it, or it was taken out by hand."""
    return _message("gone", facts, build, reason, {"agent": agent})


def reminder(
    facts: GateFacts, build: BuildFacts, reason: str, *, since: datetime, count: int, owner: str, command: str
) -> OutgoingMessage:
    """The build is in quarantine still, since then; this is said for the ``count``-th time."""
    told = {"count": count, "owner": owner, "command": command, **_age(facts, since)}
    return _message("reminder", facts, build, reason, told)


def retry(
    facts: GateFacts,
    build: BuildFacts,
    reason: str,
    *,
    agent: str | None,
    tests: Sequence[WantedTest],
    repos: Mapping[str, Sequence[str]],
) -> OutgoingMessage:
    """Testers may start again with a build that stays in quarantine meanwhile."""
    told = {
        "agent": agent,
        "tests": [wanted(each) for each in tests],
        "repos": {arch: list(urls) for arch, urls in repos.items()},
    }
    return _message("retry", facts, build, reason, told)


def _message(topic: str, facts: GateFacts, build: BuildFacts, reason: str, told: Mapping[str, Any]) -> OutgoingMessage:
    return message_of(f"build.{topic}", facts, build_of(build) | dict(told), reason)


def _age(facts: GateFacts, since: datetime) -> dict[str, Any]:
    return {"since": iso(since), "age_s": max(0.0, (facts.at - since).total_seconds())}
