"""Where on this machine lie the bits that an announcement points at?"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from urllib.parse import unquote, urlsplit

import requests

from relengotron.lab.verify.reading import Web
from relengotron.lab.verify.report import Wrong
from relengotron.lab.verify.repos import fetch_metadata


class ComposeStore:
    """The shared compose store: ``addresses`` says which URL shows which folder; nothing outside ``roots`` is read."""

    def __init__(self, roots: Sequence[Path], addresses: Mapping[str, Path] | None = None) -> None:
        self._roots = [root.resolve() for root in roots]
        self._addresses = {url.rstrip("/") + "/": folder for url, folder in (addresses or {}).items()}

    def place(self, location: str) -> Path:
        """The path behind a location; wrong if there is nothing."""
        place = self._path(location)
        if place is None:
            raise Wrong(f"{location} is not on the compose store")
        if not any(place.resolve().is_relative_to(root) for root in self._roots):
            raise Wrong(f"{location} lies outside the compose store")
        if not place.exists():
            raise Wrong(f"there is nothing at {location}")
        return place

    def repo(self, location: str, arch: str, scratch: Path) -> Path:
        """A folder with the ``repodata`` of one arch, fetched first when the repo is only reachable over HTTP."""
        location = location.replace("$basearch", arch).rstrip("/")
        if self._path(location) is None:
            return _fetched(location, arch, scratch)
        place = self.place(location)
        for folder in (place, place / arch):
            if (folder / "repodata/repomd.xml").is_file():
                return folder
        raise Wrong(f"there is no repo at {location}, nor at {location}/{arch}")

    def _path(self, location: str) -> Path | None:
        for url, folder in self._addresses.items():
            if location.startswith(url):
                return folder / unquote(location.removeprefix(url))
        parts = urlsplit(location)
        if parts.scheme in {"", "file"}:
            return Path(unquote(parts.path) if parts.scheme else location)
        return None


def _fetched(location: str, arch: str, scratch: Path) -> Path:
    with requests.Session() as session:
        web = Web(location, session)
        url = location if web.exists(f"{location}/repodata/repomd.xml") else f"{location}/{arch}"
        fetch_metadata(web, url, scratch)
    return scratch
