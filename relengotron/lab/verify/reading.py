"""How does the reader get a file from the mirror, and know that it is whole?"""

import hashlib
from pathlib import Path
from typing import BinaryIO
from urllib.parse import quote, urlsplit

import requests

from relengotron.lab.verify.report import Wrong

_TIMEOUT = (5.0, 60.0)
_CHUNK = 1 << 20


class Web:
    """Files below one address; paths may also be whole addresses."""

    def __init__(self, base_url: str, session: requests.Session) -> None:
        self._base = base_url.rstrip("/")
        self._session = session

    def url(self, path: str) -> str:
        """The address of a path."""
        return path.rstrip("/") if urlsplit(path).scheme else f"{self._base}/{quote(path.strip('/'))}"

    def exists(self, path: str) -> bool:
        """Say whether something is there."""
        with self._session.get(self.url(path), timeout=_TIMEOUT, stream=True) as response:
            return bool(response.status_code == requests.codes.ok)

    def size(self, path: str) -> int:
        """How long the web server says a file is."""
        response = self._session.head(self.url(path), timeout=_TIMEOUT, headers={"Accept-Encoding": "identity"})
        if response.status_code != requests.codes.ok:
            raise Wrong(f"{response.url} answers {response.status_code}")
        return int(response.headers["Content-Length"])

    def save(self, path: str, place: Path, kind: str = "sha256") -> str:
        """Store a file and return its checksum."""
        place.parent.mkdir(parents=True, exist_ok=True)
        with place.open("wb") as file:
            return self.digest(path, kind, file)

    def text(self, path: str) -> str:
        """A small text file."""
        response = self._session.get(self.url(path), timeout=_TIMEOUT)
        if response.status_code != requests.codes.ok:
            raise Wrong(f"{response.url} answers {response.status_code}")
        return response.content.decode("utf-8")

    def digest(self, path: str, kind: str = "sha256", file: BinaryIO | None = None) -> str:
        """Read a file to its end and return its checksum."""
        digest = hashlib.new(kind)
        with self._session.get(
            self.url(path), timeout=_TIMEOUT, stream=True, headers={"Accept-Encoding": "identity"}
        ) as response:
            if response.status_code != requests.codes.ok:
                raise Wrong(f"{response.url} answers {response.status_code}")
            for chunk in response.iter_content(_CHUNK):
                digest.update(chunk)
                if file is not None:
                    file.write(chunk)
        return digest.hexdigest()

    def must_be(self, path: str, kind: str, checksum: str) -> None:
        """Read a file to its end; wrong unless it has this checksum."""
        if (found := self.digest(path, kind)) != checksum:
            raise Wrong(f"{path} has {kind} {found}, should have {checksum}")
