"""How is the master mirror written (as a tree on disk) and looked at (over HTTP)?"""

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from urllib.parse import quote

import requests

from relengotron.errors import SystemUnreachable
from relengotron.systems.mirror.disk import Disk
from relengotron.systems.mirror.looking import CHUNK, seen_at
from relengotron.systems.mirror.paths import rel_path
from relengotron.systems.mirror.port import MasterSeen, Parcel, Seen
from relengotron.systems.mirror.tree import MirrorTree

_AS_IT_IS = {"Accept-Encoding": "identity", "Cache-Control": "no-cache"}


class MasterMirror(MirrorTree):
    """The tree that the users' mirrors copy, and the address where anybody reads it."""

    def __init__(
        self,
        root: Path,
        states: Path,
        base_url: str,
        *,
        session: requests.Session | None = None,
        connect_timeout: float = 5.0,
        read_timeout: float = 60.0,
        disk: Disk | None = None,
        links_packages: bool = False,
    ) -> None:
        super().__init__(root, states, disk, links_packages=links_packages)
        self._base_url = base_url.rstrip("/")
        self._session = session or requests.Session()
        self._timeout = (connect_timeout, read_timeout)

    def look(self, urls: Mapping[str, str]) -> tuple[Seen, ...]:
        """Read each path (with the checksum expected there) as any reader would, over HTTP."""
        return tuple(self._seen(rel_path(path), expected) for path, expected in urls.items())

    def read(self, path: str, at_most: int) -> bytes | None:
        """The content of one path as any reader gets it, over HTTP; None when there is none, or more than that."""
        url, found = f"{self._base_url}/{quote(rel_path(path))}", bytearray()
        try:
            with self._session.get(url, headers=_AS_IT_IS, timeout=self._timeout, stream=True) as response:
                if response.status_code != requests.codes.ok:
                    return None
                for chunk in response.iter_content(CHUNK):
                    found += chunk
                    if len(found) > at_most:
                        return None
        except requests.RequestException as error:
            raise SystemUnreachable(f"cannot read {url}: {error}") from error
        return bytes(found)

    def spread(self, paths: Iterable[str]) -> None:
        """There is no master but this one."""

    def relay(
        self, place: Path, asked: tuple[str, ...], parcels: Callable[[Mapping[str, bytes]], Iterable[Parcel]]
    ) -> None:
        """There is no master but this one."""

    def try_masters(self) -> tuple[MasterSeen, ...]:
        """There is none but this one."""
        return ()

    def _seen(self, path: str, expected: str) -> Seen:
        url = f"{self._base_url}/{quote(path)}"
        try:
            return seen_at(url, self._session, _AS_IT_IS, self._timeout, path=path, expected=expected)
        except requests.RequestException as error:
            raise SystemUnreachable(f"cannot read {url}: {error}") from error
