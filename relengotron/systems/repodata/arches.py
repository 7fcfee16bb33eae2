"""Packages of which arches does a repo of one arch hold?"""

from collections.abc import Mapping
from typing import Final

_NARROW: Final = frozenset({"i386", "i486", "i586", "i686", "athlon"})
_KIN: Final[Mapping[str, frozenset[str]]] = {
    "x86_64": _NARROW,
    "i386": _NARROW,
    "armhfp": frozenset({"armv7hl", "armv7hnl"}),
    "s390x": frozenset({"s390"}),
    "ppc64": frozenset({"ppc"}),
}


def arches_in_repo(arch: str) -> frozenset[str]:
    """The arches of packages that may be in it; of a narrower one not every package is."""
    return frozenset({arch, "noarch"}) | _KIN.get(arch, frozenset())
