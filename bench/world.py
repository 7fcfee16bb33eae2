"""Which world do the measures work in? The lab's own distribution, filled as for the demo."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from relengotron.lab import configuring, fedmsg_d
from relengotron.lab.bits.updates import UPDATES
from relengotron.lab.filling import fill, make_packages
from relengotron.lab.place import Place
from relengotron.lab.scenario import Scenario
from relengotron.lab.stand_ins import StandIns

RELEASE = "24"


class Silent:
    """Nobody needs to hear how the world is filled."""

    def __getattr__(self, _name: str) -> Any:
        return lambda *_words, **_named: None


@dataclass(frozen=True, slots=True)
class World:
    """The stand-ins of one release and its stable updates."""

    place: Place
    stand_ins: StandIns
    updates: tuple[Any, ...]

    def put_back(self) -> None:
        """Every build is where it was before the push, and its update waits again."""
        hub, bodhi = self.stand_ins.hub, self.stand_ins.bodhi
        for update in self.updates:
            for build in update.builds:
                held = {tag["name"] for tag in hub.call(None, "listTags", build.nvr)}
                for tag in held - {f"f{RELEASE}-updates-testing", f"f{RELEASE}-updates-pending"}:
                    hub.call("admin", "untagBuildBypass", tag, build.nvr)
                for tag in {f"f{RELEASE}-updates-testing", f"f{RELEASE}-updates-pending"} - held:
                    hub.call("admin", "tagBuildBypass", tag, build.nvr)
        with bodhi.lock:
            for update in self.updates:
                update.status, update.request, update.locked = "testing", "stable", False


@contextmanager
def prepared(root: Path) -> Iterator[World]:
    """A fresh world below a directory; RPMs that are there from an earlier one are used again."""
    place = Place(root.absolute())
    shutil.rmtree(place.world, ignore_errors=True)
    scenario = Scenario(releases=(RELEASE,), updates=tuple(each for each in UPDATES if each.request == "stable"))
    stand_ins = StandIns(place, scenario)
    try:
        voice: Any = Silent()
        packages = make_packages(place, scenario, voice)
        bus = fedmsg_d.fedmsg_config(place, {"lab": 1, "daemon": 2}, is_signed=False)
        configuring.write_configuration(place, stand_ins.urls, packages.signatures.key, bus, scenario)
        fill(stand_ins, packages, scenario, voice)
        yield World(place, stand_ins, tuple(stand_ins.bodhi.updates))
    finally:
        stand_ins.stop()
