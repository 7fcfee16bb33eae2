"""How are the metadata of a compose fetched? From a directory or over HTTP, never more than a compose can have."""

from collections.abc import Iterator
from http import HTTPStatus
from pathlib import Path
from typing import BinaryIO, Final
from urllib.parse import unquote, urlsplit

import requests

from relengotron.errors import MalformedInput, RequestRefused, SystemUnreachable
from relengotron.systems.composes.port import ComposeMetadata
from relengotron.systems.composes.reading import read_metadata

LARGEST: Final = 256 * 1024 * 1024
"""The rpms.json of a whole distribution on all its arches has about 60 MB."""
KEPT: Final = 4
_METADATA: Final = "compose/metadata"
_CHUNK: Final = 1 << 20
TIMEOUT: Final = (10.0, 60.0)


class ProductmdComposes:
    """The port for composes that Pungi made; the last few are kept, because a compose with an id never changes."""

    def __init__(
        self, session: requests.Session, *, timeout: tuple[float, float] = TIMEOUT, largest: int = LARGEST
    ) -> None:
        self._session = session
        self._timeout = timeout
        self._largest = largest
        self._kept: dict[tuple[str, str], ComposeMetadata] = {}

    def read(self, where: str) -> ComposeMetadata:
        """Read the three files and see that they speak of the same compose; the small one first."""
        info = self._needed(where, "composeinfo.json")
        known = self._kept.get((where, info))
        if known is None:
            known = read_metadata(where, info, self._needed(where, "rpms.json"), self._file(where, "images.json"))
            self._keep(where, info, known)
        return known

    def _keep(self, where: str, info: str, found: ComposeMetadata) -> None:
        kept = [each for each in self._kept.items() if each[0][0] != where]
        self._kept = dict([*kept, ((where, info), found)][-KEPT:])

    def _needed(self, where: str, name: str) -> str:
        found = self._file(where, name)
        if found is None:
            raise RequestRefused(f"there is no compose at {where}: it has no {_METADATA}/{name}")
        return found

    def _file(self, where: str, name: str) -> str | None:
        """The text of one file, None when there is none."""
        address = urlsplit(where)
        match address.scheme:
            case "file":
                raw = self._from_disk(Path(unquote(address.path)) / _METADATA / name)
            case "http" | "https":
                raw = self._from_the_web(f"{where.rstrip('/')}/{_METADATA}/{name}")
            case _:
                raise MalformedInput(f"not the address of a compose: {where!r}")
        try:
            return None if raw is None else raw.decode("utf-8")
        except UnicodeDecodeError as wrong:
            raise MalformedInput(f"{name} of {where} is not UTF-8 text") from wrong

    def _from_disk(self, path: Path) -> bytes | None:
        try:
            with path.open("rb") as file:
                return self._bounded(path, _pieces(file))
        except FileNotFoundError:
            return None
        except OSError as trouble:
            raise SystemUnreachable(f"cannot read {path}: {trouble}") from trouble

    def _from_the_web(self, url: str) -> bytes | None:
        try:
            with self._session.get(url, timeout=self._timeout, stream=True) as answer:
                if answer.status_code in (HTTPStatus.NOT_FOUND, HTTPStatus.GONE):
                    return None
                if answer.status_code != HTTPStatus.OK:
                    raise SystemUnreachable(f"cannot read {url}: HTTP {answer.status_code}")
                return self._bounded(url, answer.iter_content(_CHUNK))
        except requests.RequestException as broken:
            raise SystemUnreachable(f"cannot read {url}: {broken}") from broken

    def _bounded(self, what: str | Path, pieces: Iterator[bytes]) -> bytes:
        read = bytearray()
        for piece in pieces:
            read += piece
            if len(read) > self._largest:
                raise MalformedInput(f"{what} is larger than the {self._largest} bytes that are read")
        return bytes(read)


def _pieces(file: BinaryIO) -> Iterator[bytes]:
    while piece := file.read(_CHUNK):
        yield piece
