"""The name of a build."""

from dataclasses import dataclass
from typing import Self

from relengotron.errors import MalformedInput


@dataclass(frozen=True, slots=True, order=True)
class Nvr:
    """Name, version and release of one build, such as ``bash-4.3.42-1.fc23``."""

    name: str
    version: str
    release: str

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read an NVR as Koji writes it; the name may hold dashes, the rest may not.

        Raises:
            MalformedInput: the text is no name-version-release.
        """
        match text.rsplit("-", 2):
            case [name, version, release] if name and version and release:
                return cls(name, version, release)
        raise MalformedInput(f"not a name-version-release: {text!r}")

    def __str__(self) -> str:
        return f"{self.name}-{self.version}-{self.release}"
