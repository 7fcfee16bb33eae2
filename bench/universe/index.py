"""Which packages does this machine's own package index know, in the words of the index?"""

import hashlib
import shutil
import subprocess
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

LEAST_PACKAGES = 20_000
_FILES = ("apt-get", "indextargets", "--format", "$(FILENAME)", "Created-By: Packages")
_READ = ("/usr/lib/apt/apt-helper", "cat-file")  # apt keeps its lists compressed in one of several ways
_FOR_EVERY_ARCH = "all"

Stanza = Mapping[str, str]


class NoPackageIndex(Exception):
    """This machine has no package index that a distribution can be made from; the text is a sentence for people."""


@dataclass(frozen=True, slots=True)
class PackageIndex:
    """The text of a package index: one stanza a package, an empty line between two."""

    text: str

    @classmethod
    def of_this_machine(cls) -> Self:
        """What apt has fetched some day; nothing is fetched now, and what is installed here makes no difference.

        Raises:
            NoPackageIndex: apt is not here, or it has not seen the lists of a distribution yet.
        """
        if shutil.which(_FILES[0]) is None or not Path(_READ[0]).exists():
            raise NoPackageIndex("apt is not here, so this machine has no package index to start from")
        files = [each for each in _said(_FILES).splitlines() if Path(each).exists()]
        index = cls(_said((*_READ, *files)) if files else "")
        known = index.text.count("\nPackage: ")
        if known < LEAST_PACKAGES:
            raise NoPackageIndex(f"apt knows {known} packages only; `apt-get update` brings a whole index")
        return index

    @property
    def digest(self) -> str:
        """SHA-256 of the text."""
        return hashlib.sha256(self.text.encode()).hexdigest()

    def stanzas(self) -> Iterator[Stanza]:
        """The fields of every package for the index's first arch or for all; of a field said twice, the last."""
        found = [dict(_fields(text)) for text in self.text.split("\n\n") if text.strip()]
        count = Counter(each.get("Architecture", "") for each in found)
        count.pop(_FOR_EVERY_ARCH, None)
        wanted = {_FOR_EVERY_ARCH, *(arch for arch, _ in count.most_common(1))}
        return (each for each in found if each.get("Architecture") in wanted)


def _said(command: Sequence[str]) -> str:
    said = subprocess.run(command, capture_output=True, check=False)
    if said.returncode:
        raise NoPackageIndex(f"{command[0]} could not read this machine's package index: it ended {said.returncode}")
    return said.stdout.decode("utf-8", errors="replace")


def _fields(text: str) -> Iterator[tuple[str, str]]:
    """A line that begins with a blank goes on with the field before it; none of ours is that long."""
    for line in text.split("\n"):
        name, colon, value = line.partition(":")
        if colon and name[:1] not in (" ", "\t"):
            yield name, value.strip()
