"""What does every message about a gate say of its run and its builds, and how is it said?"""

from collections.abc import Collection, Mapping, Sequence
from types import MappingProxyType

from relengotron.decisions.upstream import news_of
from relengotron.engine.attempt import Attempt
from relengotron.engine.ledger import Ledger
from relengotron.messages.gate import BuildFacts, GateFacts
from relengotron.messages.outgoing import OutgoingMessage
from relengotron.model.gated import BuildState, GatedBuild, Upstream
from relengotron.model.nvr import Nvr
from relengotron.model.upstream_news import UpstreamNews
from relengotron.settings import Settings
from relengotron.settings.gates import Gate
from relengotron.workflows.gating.gate import GateRun


def facts_of(run: GateRun) -> GateFacts:
    """What every message says of this run."""
    return facts_at(run.name, run.gate, run.engine, run.settings, run.batch.id)


def facts_at(name: str, gate: Gate, engine: Attempt, settings: Settings, batch: str | None) -> GateFacts:
    """What every message says of a run at a gate, whichever workflow it is of."""
    known, page = engine.run, settings.links.runs
    links = {"koji": settings.systems.koji.weburl}
    if page is not None:
        links["run"] = page.format(run=known.id)
    return GateFacts(
        gate=name,
        tags=gate.tags,
        at=engine.now(),
        run=known.id,
        batch=batch,
        step=engine.step or None,
        trigger_msg_id=known.trigger_msg_id,
        links=links,
    )


def told_of(
    run: GateRun, builds: Collection[GatedBuild], before: Mapping[str, str] = MappingProxyType({})
) -> list[BuildFacts]:
    """What every message says of these builds; ``before`` has by package the latest in the target."""
    return build_facts(run.ledger, builds, before)


def build_facts(
    ledger: Ledger, builds: Collection[GatedBuild], before: Mapping[str, str] = MappingProxyType({})
) -> list[BuildFacts]:
    """What every message says of builds, and of what they bring that was found upstream."""
    seen = ledger.upstream([each.package for each in builds])
    there = {**_passed(ledger, builds), **before} if seen else before
    return [BuildFacts.of(each, _news(each, there.get(each.package), seen)) for each in builds]


def say(run: GateRun, key: str, message: OutgoingMessage) -> None:
    """Tell everybody, once per key of this run."""
    run.engine.say(key, message.topic_suffix, message.body)


def _passed(ledger: Ledger, builds: Collection[GatedBuild]) -> dict[str, str]:
    """By package what passed here last: while nobody asks Koji it stands for what the target has."""
    ours, packages = {each.nvr for each in builds}, [each.package for each in builds]
    rows = ledger.of_packages(packages, (BuildState.ACCEPTED,))
    return {each.package: each.nvr for each in rows if each.nvr not in ours}


def _news(build: GatedBuild, before: str | None, seen: Sequence[Upstream]) -> UpstreamNews | None:
    if not seen:
        return None
    had = None if before is None else Nvr.parse(before).version
    return news_of(build.package, Nvr.parse(build.nvr).version, had, seen)
