"""How is the file that download pages read kept true, by lanes that know nothing of one another?"""

import json
from collections.abc import Collection, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

from relengotron.systems.mirror.disk import Disk, in_our_words
from relengotron.systems.mirror.paths import PRIVATE, inside, rel_path
from relengotron.systems.replacing import replace
from relengotron.systems.shared_lock import held
from relengotron.systems.website.port import VERSION, Artifacts, Shelf

WAIT: Final = timedelta(seconds=5)


class WebsiteFile:
    """A file below the mirror's root, whole at every moment; one writer at a time."""

    def __init__(self, root: Path, path: str, disk: Disk | None = None, wait: timedelta = WAIT) -> None:
        self._root = root
        self._path = rel_path(path)
        self._disk = disk or Disk()
        self._wait = wait

    @property
    def path(self) -> str:
        """Where readers find it, below the mirror's root."""
        return self._path

    def read(self) -> dict[str, Any] | None:
        """What it says now; None when there is none, or nobody can read it."""
        try:
            found = json.loads(inside(self._root, self._path).read_bytes())
        except (OSError, ValueError):
            return None
        return dict(found) if _is_page(found) else None

    @in_our_words
    def show(self, shelves: Mapping[Shelf, Artifacts], kept: Collection[tuple[str, str]]) -> bool:
        """The file says this of these lanes, and of each other lane in ``kept`` what it said before."""
        place = inside(self._root, self._path)
        with held(self._root / f"{PRIVATE}-website.lock", "write the website's file", self._wait):
            releases = _kept(self.read() or {}, kept)
            for shelf, artifacts in shelves.items():
                release = releases.setdefault(shelf.release, {"requests": {}})
                release["version"] = shelf.version
                release["requests"][shelf.request] = {"artifacts": dict(artifacts)}
            place.parent.mkdir(parents=True, exist_ok=True)
            return self._write(place, {"version": VERSION, "releases": releases})

    @in_our_words
    def roll_out(
        self, lane: tuple[str, str], artifact: str, identity: str, rollout: Mapping[str, Any] | None
    ) -> bool | None:
        """The file says so of a rollout; what is shown of the lane itself is for its own runs to say."""
        place = inside(self._root, self._path)
        with held(self._root / f"{PRIVATE}-website.lock", "write the website's file", self._wait):
            said = self.read() or {}
            entry = _entry(said, lane, artifact)
            if entry is None or entry.get("identity") != identity:
                return None
            entry.pop("rollout", None)
            entry |= {} if rollout is None else {"rollout": dict(rollout)}
            return self._write(place, said)

    def _write(self, place: Path, said: Mapping[str, Any]) -> bool:
        return replace(place, (json.dumps(said, indent=1, sort_keys=True).encode(), b"\n"), self._disk)


def _entry(said: Mapping[str, Any], lane: tuple[str, str], artifact: str) -> dict[str, Any] | None:
    release, request = lane
    shown = said.get("releases", {}).get(release, {"requests": {}})["requests"].get(request, {"artifacts": {}})
    entry = shown["artifacts"].get(artifact)
    return entry if isinstance(entry, dict) else None


def _is_page(found: object) -> bool:
    """Whether all of it is there that we look into; people may have edited it."""
    match found:
        case {"version": version, "releases": dict(releases)} if version == VERSION:
            return all(_is_release(each) for each in releases.values())
    return False


def _is_release(found: object) -> bool:
    match found:
        case {"requests": dict(requests)}:
            return all(isinstance(each, dict) and isinstance(each.get("artifacts"), dict) for each in requests.values())
    return False


def _kept(said: Mapping[str, Any], kept: Collection[tuple[str, str]]) -> dict[str, Any]:
    """What it said of the lanes that there still are."""
    releases: dict[str, Any] = {}
    for name, release in said.get("releases", {}).items():
        requests = {request: shown for request, shown in release.get("requests", {}).items() if (name, request) in kept}
        if requests:
            releases[name] = {**release, "requests": requests}
    return releases
