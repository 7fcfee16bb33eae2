"""Which packages are in the lab's rawhide, and which builds land before its gate?"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from relengotron.lab.bits.catalogue import find
from relengotron.lab.bits.package import Binary, Source, binary

DISTRIBUTION: Final = "26"
ARCH: Final = "x86_64"

RELEASED: Final = tuple(
    map(
        find,
        (
            "setup",
            "filesystem",
            "basesystem",
            "tzdata",
            "glibc",
            "ncurses",
            "readline",
            "bash",
            "zlib",
            "gnupg2",
            "less",
            "nano",
        ),
    )
)
"""What is in it on the first day; nothing of it requires anything else."""

GOOD: Final = find("nano").at("2.6.0")

NEW_SONAME: Final = replace(
    find("readline").at("7.0"),
    binaries=(binary("readline", "libtinfo.so.6,libc.so.6", "libreadline.so.7", "/usr/lib/libreadline.so.7"),),
)
DEPENDANT: Final = replace(
    find("gnupg2").at("2.1.11", "4"),
    binaries=(binary("gnupg2", "libz.so.1,libreadline.so.7", "gpg", "/usr/bin/gpg2"),),
)
"""The same program, built anew against the new library: neither of the two can go without the other."""

_LESS: Final = Binary("less", ("libtinfo.so.6",), (), ("/usr/bin/less",))
BAD: Final = replace(find("less").at("487", "1"), binaries=(replace(_LESS, scriptlet="exit 1"),))
"""Whoever installs it sees its scriptlet fail."""
FIXED: Final = replace(find("less").at("487", "2"), binaries=(_LESS,))

PACKAGERS: Final[Mapping[Source, str]] = {
    GOOD: "alice",
    NEW_SONAME: "bob",
    DEPENDANT: "carol",
    BAD: "dave",
    FIXED: "dave",
}
LANDING: Final = tuple(PACKAGERS)


def nvr(source: Source) -> str:
    """The name of the build in the lab's rawhide."""
    return source.nvr(DISTRIBUTION)
