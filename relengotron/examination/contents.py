"""Do all who say what an artifact contains say the same: what was composed last, PDC, and the configuration?"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any, Final

from relengotron.errors import Transient
from relengotron.examination.finding import Differs, Finding, look
from relengotron.model.artifact import Artifact
from relengotron.model.contents import Contents, Manifest
from relengotron.model.lane import Lane
from relengotron.sdk.artifact import ArtifactPlugin
from relengotron.sdk.composed import contents_in_compose
from relengotron.sdk.discovery import Plugins
from relengotron.settings import Settings
from relengotron.systems.world import World
from relengotron.workflows.reading_bench import ReadingBench
from relengotron.workflows.release_facts import release_facts

MOST_ROWS: Final = 500
"""Five pages of a hundred rows, half a second each: PDC is asked politely."""
MOST_ASKED: Final = 20
NAMES_SHOWN: Final = 5
REMEDY: Final = (
    "let PDC be updated from the last compose; a manifest that was just edited needs nothing: the next push composes it"
)
_PLAIN_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]*")


def findings(settings: Settings, world: World, installed: Plugins, now: datetime) -> Iterator[Finding]:
    """A line for each artifact that PDC should know; what has no plugin is told elsewhere."""
    hearsay, plugins = _Hearsay(settings, world), Plugins(installed.by_kind, {}).guarded().by_kind
    for lane in settings.lanes:
        for artifact in settings.artifacts_for(lane):
            plugin = plugins.get(artifact.kind)
            if artifact.component is None or plugin is None:
                continue
            bench = _bench(settings, world, lane, artifact, now)
            agree = partial(_agree, artifact, plugin, bench, hearsay)
            yield look(f"{lane}: sources agree on {artifact.name}", agree, REMEDY)


@dataclass(slots=True)
class _Hearsay:
    """What PDC says of components; each is asked about once, and no more than a few of them."""

    settings: Settings
    world: World
    known: dict[tuple[str, str, str], frozenset[str]] = field(default_factory=dict)
    is_away: bool = False

    def of(self, artifact: Artifact) -> frozenset[str] | None:
        """The names of the packages, None when PDC was not asked."""
        kind = self.settings.systems.pdc.relation_types.get(artifact.kind)
        if kind is None or artifact.component is None:
            return None
        key = (self.settings.release(artifact.release).pdc_release, artifact.component, kind)
        if key not in self.known and len(self.known) < MOST_ASKED and not self.is_away:
            self._ask(key)
        return self.known.get(key)

    def _ask(self, key: tuple[str, str, str]) -> None:
        """PDC that is away has a red line of its own; it is not asked again, for each question may last its timeout."""
        try:
            rows = self.world.pdc.packages_of(key[0], key[1], [key[2]], MOST_ROWS)
        except Transient:
            self.is_away = True
        else:
            self.known[key] = frozenset(row.package for row in rows)


def _bench(settings: Settings, world: World, lane: Lane, artifact: Artifact, now: datetime) -> ReadingBench:
    return ReadingBench(
        world=world,
        artifact=artifact,
        lane=lane,
        release=release_facts(settings, lane),
        compose_store=Path(settings.compose_store),
        koji_store=Path(settings.systems.koji.store),
        time=now,
    )


def _agree(artifact: Artifact, plugin: ArtifactPlugin[Any], bench: ReadingBench, hearsay: _Hearsay) -> str:
    contents = plugin.contents(artifact, bench) or contents_in_compose(artifact, bench.composes)
    if contents is None or not contents.packages:
        return "nothing of it is live, or nobody can say what is in it"
    names = frozenset(package.name for package in contents.packages)
    told = hearsay.of(artifact)
    apart = [*_apart_from_pdc(names, told, contents.source), *_not_composed(plugin.manifest(artifact, bench), contents)]
    if apart:
        raise Differs("; ".join(apart))
    return f"{contents.source} lists {len(names)} packages; {_pdc_agrees(told, hearsay)}"


def _pdc_agrees(told: frozenset[str] | None, hearsay: _Hearsay) -> str:
    if told is None and hearsay.is_away:
        return "PDC cannot be read now"
    if told is None:
        return f"PDC was not asked, which is asked about {MOST_ASKED} artifacts"
    return f"the first {len(told)} that PDC names are among them" if _is_cut(told) else "PDC names the same"


def _apart_from_pdc(names: frozenset[str], told: frozenset[str] | None, source: str) -> Iterator[str]:
    if told is None:
        return
    if told - names:
        yield f"PDC names {_some(told - names)}, not in {source}"
    if names - told and not _is_cut(told):
        yield f"{source} lists {_some(names - told)}, which PDC does not name"


def _is_cut(told: frozenset[str]) -> bool:
    return len(told) >= MOST_ROWS


def _not_composed(manifest: Manifest | None, contents: Contents) -> Iterator[str]:
    """What was composed from this very manifest satisfies it, under whatever names."""
    if manifest is None or manifest.install is None or manifest.digest == contents.manifest:
        return
    names = {package.name for package in contents.packages}
    missing = [name for name in manifest.install if _PLAIN_NAME.fullmatch(name) and name not in names]
    if missing:
        yield f"configured ({manifest.origin}), but not in the last compose: {_some(missing)}"


def _some(names: Iterable[str]) -> str:
    every = sorted(names)
    more = f" and {len(every) - NAMES_SHOWN} more" if len(every) > NAMES_SHOWN else ""
    return f"{', '.join(every[:NAMES_SHOWN])}{more}"
