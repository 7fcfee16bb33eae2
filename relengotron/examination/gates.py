"""Could builds go through every gate: from pending to the target, and to quarantine and back?"""

from collections.abc import Iterable, Iterator, Mapping, Set
from datetime import datetime
from functools import partial
from typing import Final

from relengotron.examination.finding import Differs, Finding, NotWell, look
from relengotron.examination.koji import builders
from relengotron.model.gate import BUILD
from relengotron.model.gated import BATCH, CONTEXT
from relengotron.settings import Settings
from relengotron.settings.gates import Gate
from relengotron.systems.koji.port import Koji
from relengotron.systems.repodata.port import Repodata
from relengotron.systems.world import World

MOVES_IN: Final = "default"
"""The channel of tagBuild tasks, which make every move."""
REGENERATES_IN: Final = "createrepo"
"""The channel of what newRepo tasks do."""
MAY_REGENERATE: Final = "regen-repo"
NAMES_SHOWN: Final = 5


def findings(settings: Settings, world: World, now: datetime) -> Iterator[Finding]:
    """Several lines for each gate; none where no gate is configured."""
    for name, gate in settings.gates.items():
        yield from _of_gate(name, gate, settings, world, now)


def _of_gate(name: str, gate: Gate, settings: Settings, world: World, now: datetime) -> Iterator[Finding]:
    koji, said = world.koji, f"gates.{name} in gates.yaml"
    yield look(f"gate {name}: koji tags", partial(_tags, koji, gate), f"make the tags, or look at {said}")
    for source, target in (
        (gate.pending, gate.target),
        (gate.pending, gate.quarantine),
        (gate.quarantine, gate.pending),
    ):
        remedy = f"unlock the tag, or ask a Koji administrator to allow us moves from {source} to {target}"
        yield look(f"gate {name}: {source} to {target}", partial(_moves, koji, source, target), remedy)
    yield look(
        f"gate {name}: package lists",
        partial(_package_lists, koji, gate),
        "ask a Koji administrator for: koji add-pkg --owner=OWNER TAG PACKAGE; or let one tag inherit from the other",
    )
    for channel in (MOVES_IN, *((REGENERATES_IN,) if gate.regenerate else ())):
        yield look(
            f"gate {name}: builders of channel {channel}",
            partial(builders, koji, channel, now),
            f"ask a Koji administrator for: koji add-host-to-channel HOST {channel}; koji enable-host HOST",
        )
    if gate.regenerate:
        remedy = f"ask a Koji administrator for: koji grant-permission {MAY_REGENERATE} USER"
        yield look(f"gate {name}: repos are made anew", partial(_regenerates, koji, gate), remedy)
    if gate.repos:
        yield look(f"gate {name}: repos", partial(_repos, world.repodata, gate), f"look at {said}, repos")
    remedy = f"write a policy with decision context {CONTEXT} for {gate.product_version} into config/policies"
    yield look(f"gate {name}: policies", partial(_policies, settings, gate), remedy)


def _tags(koji: Koji, gate: Gate) -> str:
    wanted = {*gate.tags, *gate.regenerate}
    known = koji.tags(wanted)
    if wanted - known.keys():
        raise NotWell(f"Koji has no tag {', '.join(sorted(wanted - known.keys()))}")
    locked = sorted(name for name, tag in known.items() if tag.is_locked and name in gate.tags)
    if locked:
        raise NotWell(f"{', '.join(locked)} {'is' if len(locked) == 1 else 'are'} locked")
    return f"all {len(wanted)} are there, none is locked"


def _moves(koji: Koji, source: str, target: str) -> str:
    why = koji.why_not_move(source, target)
    if why is not None:
        raise NotWell(why)
    return "builds may move"


def _package_lists(koji: Koji, gate: Gate) -> str:
    """What is pending can only move where its package is listed: Koji refuses it as soon as it is asked."""
    pending = {each.package for each in koji.tagged(gate.pending)}
    listed = {tag: koji.packages_in(tag) for tag in gate.tags}
    if now := list(_lacking(gate, listed, pending)):
        raise NotWell("; ".join(now))
    if later := list(_lacking(gate, listed, listed[gate.pending])):
        raise Differs(f"nothing of it is pending now, but it could not move: {'; '.join(later)}")
    return f"{gate.target} and {gate.quarantine} list all {len(listed[gate.pending])} packages of {gate.pending}"


def _lacking(gate: Gate, listed: Mapping[str, frozenset[str]], wanted: Set[str]) -> Iterator[str]:
    for tag in (gate.target, gate.quarantine):
        if wanted - listed[tag]:
            yield f"{tag} does not list {_some(wanted - listed[tag])}"


def _regenerates(koji: Koji, gate: Gate) -> str:
    held = koji.permissions()
    if not held & {MAY_REGENERATE, "admin"}:
        raise NotWell(f"we lack {MAY_REGENERATE}, which {', '.join(gate.regenerate)} needs")
    return f"of {', '.join(gate.regenerate)}"


def _repos(repodata: Repodata, gate: Gate) -> str:
    urls = tuple(dict.fromkeys(url for several in gate.repos.values() for url in several))
    found = repodata.revisions(urls)
    return f"{len(found)} can be read, for {', '.join(gate.repos)}"


def mistakes(settings: Settings) -> list[str]:
    """Gates that no policy speaks of: nothing would ever move there, because a missing policy is no pass."""
    return [
        f"{settings.directory / 'gates.yaml'}: gates.{name}.product_version: no policy with decision context {CONTEXT} "
        f"speaks of {gate.product_version}"
        for name, gate in settings.gates.items()
        if not _policies_of(settings, gate)
    ]


def _policies(settings: Settings, gate: Gate) -> str:
    found = _policies_of(settings, gate)
    if not found:
        raise NotWell(f"no policy speaks of {gate.product_version}: nothing would ever move")
    return ", ".join(found)


def _policies_of(settings: Settings, gate: Gate) -> list[str]:
    return [
        policy.id
        for policy in settings.policies
        if any(policy.applies(CONTEXT, gate.product_version, kind) for kind in (BUILD, BATCH))
    ]


def _some(names: Iterable[str]) -> str:
    every = sorted(names)
    more = f" and {len(every) - NAMES_SHOWN} more" if len(every) > NAMES_SHOWN else ""
    return f"{', '.join(every[:NAMES_SHOWN])}{more}"
