"""Which updates does the lab's Bodhi know?"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

from relengotron.lab.bits.updates import UPDATES


@dataclass(frozen=True, slots=True)
class UpdateDescription:
    """One update as Bodhi describes it."""

    release: str
    request: str
    alias: str
    title: str
    builds: tuple[str, ...]
    type: str
    severity: str
    notes: str
    bugs: tuple[int, ...]
    cves: tuple[str, ...]

    @property
    def status(self) -> str:
        """Where the update is before the push."""
        return "testing" if self.request == "stable" else "pending"


def describe_updates(releases: Iterable[str] = ("24", "25")) -> list[UpdateDescription]:
    """Every planned update in every release; the title lists the builds as Bodhi 2 does."""
    return [
        _describe(release, nvrs, update.request, update.kind, update.severity, update.notes, update.bugs, update.cves)
        for release in releases
        for update in UPDATES
        for nvrs in [tuple(source.nvr(release) for source in update.sources)]
    ]


def _describe(
    release: str,
    nvrs: tuple[str, ...],
    request: str,
    kind: str,
    severity: str,
    notes: str,
    bugs: tuple[int, ...],
    cves: tuple[str, ...],
) -> UpdateDescription:
    title = " ".join(nvrs)
    alias = f"FEDORA-2016-{hashlib.sha256(title.encode()).hexdigest()[:10]}"
    return UpdateDescription(f"F{release}", request, alias, title, nvrs, kind, severity, notes, bugs, cves)
