"""What does a solver's package say of itself?"""

from typing import Any, Final

import solv

from relengotron.errors import MalformedInput
from relengotron.model.package import Package

LONGEST_NAME: Final = 255
"""Name and version are parts of a file's name."""


def read_package(solvable: Any) -> Package:
    """The name of a package.

    Raises:
        MalformedInput: the metadata give it a version that is none, or a name that no file could have.
    """
    if len(solvable.name) > LONGEST_NAME or len(solvable.evr) > LONGEST_NAME:
        raise MalformedInput(f"{solvable.repo.name}: a package of a name that is too long: {solvable.name[:60]}...")
    try:
        return Package.of(solvable.name, solvable.evr, solvable.arch)
    except MalformedInput as wrong:
        raise MalformedInput(f"{solvable.repo.name}: package {solvable.name}: {wrong}") from wrong


def checksum_of(solvable: Any) -> str:
    """The checksum that the metadata give (hex), empty where they give none."""
    found = solvable.lookup_checksum(solv.SOLVABLE_CHECKSUM)
    return str(found.hex()) if found else ""
