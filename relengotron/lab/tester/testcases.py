"""Which test cases are there, and what does each really look at?"""

import hashlib
from collections.abc import Callable, Iterable
from pathlib import Path

from relengotron.lab.tester.compose import Compose
from relengotron.lab.tester.store import ComposeStore
from relengotron.lab.verify.images import look_into_disk, look_into_iso
from relengotron.lab.verify.report import Wrong
from relengotron.lab.verify.solver import Universe
from relengotron.systems.mirror.disk import entry_of
from relengotron.systems.ostree.client import OstreeCli

Question = Callable[[Compose, ComposeStore, Path], str]
_SOURCES = {"src", "SRPMS", "source"}
_REPOMD = "repodata/repomd.xml"
_NAMED = 10


def repoclosure(compose: Compose, store: ComposeStore, scratch: Path) -> str:
    """Every package of the new repo can be installed, arch by arch, with the base repos at hand."""
    repos = _repos_of(compose, store.place(compose.one("location")))
    _must_be_named(compose, _name_of_repos(repos.values()))
    told = [f"{arch} {_closed(compose, store, arch, repo, scratch / arch)} packages" for arch, repo in repos.items()]
    return f"every dependency is met: {', '.join(told)}"


def _repos_of(compose: Compose, root: Path) -> dict[str, Path]:
    repos = {arch: root / arch for arch in compose.all("arch") if arch not in _SOURCES}
    absent = [str(repo) for repo in repos.values() if not (repo / _REPOMD).is_file()]
    if absent or not repos:
        raise Wrong(f"there is no repo at {', '.join(absent) or root}")
    return repos


def _name_of_repos(repos: Iterable[Path]) -> str:
    """The part of a repo artifact's name that stands for its content: the metadata of every arch."""
    checksums = sorted(entry_of(repo / _REPOMD).sha256 for repo in repos)
    return hashlib.sha256("\n".join(checksums).encode()).hexdigest()[:16]


def _closed(compose: Compose, store: ComposeStore, arch: str, repo: Path, scratch: Path) -> int:
    universe = Universe(arch)
    universe.add("new", repo)
    for number, base in enumerate(_bases_for(arch, compose)):
        universe.add(f"base-{number}", store.repo(base, arch, scratch / str(number)))
    if problems := universe.problems_of("new"):
        raise Wrong(f"{arch}: {len(problems)} broken dependencies: {'; '.join(problems[:_NAMED])}")
    return universe.count("new")


def _bases_for(arch: str, compose: Compose) -> list[str]:
    """The base repos without those of other arches: one of their packages must not stand in for a missing one."""
    others = set(compose.all("arch")) - {arch}
    return [location for location in compose.all("repos") if others.isdisjoint(location.split("/"))]


def _must_be_named(compose: Compose, content: str) -> None:
    """What is tested is what was announced."""
    if content not in compose.one("item").split("-"):
        raise Wrong(f"the item is {compose.one('item')}, but these bits are {content}")


def ostree_content(compose: Compose, store: ComposeStore, scratch: Path) -> str:
    """The repo is whole, and each package of the commit is the newest that the repos have."""
    commit, arch = compose.one("commit"), next(iter(compose.all("arch")), "x86_64")
    _must_be_named(compose, commit)
    repo = OstreeCli(store.place(compose.one("repo")))
    if not (checked := repo.fsck()).clean:
        raise Wrong(f"ostree fsck: {checked.output}")
    packages = repo.commit_info(commit).packages
    if not packages:
        raise Wrong(f"commit {commit} lists no packages")
    newest = _newest(compose, store, scratch, arch)
    stale = [row for row in packages if newest.get(row.name) != tuple(row[1:])]
    if stale:
        pairs = [("-".join(row), "-".join(newest.get(row.name, ("none",)))) for row in stale[:_NAMED]]
        told = "; ".join(f"{row} (repos: {best})" for row, best in pairs)
        raise Wrong(f"{len(stale)} of {len(packages)} packages are not the newest: {told}")
    return f"the commit is whole and all {len(packages)} packages are the newest"


def _newest(compose: Compose, store: ComposeStore, scratch: Path, arch: str) -> dict[str, tuple[str, str, str, str]]:
    """What the base repos and the repos of the same push (the inputs) offer."""
    locations = compose.all("repos") + compose.all("inputs")
    if not locations:
        raise Wrong("the announcement names no repos to compare with")
    universe = Universe(arch)
    for number, location in enumerate(locations):
        universe.add(f"repo-{number}", store.repo(location, arch, scratch / str(number)))
    return universe.newest()


def image_content(compose: Compose, store: ComposeStore, scratch: Path) -> str:
    """The image is the announced one and carries the announced commit where a machine would start from it."""
    image, commit = _image(compose, store), compose.one("commit")
    _must_be_named(compose, entry_of(image).sha256[:16])
    if image.suffix == ".iso":
        return look_into_iso(image, commit, scratch)
    return look_into_disk(image, commit, scratch)


def _image(compose: Compose, store: ComposeStore) -> Path:
    location, path = compose.one("location"), next(iter(compose.all("path")), "")
    if not path or path.startswith("/"):
        return store.place(path or location)
    place = store.place(location)
    return store.place(str(place / path)) if place.is_dir() else place


TESTCASES: dict[str, dict[str, Question]] = {
    "mash": {"dist.repoclosure": repoclosure},
    "ostree": {"dist.ostree_content": ostree_content},
    "image": {"dist.image_content": image_content},
}
"""Which test cases each kind of artifact goes through."""
