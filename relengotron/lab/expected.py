"""What should a push in the lab leave behind? Worked out from the bits alone, not from what the daemon says."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from relengotron.lab.bits.artifacts import contents
from relengotron.lab.bits.build import build_packages
from relengotron.lab.filling import base_repo_path
from relengotron.lab.flavours import FLAVOURS
from relengotron.lab.place import ARCHES, TREE_ARCH, Place
from relengotron.lab.scenario import Scenario

REPO_OF = {"stable": "updates", "testing": "updates-testing"}
IMAGES = {
    "atomic-host": (("atomic-installer-iso", "iso"), ("atomic-disk", "disk")),
    "cloud-tree": (("cloud-base", "disk"),),
}
MASH, TREE, ISO, DISK, MOVE = "mash", "rpm-ostree", "lorax", "image", "tagBuild"


@dataclass(frozen=True, slots=True)
class LanePlan:
    """One lane: the builds that must arrive, those that must not, and the trees that must be new."""

    release: str
    request: str
    builds: tuple[str, ...]
    left_behind: tuple[str, ...]
    flavours: tuple[str, ...]

    @property
    def repo_path(self) -> str:
        """Where the lane's repos are published."""
        return f"{REPO_OF[self.request]}/{self.release}"


def plan(place: Place, scenario: Scenario, ejected: Iterable[str] = ()) -> tuple[LanePlan, ...]:
    """What each lane must ship; ``ejected`` holds builds whose updates must be left behind."""
    sources = [source for update in scenario.updates for source in update.sources]
    built = build_packages(place.packages, scenario.releases, ARCHES, updates=sources)
    names = {build.nvr: {binary.name for binary in build.source.binaries} for build in built}
    gone = set(ejected)
    lanes = []
    for release in scenario.releases:
        inside = {artifact: {each.name for each in found} for artifact, found in contents(built, release).items()}
        for request in scenario.requests:
            wanted = [
                source.nvr(release) for each in scenario.updates if each.request == request for source in each.sources
            ]
            builds = tuple(nvr for nvr in wanted if nvr not in gone)
            changed = {name for nvr in builds for name in names[nvr]}
            flavours = tuple(each.artifact for each in FLAVOURS if inside[each.component] & changed)
            lanes.append(LanePlan(release, request, builds, tuple(nvr for nvr in wanted if nvr in gone), flavours))
    return tuple(lanes)


def expectation(
    lanes: Iterable[LanePlan],
    urls: Mapping[str, str],
    published: Mapping[str, Any],
    untouched: Mapping[str, str],
    public_key: Path,
    moves_besides: int = 0,
) -> dict[str, Any]:
    """What the independent reader must find.

    ``published`` maps "release/request/artifact" of each image to its path and commit as seen on the mirror;
    ``untouched`` maps files that no push may change to their checksums; all that is published is signed by the key.
    ``moves_besides`` counts the builds that are moved for something else than these lanes.
    """
    lanes = tuple(lanes)
    return {
        "mirror": urls["mirror"],
        "public_key": str(public_key),
        "koji": urls["koji"],
        "repos": [_repo(lane, urls["mirror"]) for lane in lanes],
        "refs": [_ref(lane, flavour, urls["mirror"]) for lane in lanes for flavour in lane.flavours],
        "images": [published[key] for key in sorted(published)],
        "unchanged": [{"path": path, "sha256": checksum} for path, checksum in untouched.items()],
        "tasks": _tasks(lanes, moves_besides),
    }


def image_places(lanes: Iterable[LanePlan]) -> dict[str, tuple[str, str, str]]:
    """Per image its directory below the mirror, its kind, and the ref of the tree it must carry."""
    words = {flavour.artifact: flavour for flavour in FLAVOURS}
    return {
        f"{lane.release}/{lane.request}/{name}": (
            f"images/{REPO_OF[lane.request]}/{lane.release}/{name}",
            kind,
            words[flavour].ref(lane.release, lane.request),
        )
        for lane in lanes
        for flavour in lane.flavours
        for name, kind in IMAGES[flavour]
    }


def _repo(lane: LanePlan, mirror: str) -> dict[str, Any]:
    return {
        "path": lane.repo_path,
        "arches": list(ARCHES),
        "must_have": list(lane.builds),
        "must_not_have": list(lane.left_behind),
        "base": [f"{mirror}/{base_repo_path(lane.release, '$basearch')}"],
    }


def _ref(lane: LanePlan, flavour: str, mirror: str) -> dict[str, Any]:
    word = next(each for each in FLAVOURS if each.artifact == flavour)
    return {
        "repo": "atomic/repo",
        "ref": word.ref(lane.release, lane.request),
        "repos": [
            f"{mirror}/{base_repo_path(lane.release, TREE_ARCH)}",
            f"{mirror}/{lane.repo_path}/{TREE_ARCH}",
        ],
        "must_have_packages": list(word.packages),
    }


def _tasks(lanes: tuple[LanePlan, ...], moves_besides: int) -> list[dict[str, Any]]:
    """One move per build, one mash per lane, one task per tree and image; nothing else may have been made."""
    trees = [flavour for lane in lanes for flavour in lane.flavours]
    kinds = [kind for flavour in trees for _, kind in IMAGES[flavour]]
    counts = {
        ("tagBuild", ""): sum(len(lane.builds) for lane in lanes) + moves_besides,
        ("runroot", MASH): len(lanes),
        ("runroot", TREE): len(trees),
        ("runroot", ISO): kinds.count("iso"),
        ("image", ""): kinds.count("disk"),
    }
    return [{"method": method, "marker": marker, "count": count} for (method, marker), count in counts.items()]
