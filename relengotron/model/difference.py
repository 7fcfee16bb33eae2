"""What changes between two sets of packages?"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from threading import Lock

import solv

from relengotron.model.package import Package

_POOL = solv.Pool()  # must live as long as its solvables: the library crashes otherwise
_VERSIONS = _POOL.add_repo("versions")
_LEFT, _RIGHT = _VERSIONS.add_solvable(), _VERSIONS.add_solvable()
_ONE_AT_A_TIME = Lock()


class ChangeKind(StrEnum):
    """What becomes of one package."""

    ADDED = "added"
    REMOVED = "removed"
    UPGRADED = "upgraded"
    DOWNGRADED = "downgraded"
    REBUILT = "rebuilt"
    NAMED = "named"


@dataclass(frozen=True, slots=True)
class Change:
    """One package that is not what it was; ``before`` and ``after`` are ``[epoch:]version-release``.

    Where whoever told us knows names only, both are None.
    """

    name: str
    arch: str
    before: str | None
    after: str | None

    @property
    def kind(self) -> ChangeKind:
        """Added, removed, upgraded, downgraded, rebuilt under the same version, or only named."""
        if self.before is None:
            return ChangeKind.NAMED if self.after is None else ChangeKind.ADDED
        if self.after is None:
            return ChangeKind.REMOVED
        order = compare(self.before, self.after)
        if order == 0:
            return ChangeKind.REBUILT
        return ChangeKind.UPGRADED if order < 0 else ChangeKind.DOWNGRADED

    def __str__(self) -> str:
        match self.kind:
            case ChangeKind.NAMED:
                return self.name
            case ChangeKind.ADDED:
                return f"{self.name} {self.after} added"
            case ChangeKind.REMOVED:
                return f"{self.name} {self.before} removed"
            case ChangeKind.REBUILT:
                return f"{self.name} {self.after} rebuilt"
            case ChangeKind.UPGRADED | ChangeKind.DOWNGRADED:
                return f"{self.name} {self.before} → {self.after}"


@lru_cache(maxsize=65536)
def compare(before: str, after: str) -> int:
    """Below 0, 0 or above 0 as ``before`` is older than, equal to or newer than ``after``, in rpm's order."""
    with _ONE_AT_A_TIME:
        _LEFT.evr, _RIGHT.evr = before, after
        order: int = _LEFT.evrcmp(_RIGHT)
    return order


def differences(before: Iterable[Package], after: Iterable[Package]) -> tuple[Change, ...]:
    """Every package that is not the same on both sides, in the order of names."""
    was, becomes = frozenset(before), frozenset(after)
    old, new = _by_name(was - becomes), _by_name(becomes - was)  # most of a tree stays what it is
    places = sorted(old.keys() | new.keys())
    return tuple(
        Change(name, arch, gone, come)
        for name, arch in places
        for gone, come in _pairs(old.get((name, arch), ()), new.get((name, arch), ()))
    )


def _by_name(packages: Iterable[Package]) -> Mapping[tuple[str, str], tuple[str, ...]]:
    found: dict[tuple[str, str], tuple[str, ...]] = {}
    for each in packages:
        found[each.name, each.arch] = (*found.get((each.name, each.arch), ()), each.evr)
    return found


def _pairs(old: tuple[str, ...], new: tuple[str, ...]) -> Iterable[tuple[str | None, str | None]]:
    """One package may be there in several versions at once; each one is paired with what takes its place."""
    gone, come = sorted(set(old) - set(new)), sorted(set(new) - set(old))
    together = min(len(gone), len(come))
    yield from zip(gone[:together], come[:together], strict=True)
    yield from ((each, None) for each in gone[together:])
    yield from ((None, each) for each in come[together:])
