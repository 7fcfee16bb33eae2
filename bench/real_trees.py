"""Does a skipped tree really stay what it is? Real RPMs, real repos, and every tree composed after every push."""

import io
import shutil
import subprocess
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random

from bench.lane import ARCH, VERSION, LaneOfTrees, Shop, build_of, ref_of
from relengotron.lab.bits.build import Built, build_packages
from relengotron.lab.bits.catalogue import BROKEN, CATALOGUE
from relengotron.lab.bits.package import Source
from relengotron.lab.bits.updates import UPDATES
from relengotron.lab.builder.tools import rpm_ostree
from relengotron.lab.flavours import FLAVOURS
from relengotron.lab.place import ARCHES
from relengotron.model.artifact import Artifact
from relengotron.model.package import Package
from relengotron.plugins.tree_compose import MANIFEST
from relengotron.sdk.treefile import flatten
from relengotron.systems.koji.port import Build
from relengotron.systems.ostree.client import OstreeCli

PUSHES, DRAWN_TREES = 16, 6
SEED = 24
_SOURCES = tuple(each for each in CATALOGUE if each is not BROKEN)


@dataclass(frozen=True, slots=True)
class Composed:
    """One tree after one push: whether the ladder wanted a compose, and whether its files became other files."""

    push: int
    tree: str
    is_wanted: bool
    is_doubt: bool
    is_named: bool
    is_other: bool


def trial(packages: Path, folder: Path) -> Iterator[Composed]:
    """Random pushes of the lab's packages; ``packages`` keeps the RPMs for the next time."""
    builds = _built(packages)
    released = _repo(folder / "released" / ARCH, (each for each in builds if not each.is_update))
    shop = Shop(folder, released.as_uri(), _trees(), {}, OstreeCli, folder / "solver")
    lane = LaneOfTrees(shop)
    try:
        yield from _Trial(shop, lane, [each for each in builds if each.is_update]).pushes()
    finally:
        lane.close()


class _Trial:
    def __init__(self, shop: Shop, lane: LaneOfTrees, updates: Sequence[Built]) -> None:
        self._shop, self._lane, self._updates = shop, lane, updates
        self._live = OstreeCli(shop.live_ostree)
        self._live.init_archive()

    def pushes(self) -> Iterator[Composed]:
        for tree in self._lane.trees:
            self._show(tree, self._compose(tree, [self._shop.base_repo]))
        random, tagged = Random(SEED), dict[str, Built]()
        for number in range(1, PUSHES + 1):
            pushed = random.sample(list(self._updates), random.randint(1, 3))
            tagged |= {each.source.name: each for each in pushed}  # a tag shows the build that came last
            repo = _repo(self._shop.folder / f"push-{number}" / ARCH, tagged.values())
            yield from self._one(number, [_build(each) for each in pushed], repo)

    def _one(self, number: int, builds: Sequence[Build], repo: Path) -> Iterator[Composed]:
        reaches = {each.artifact: each for each in self._lane.judge(builds, repo.parent).reaches}
        names = frozenset(name for each in builds for name in each.binary_names)
        for tree in self._lane.trees:
            reach, live = reaches[tree.name], self._live.head(ref_of(tree.name)) or ""
            is_named = not names.isdisjoint(each.name for each in self._live.commit_info(live).packages)
            commit = self._compose(tree, [self._shop.base_repo, repo.as_uri()])
            is_other = self._live.content_checksum(commit) != self._live.content_checksum(live)
            yield Composed(number, tree.name, reach.is_affected, reach.is_doubt, is_named, is_other)
            if reach.is_affected:
                self._show(tree, commit)
        self._lane.publish(repo.parent, f"push-{number}")

    def _show(self, tree: Artifact, commit: str) -> None:
        self._live.set_ref(ref_of(tree.name), commit, self._live.head(ref_of(tree.name)))

    def _compose(self, tree: Artifact, urls: Sequence[str]) -> str:
        """A commit that no ref shows yet; nothing is taken for unchanged before its files are there."""
        place = self._shop.folder / "work" / tree.name
        place.mkdir(parents=True, exist_ok=True)
        for number, url in enumerate(urls):
            (place / f"repo-{number}.repo").write_text(
                f"[repo-{number}]\nname=repo-{number}\nbaseurl={url}\ngpgcheck=0\n"
            )
        filled = {"ref": ref_of(tree.name), "repos": [f"repo-{number}" for number, _ in enumerate(urls)]}
        flat = flatten(tree.settings["treefile"], arch=ARCH, version=VERSION)
        flat.write(place / "treefile.json", {**filled, "releasever": VERSION, "basearch": ARCH})
        written = f"--write-commitid-to={place / 'commit'}"
        told = f"--add-metadata-string={MANIFEST}={self._lane.manifest(tree).digest}"
        words = ["compose", "tree", f"--repo={self._live.path}", "--force-nocache", written, told]
        output = io.StringIO()
        if rpm_ostree.main([*words, str(place / "treefile.json")], output):
            raise AssertionError(f"{tree.name} cannot be composed: {output.getvalue()[-1000:]}")
        return (place / "commit").read_text()


def _built(packages: Path) -> list[Built]:
    """The released builds, the updates that the lab has waiting, and a rebuild of every package."""
    waiting = [each for update in UPDATES for each in update.sources]
    rebuilt = [replace(each, release=f"{each.release}.1") for each in _SOURCES]
    return build_packages(packages, (VERSION,), ARCHES, catalogue=_SOURCES, updates=[*waiting, *rebuilt])


def _trees() -> Mapping[str, tuple[str, ...]]:
    """The lab's own trees, and some with wishes that nobody has thought about."""
    random, names = Random(SEED), sorted(each.name for source in _SOURCES for each in source.binaries)
    drawn = {f"drawn-{number}": tuple(random.sample(names, random.randint(2, 9))) for number in range(DRAWN_TREES)}
    return {each.artifact: each.packages for each in FLAVOURS} | drawn


def _repo(folder: Path, builds: Iterable[Built]) -> Path:
    folder.mkdir(parents=True)
    for rpm in (rpm for build in builds for rpm in build.rpms):
        if rpm.name.endswith((f".{ARCH}.rpm", ".noarch.rpm")):
            shutil.copyfile(rpm, folder / rpm.name)
    command = ["createrepo_c", "--quiet", "--no-database", "--general-compress-type", "gz", str(folder)]
    subprocess.run(command, check=True, capture_output=True, timeout=60)
    return folder


def _build(built: Built) -> Build:
    source = built.source
    return build_of(source.name, (_package(source, each.name, each.noarch) for each in source.binaries))


def _package(source: Source, name: str, is_noarch: bool) -> Package:
    epoch, release = str(source.epoch or 0), f"{source.release}.fc{VERSION}"
    return Package(name, epoch, source.version_in(VERSION), release, "noarch" if is_noarch else ARCH)
