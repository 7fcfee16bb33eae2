"""Does Koji let us move, sign and compose what the configuration says?"""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from functools import partial
from typing import Final

from relengotron.errors import RelengError
from relengotron.examination.finding import Finding, NotWell, look
from relengotron.examination.plugins import every_artifact
from relengotron.sdk.discovery import Plugins
from relengotron.settings import Settings
from relengotron.settings.releases import Release
from relengotron.systems.koji.port import Host, Koji

ALWAYS_NEEDED: Final = frozenset({"sign"})
SPEAKS_AT_LEAST_EVERY: Final = timedelta(minutes=10)
"""Builders check in every few seconds."""


def findings(settings: Settings, koji: Koji, installed: Plugins, now: datetime) -> Iterator[Finding]:
    """Who we are, what we may do, who does the work, and the tags and the target of every release."""
    who = look("koji", koji.identity, "look at systems.koji.hub and the login in systems.yaml")
    yield who
    if not who.ok:
        return
    needed = _needed(settings, installed)
    yield look(
        "koji permissions",
        partial(_permissions, koji, needed | ALWAYS_NEEDED),
        "ask a Koji administrator for: koji grant-permission PERMISSION USER",
    )
    for channel in sorted(needed):
        yield look(
            f"koji builders of channel {channel}",
            partial(builders, koji, channel, now),
            f"ask a Koji administrator for: koji add-host-to-channel HOST {channel}; koji enable-host HOST",
        )
    for name, release in settings.releases.items():
        yield from _of_release(name, release, koji)


def _needed(settings: Settings, installed: Plugins) -> frozenset[str]:
    """What the plugins need for the configured artifacts; what a plugin cannot say, its own line tells."""
    needed: set[str] = set()
    for artifact in every_artifact(settings):
        plugin = Plugins(installed.by_kind, {}).guarded().by_kind.get(artifact.kind)
        try:
            needed |= plugin.koji_permissions(artifact) if plugin is not None else set()
        except RelengError:
            continue
    return frozenset(needed)


def _permissions(koji: Koji, needed: frozenset[str]) -> str:
    held = koji.permissions()
    missing = needed - held
    if missing and "admin" not in held:
        raise NotWell(f"we lack {', '.join(sorted(missing))}; we hold {', '.join(sorted(held)) or 'nothing'}")
    return ", ".join(sorted(held))


def builders(koji: Koji, channel: str, now: datetime) -> str:
    """The builders of a channel that are alive."""
    hosts = koji.hosts(channel)
    alive = [host for host in hosts if _is_alive(host, now)]
    if not alive:
        silent = ", ".join(f"{host.name} (last seen {host.seen_at or 'never'})" for host in hosts)
        raise NotWell(f"no builder is alive{f': {silent}' if silent else ''}")
    return ", ".join(f"{host.name} ({' '.join(host.arches)})" for host in alive)


def _is_alive(host: Host, now: datetime) -> bool:
    """Old hubs do not say when they heard of a builder; then its own word counts."""
    if host.seen_at is None:
        return host.is_ready
    return now - host.seen_at < SPEAKS_AT_LEAST_EVERY


def _of_release(name: str, release: Release, koji: Koji) -> Iterator[Finding]:
    yield look(
        f"{name}: koji tags",
        partial(_tags, koji, release),
        f"make the tags, or look at releases.{name} in releases.yaml",
    )
    yield look(
        f"{name}: koji target",
        partial(_target, koji, release),
        f"look at releases.{name}.target and build_tag in releases.yaml",
    )
    for request, target in release.requests.items():
        yield look(
            f"{name}/{request}: koji moves",
            partial(_moves, koji, target.from_tags, target.tag),
            f"unlock the tag, or ask a Koji administrator to allow moves to {target.tag} in the hub's policy",
        )


def _tags(koji: Koji, release: Release) -> str:
    wanted = {release.build_tag}
    for target in release.requests.values():
        wanted |= {target.tag, *target.from_tags, *target.pending_tags}
    known = koji.tags(wanted)
    if wanted - known.keys():
        raise NotWell(f"Koji has no tag {', '.join(sorted(wanted - known.keys()))}")
    missing = set(release.arches) - set(known[release.build_tag].arches)
    if missing:
        raise NotWell(f"{release.build_tag} has no build root for {', '.join(sorted(missing))}")
    return f"all {len(wanted)} are there"


def _target(koji: Koji, release: Release) -> str:
    found = koji.target(release.target)
    if found is None:
        raise NotWell(f"Koji has no build target {release.target}")
    if found.build_tag != release.build_tag:
        raise NotWell(f"{found.name} works in {found.build_tag}; the configuration says {release.build_tag}")
    return f"{found.name} works in {found.build_tag}"


def _moves(koji: Koji, sources: Iterable[str], target: str) -> str:
    refused = [(source, koji.why_not_move(source, target)) for source in sources]
    reasons = [f"{source} to {target}: {why}" for source, why in refused if why is not None]
    if reasons:
        raise NotWell("; ".join(reasons))
    return f"builds may move to {target}"
