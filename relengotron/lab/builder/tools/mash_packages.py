"""Which copy of which package does mash take?"""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import koji

from relengotron.lab.builder.tools.mash_config import Distribution

FAMILIES = {
    "i386": frozenset({"i386", "i486", "i586", "i686", "noarch"}),
    "i686": frozenset({"i386", "i486", "i586", "i686", "noarch"}),
    "armhfp": frozenset({"armv7hl", "armv7hnl", "noarch"}),
}
DEBUG_MARKS = ("-debuginfo", "-debugsource")


@dataclass(frozen=True, slots=True)
class Choice:
    """One package with the signature that was preferred and the file that carries it."""

    name: str
    nevra: str
    arch: str
    sigkey: str
    path: Path
    buildtime: int

    def fits(self, arch: str) -> bool:
        """Whether the package belongs into the repo of that arch."""
        return self.arch in FAMILIES.get(arch, frozenset({arch, "noarch"}))


def choose(
    rpms: Iterable[dict[str, Any]], builds: Iterable[dict[str, Any]], distribution: Distribution
) -> list[Choice]:
    """One choice per package: the signature that comes first in ``keys``, else any, else the unsigned copy."""
    homes = {build["build_id"]: build for build in builds}
    rows: dict[int, dict[str, Any]] = {}
    keys: dict[int, set[str]] = {}
    for rpm in rpms:
        if any(mark in rpm["name"] for mark in DEBUG_MARKS):
            continue
        rows[rpm["id"]] = rpm
        keys.setdefault(rpm["id"], set()).add(rpm.get("sigkey") or "")
    paths = koji.PathInfo(topdir=str(distribution.repodir))
    chosen = [_choice(rows[rpm], _best(keys[rpm], distribution), homes, paths, distribution) for rpm in rows]
    return sorted(chosen, key=lambda choice: choice.path.name)


def _best(found: set[str], distribution: Distribution) -> str:
    preferred = [key for key in distribution.keys if key in found]
    if not distribution.keys:
        return ""
    return preferred[0] if preferred else max(found)


def _choice(
    rpm: dict[str, Any], key: str, homes: dict[int, dict[str, Any]], paths: Any, distribution: Distribution
) -> Choice:
    home = Path(paths.build(homes[rpm["build_id"]]))
    signed = key in distribution.keys
    return Choice(
        name=rpm["name"],
        nevra=f"{rpm['name']}-{rpm['version']}-{rpm['release']}.{rpm['arch']}",
        arch=rpm["arch"],
        sigkey=key,
        path=home / (paths.signed(rpm, key) if signed else paths.rpm(rpm)),
        buildtime=int(rpm.get("buildtime") or 0),
    )
