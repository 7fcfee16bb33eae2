"""What do we tell others about batches at a gate, and about the gate itself? What becomes of a build: gate_build.py."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, Self

from relengotron.messages.outgoing import SENDER, OutgoingMessage, iso
from relengotron.model.gated import Closing, GateBatch, GatedBuild, Pass, Suspicion
from relengotron.model.upstream_news import UpstreamNews

TOPIC: Final = f"{SENDER}.gate"


@dataclass(frozen=True, slots=True)
class GateFacts:
    """What every message says of its gate; ``tags`` are pending, target and quarantine, ``links`` are name → URL."""

    gate: str
    tags: tuple[str, str, str]
    at: datetime
    run: str | None = None
    batch: str | None = None
    step: str | None = None
    trigger_msg_id: str | None = None
    links: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class BuildFacts:
    """What every message says of a build; ``packager`` is who hears of it, empty where nobody knows."""

    nvr: str
    package: str
    packager: str
    side_tag: str | None = None
    tries: int = 1
    upstream: UpstreamNews | None = None

    @classmethod
    def of(cls, build: GatedBuild, upstream: UpstreamNews | None = None) -> Self:
        """What is said of a build that stands at a gate."""
        return cls(build.nvr, build.package, build.owner, build.group, build.tries, upstream)


@dataclass(frozen=True, slots=True)
class WantedTest:
    """A test case that is wanted for each of these items; ``type`` is what they are, koji_build or koji_batch."""

    testcase: str
    type: str
    items: tuple[str, ...]
    scenario: str | None = None


@dataclass(frozen=True, slots=True)
class NextBatch:
    """A batch that goes on with what a failed one leaves."""

    id: str
    builds: tuple[str, ...]


def batch_open(facts: GateFacts, batch: GateBatch, builds: Sequence[BuildFacts]) -> OutgoingMessage:
    """These builds go through the gate together."""
    told = {
        "builds": _builds(builds),
        "round": batch.round,
        "parent": batch.parent,
        "kin": list(batch.kin),
    }
    return message_of("batch.open", facts, told, batch.why)


def batch_testing(
    facts: GateFacts,
    batch: GateBatch,
    builds: Sequence[BuildFacts],
    *,
    item: str,
    tests: Sequence[WantedTest],
    repos: Mapping[str, Sequence[str]],
    deadline: datetime | None = None,
) -> OutgoingMessage:
    """Testers may start: the results of ``tests`` let the builds through; ``item`` is what this round is called."""
    told = {
        "item": item,
        "builds": _builds(builds),
        "round": batch.round,
        "tests": [wanted(each) for each in tests],
        "repos": {arch: list(urls) for arch, urls in repos.items()},
        "deadline": _iso(deadline),
    }
    return message_of("batch.testing", facts, told, None)


def batch_passed(
    facts: GateFacts,
    batch: GateBatch,
    builds: Sequence[BuildFacts],
    *,
    started_at: datetime,
    regenerated: Sequence[str] = (),
    reason: str | None = None,
) -> OutgoingMessage:
    """Every build of the batch that it still answered for is in the target; ``regenerated`` are the repos asked for."""
    told = {
        "builds": _builds(builds),
        "round": batch.round,
        "regenerated": list(regenerated),
        "started_at": iso(started_at),
        "duration_s": max(0.0, (facts.at - started_at).total_seconds()),
    }
    return message_of("batch.passed", facts, told, reason)


def batch_failed(
    facts: GateFacts,
    batch: GateBatch,
    builds: Sequence[BuildFacts],
    reason: str,
    *,
    suspects: Sequence[Suspicion] = (),
    rest: Sequence[NextBatch] = (),
    owner: str | None = None,
    command: str | None = None,
) -> OutgoingMessage:
    """The batch does not go through as it is: who is suspected, and which batches go on with the ``rest``."""
    told = {
        "builds": _builds(builds),
        "round": batch.round,
        "suspects": [suspicion(each) for each in suspects],
        "rest": [{"batch": each.id, "builds": list(each.builds)} for each in rest],
        "owner": owner,
        "command": command,
    }
    return message_of("batch.failed", facts, told, reason)


def batch_hold(
    facts: GateFacts,
    builds: Sequence[BuildFacts],
    reason: str,
    *,
    missing: Sequence[str],
    since: datetime,
    deadline: datetime,
    owner: str,
    command: str,
) -> OutgoingMessage:
    """The batch waits: for what, since when, until when, and who ends it with which command."""
    told = {
        "builds": _builds(builds),
        "missing": list(missing),
        "since": iso(since),
        "deadline": iso(deadline),
        "owner": owner,
        "command": command,
    }
    return message_of("batch.hold", facts, told, reason)


def gate_closed(facts: GateFacts, closing: Closing) -> OutgoingMessage:
    """A person closed the gate: builds are tested, and none moves."""
    return message_of("closed", facts, {"agent": closing.who, "until": _iso(closing.until)}, closing.why)


def gate_opened(facts: GateFacts, who: str, reason: str | None, closings: Sequence[Closing]) -> OutgoingMessage:
    """A person opened the gate: ``closings`` do not stand any more."""
    told = {"agent": who, "closed_by": sorted({each.who for each in closings})}
    return message_of("opened", facts, told, reason)


def passed_by_people(
    facts: GateFacts, build: BuildFacts, passes: Sequence[Pass], *, is_enough: bool
) -> OutgoingMessage:
    """People let a build through whatever tests say; the last of ``passes`` is the news."""
    told = {"agent": passes[-1].who, "people": [each.who for each in passes], "is_enough": is_enough}
    return message_of("passed_by_people", facts, build_of(build) | told, passes[-1].why)


def message_of(topic: str, facts: GateFacts, told: Mapping[str, Any], reason: str | None) -> OutgoingMessage:
    """What every message says of its gate, and what this one tells besides."""
    pending, target, quarantine = facts.tags
    about_the_gate: dict[str, Any] = {
        "run": facts.run,
        "gate": facts.gate,
        "batch": facts.batch,
        "pending": pending,
        "target": target,
        "quarantine": quarantine,
        "step": facts.step,
        "reason": reason,
        "links": dict(facts.links),
        "trigger_msg_id": facts.trigger_msg_id,
        "at": iso(facts.at),
    }
    return OutgoingMessage(f"{TOPIC}.{topic}", about_the_gate | dict(told))


def build_of(build: BuildFacts) -> dict[str, Any]:
    """What every message says of one build."""
    return {
        "nvr": build.nvr,
        "package": build.package,
        "packager": build.packager or None,
        "side_tag": build.side_tag,
        "tries": build.tries,
        "upstream": None if build.upstream is None else _upstream(build.upstream),
    }


def wanted(test: WantedTest) -> dict[str, Any]:
    """What testers are asked for."""
    return {"testcase": test.testcase, "scenario": test.scenario, "type": test.type, "items": list(test.items)}


def suspicion(each: Suspicion) -> dict[str, Any]:
    """What every message says of why a build is suspected."""
    return {
        "nvr": each.nvr,
        "reason": each.reason,
        "testcases": list(each.testcases),
        "results": list(each.results),
    }


def _builds(builds: Sequence[BuildFacts]) -> list[dict[str, Any]]:
    return [build_of(each) for each in builds]


def _upstream(news: UpstreamNews) -> dict[str, Any]:
    return {
        "sentence": news.sentence,
        "before": news.before,
        "version": news.version,
        "found_at": iso(news.found_at),
        "url": news.url,
        "bug": news.bug,
    }


def _iso(moment: datetime | None) -> str | None:
    return None if moment is None else iso(moment)
