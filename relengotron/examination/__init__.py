"""Can we work here? What ``relengotron doctor`` looks at, one file for each place it looks into."""

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from relengotron.examination import (
    bus,
    contents,
    gates,
    history,
    koji,
    places,
    plugins,
    readers,
    services,
    signing,
    trees,
)
from relengotron.examination.finding import Finding
from relengotron.sdk.discovery import Plugins, discover
from relengotron.settings import Settings
from relengotron.systems.datagrepper.port import Datagrepper
from relengotron.systems.world import World, bus_config, open_datagrepper, open_world

__all__ = ["Finding", "examine"]


def examine(
    settings: Settings,
    world: World | None = None,
    installed: Plugins | None = None,
    now: datetime | None = None,
    datagrepper: Datagrepper | None = None,
    fedmsg_d: Callable[[], Mapping[str, Any]] = bus_config,
) -> Iterator[Finding]:
    """Ask every outside service whether it is there and lets us do what we need; nothing is changed there."""
    world, installed, now = world or open_world(settings), installed or discover(), now or datetime.now(UTC)
    yield from plugins.findings(settings, installed)
    yield from places.findings(settings, world)
    yield from readers.findings(settings, world)
    yield from bus.findings(settings, fedmsg_d)
    yield from signing.findings(settings, world, now)
    yield from koji.findings(settings, world.koji, installed, now)
    yield from gates.findings(settings, world, now)
    yield from services.findings(settings, world, now)
    yield from contents.findings(settings, world, installed, now)
    yield from trees.findings(settings, world)
    yield from history.findings(datagrepper or open_datagrepper(settings), now, is_new=settings.lab)
