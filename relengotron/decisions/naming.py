"""Which artifacts contain a package that a push changes, and from which version to which?"""

from collections.abc import Iterable, Mapping

from relengotron.model.difference import Change, compare
from relengotron.model.graph import ArtifactGraph
from relengotron.model.package import Package


def changed_in(graph: ArtifactGraph, binaries: Iterable[Package]) -> Mapping[str, tuple[Change, ...]]:
    """Per artifact the packages of it that come in another version; artifacts without any are left out.

    A package counts for its own arch. Where a package changes between ``noarch`` and an arch, the other one counts.
    """
    offered: dict[str, dict[str, Package]] = {}
    for binary in binaries:
        by_arch = offered.setdefault(binary.name, {})
        other = by_arch.get(binary.arch)
        if other is None or compare(other.evr, binary.evr) < 0:  # a push may hold two builds of one package
            by_arch[binary.arch] = binary
    found: dict[str, list[Change]] = {}
    for name, by_arch in offered.items():
        known: dict[Package, Change | None] = {}  # hundreds of artifacts contain the same few
        for artifact, package in graph.including(name):
            if package not in known:
                known[package] = _change(package, by_arch)
            if (change := known[package]) is not None:
                found.setdefault(artifact, []).append(change)
    return {artifact: tuple(sorted(changes, key=_place)) for artifact, changes in found.items()}


def _change(package: Package, by_arch: Mapping[str, Package]) -> Change | None:
    offered = by_arch.get(package.arch)
    if offered is None:
        offered = _of_another_arch(package, by_arch)
    if offered is None or offered[1:4] == package[1:4]:
        return None
    return Change(package.name, package.arch, package.evr, offered.evr)


def _of_another_arch(package: Package, by_arch: Mapping[str, Package]) -> Package | None:
    if package.arch == "noarch":
        return min(by_arch.values())
    return by_arch.get("noarch")


def _place(change: Change) -> tuple[str, str, str]:
    return change.name, change.arch, change.before or ""
