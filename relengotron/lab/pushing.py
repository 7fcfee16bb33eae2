"""How is everything that waits pushed in a lab, and what must be seen from outside afterwards?"""

import hashlib
import json
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import requests

from relengotron.lab import expected, expected_readers
from relengotron.lab.filling import base_repo_path
from relengotron.lab.flavours import FLAVOURS
from relengotron.lab.life import Lab
from relengotron.lab.place import ARCHES
from relengotron.lab.story import LaneStory, told
from relengotron.systems.bodhi.simulated.rows import Update

LEFT_BEHIND = "nethack"
VERIFIED_WITHIN = 300
SETTLES_WITHIN = 15.0
LOOKS_EVERY = 0.1


@dataclass(frozen=True, slots=True)
class Reading:
    """What the independent reader found; each check says its subject, whether it passed, and the fact."""

    passed: bool
    checks: tuple[Mapping[str, Any], ...]
    trouble: str = ""


class Push:
    """One push of everything that waits; what it must leave behind is worked out before it begins."""

    def __init__(self, lab: Lab) -> None:
        """Look at the lab as it is before the push."""
        self._lab = lab
        self._withdrawn = self._update_left_behind()
        gone = [build.nvr for build in self._withdrawn.builds] if self._withdrawn is not None else []
        self.lanes = expected.plan(lab.place, lab.scenario, gone)
        self._untouched = self._untouched_files()
        self._ask_the_cache()

    def order(self) -> Mapping[str, Any]:
        """Bodhi orders the push with one message; at the same moment a packager withdraws one of the updates."""
        bodhi = self._lab.stand_ins.bodhi
        with bodhi.lock:
            order = bodhi.start_push()
            if self._withdrawn is not None:
                self._withdrawn.request = None
        return order.message

    @property
    def stories(self) -> dict[str, LaneStory]:
        """What was heard of each lane."""
        return told(self._lab.heard)

    @property
    def is_over(self) -> bool:
        """Whether every lane has told its end."""
        stories = self.stories
        return len(stories) == len(self.lanes) and all(story.is_over for story in stories.values())

    @property
    def is_held(self) -> bool:
        """Whether every lane that has not told its end waits for a person."""
        stories = self.stories
        return len(stories) == len(self.lanes) and all(story.is_over or story.hold for story in stories.values())

    @property
    def is_complete(self) -> bool:
        """Whether every lane ended well."""
        return all(story.end == "push.complete" for story in self.stories.values())

    def settle(self) -> None:
        """Wait a moment for Bodhi: the last announcement may still be on its way."""
        deadline = time.monotonic() + SETTLES_WITHIN
        while self._lab.stand_ins.bodhi.composes and time.monotonic() < deadline:
            time.sleep(LOOKS_EVERY)

    def verify(self, besides: Mapping[str, Any] | None = None, moves_besides: int = 0) -> Reading:
        """Let a process of its own read everything from outside; ``besides`` is what else it must find."""
        place, urls, images = self._lab.place, self._lab.stand_ins.urls, self._images()
        key = place.artifacts_key
        wanted = expected.expectation(self.lanes, urls, images, self._untouched, key, moves_besides)
        wanted |= {**expected_readers.told(self.lanes, urls, images, place.website), **(besides or {})}
        file = place.world / "expected.json"
        file.write_text(json.dumps(wanted, indent=1))
        command = [sys.executable, "-m", "relengotron.lab.verify", "--json", "--expect", str(file)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=VERIFIED_WITHIN, check=False)
        try:
            checks = tuple(json.loads(done.stdout)["checks"])
        except (ValueError, KeyError):
            return Reading(False, (), f"the reader ended with {done.returncode}: {done.stderr[-2000:]}")
        return Reading(done.returncode == 0, checks, done.stderr)

    def locked_updates(self) -> int:
        """How many updates are still locked for a push; asked over HTTP, as anybody could."""
        url = f"{self._lab.stand_ins.urls['bodhi']}/updates/"
        return int(requests.get(url, params={"locked": "true"}, timeout=10).json()["total"])

    def verdicts(self) -> dict[str, dict[str, str]]:
        """Every verdict by the identity of what was tested, as ResultsDB answers anybody."""
        url = f"{self._lab.stand_ins.urls['resultsdb']}/results"
        answer = requests.get(url, params={"limit": 1000}, timeout=10).json()
        verdicts: dict[str, dict[str, str]] = {}
        for row in reversed(answer["data"]):
            if row["testcase"]["name"] != "relengotron.compose":
                verdicts.setdefault(row["data"]["item"][0], {})[row["testcase"]["name"]] = row["outcome"]
        return verdicts

    def places(self) -> dict[tuple[str, str], str]:
        """Where on the mirror each lane's artifacts should be."""
        places = {}
        for lane in self.lanes:
            name = f"F{lane.release}/{lane.request}"
            places[name, f"f{lane.release}-{expected.REPO_OF[lane.request]}"] = f"{lane.repo_path}/"
            for flavour in FLAVOURS:
                places[name, flavour.artifact] = f"atomic/repo {flavour.ref(lane.release, lane.request)}"
        for key, (path, _, _) in expected.image_places(self.lanes).items():
            release, request, image = key.split("/")
            places[f"F{release}/{request}", image] = f"{path}/"
        return places

    def _update_left_behind(self) -> Update | None:
        newest = f"F{self._lab.scenario.releases[-1]}"
        for update in self._lab.stand_ins.bodhi.updates:
            if update.release.name == newest and update.builds[0].nvr.startswith(f"{LEFT_BEHIND}-"):
                return update
        return None

    def _ask_the_cache(self) -> None:
        """Readers have everything of before in their cache, also that something is not there yet."""
        for path in expected_readers.pointers(self.lanes, self._lab.place.website):
            requests.get(f"{self._lab.stand_ins.urls['cdn']}/{path}", timeout=10)

    def _untouched_files(self) -> dict[str, str]:
        """What no push may change: the released repos, and the refs of trees that no update reaches."""
        releases, mirror = self._lab.scenario.releases, self._lab.place.mirror
        paths = [f"{base_repo_path(release, arch)}/repodata/repomd.xml" for release in releases for arch in ARCHES]
        for lane in self.lanes:
            for flavour in FLAVOURS:
                if flavour.artifact not in lane.flavours:
                    paths.append(f"atomic/repo/refs/heads/{flavour.ref(lane.release, lane.request)}")
        return {path: hashlib.sha256((mirror / path).read_bytes()).hexdigest() for path in paths}

    def _images(self) -> dict[str, dict[str, Any]]:
        images, place = {}, self._lab.place
        for key, (directory, kind, ref) in expected.image_places(self.lanes).items():
            suffix = ".iso" if kind == "iso" else ".raw.xz"
            found = sorted((place.mirror / directory).glob(f"*{suffix}"))
            path = f"{directory}/{found[-1].name if found else f'nothing{suffix}'}"
            commit = (place.live_ostree / "refs" / "heads" / ref).read_text().strip()
            images[key] = {"path": path, "kind": kind, "commit": commit, "checksum": f"{path}-CHECKSUM"}
        return images
