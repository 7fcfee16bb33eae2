"""How does a folder that somebody else writes here come to a master, in the order that this somebody says?"""

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Final

from relengotron.errors import StateDisagrees
from relengotron.systems.mirror.client.rsync import Rsync
from relengotron.systems.mirror.disk import Disk
from relengotron.systems.mirror.ground import Ground
from relengotron.systems.mirror.paths import RelPath, rel_path
from relengotron.systems.mirror.port import Parcel

_LARGEST: Final = 64 << 20
"""Of a file that is read there: none that points at others is larger, and the other side chose its size."""


class Relayed:
    """One folder on one master; what ended in the middle is looked at and brought again."""

    def __init__(self, name: str, rsync: Rsync, below: RelPath, disk: Disk) -> None:
        self._name = name
        self._rsync = rsync
        self._below = below
        self._disk = disk

    def bring(self, asked: tuple[str, ...], parcels: Callable[[Mapping[str, bytes]], Iterable[Parcel]]) -> None:
        """Every parcel is there, one after the other."""
        self._rsync.make_folder(self._below)
        for parcel in parcels(self._rsync.read(asked, self._below, _LARGEST)):
            self._must_lie_here(parcel)
            self._disk.before(f"relay to {self._name}", parcel.source)
            self._rsync.remove(map(rel_path, parcel.gone), self._below)
            if parcel.is_pointer:
                self._rsync.bring(parcel.source, parcel.paths, self._below, at_once=True)
            else:
                self._rsync.fill(parcel.source, parcel.paths, self._below)

    def _must_lie_here(self, parcel: Parcel) -> None:
        """rsync would follow a folder that was swapped for a link, and the ground never does."""
        with Ground(parcel.source, self._disk) as ground:
            if missing := [path for path in parcel.paths if ground.facts(rel_path(path)) is None]:
                raise StateDisagrees(f"{missing[0]} is not in {Path(parcel.source)} any more")
