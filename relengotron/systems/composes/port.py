"""What do we ask of a finished compose?"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from relengotron.model.package import Package


@dataclass(frozen=True, slots=True)
class ComposedImage:
    """One image of a compose; the checksum is None where the compose does not say it."""

    variant: str
    arch: str
    path: str
    type: str
    format: str
    size: int
    sha256: str | None


@dataclass(frozen=True, slots=True)
class ComposeMetadata:
    """What a compose says about itself; ``packages`` are the binary packages by variant and arch."""

    id: str
    packages: Mapping[tuple[str, str], tuple[Package, ...]]
    images: tuple[ComposedImage, ...]


class Composes(Protocol):
    """Composes by their address: the directory that holds ``compose/metadata/``, at a file or web address."""

    def read(self, where: str) -> ComposeMetadata:
        """Read ``composeinfo.json``, ``rpms.json`` and, where there is one, ``images.json``.

        Raises:
            SystemUnreachable: it cannot be read now.
            RequestRefused: there is no compose at this address.
            MalformedInput: the metadata are not what they claim to be.
        """
