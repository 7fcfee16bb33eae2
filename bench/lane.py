"""What does relengotron itself say of a push? Its settings, plugins and judge, with an outside that lies in a folder.

Nothing of the ladder is put together here: a configuration is written and read, the built-in plugins look at OSTree
repos and at a mirror on disk, and ``workflows.reaching.judge`` is asked as the step of a run asks it.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import requests
import yaml

from relengotron.decisions.remembering import Habits
from relengotron.engine.history import History
from relengotron.engine.journal.database import Database
from relengotron.engine.preview import Preview
from relengotron.engine.relations import RelationIndex
from relengotron.model.artifact import Artifact, Built
from relengotron.model.batch import Batch
from relengotron.model.contents import Manifest
from relengotron.model.lane import Lane
from relengotron.model.package import Package
from relengotron.sdk.discovery import discover
from relengotron.settings import Settings, load
from relengotron.systems.koji.port import Build, Rpm
from relengotron.systems.mirror.paths import rel_path
from relengotron.systems.ostree.port import OstreeRepo
from relengotron.systems.pdc.client import HttpPdc
from relengotron.systems.pdc.port import Containment
from relengotron.systems.repodata.client import SolvRepodata
from relengotron.systems.world import open_world
from relengotron.workflows import push_updates
from relengotron.workflows.horizons import after_mashing
from relengotron.workflows.push import Push
from relengotron.workflows.reaching import Judged, judge

ARCH = "x86_64"
RELEASE, VERSION, REQUEST, TAG, PDC_RELEASE = "F24", "24", "stable", "f24-updates", "fedora-24-updates"
REPO = f"updates/{VERSION}"
INCLUDES = "OSTreeIncludesRPM"
A_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Shop:
    """What a lane is made of: the folder of its outside, the released repo, the trees, and who opens OSTree repos.

    ``contains`` is what PDC knows of each tree, by name; ``solver`` is where solver data are kept.
    """

    folder: Path
    base_repo: str
    trees: Mapping[str, Sequence[str]]
    contains: Mapping[str, frozenset[str]]
    open_ostree: Callable[[Path], OstreeRepo]
    solver: Path

    @property
    def live_ostree(self) -> Path:
        """The OSTree repo on the mirror."""
        return self.folder / "mirror" / "atomic"


class PdcOfSomeDay(HttpPdc):
    """A PDC that knows by name what each tree contained on some day, and answers at once."""

    def __init__(self, contains: Mapping[str, frozenset[str]]) -> None:
        """Take what is known."""
        super().__init__("http://pdc.invalid", requests.Session())
        self._contains = contains

    def artifacts_containing(
        self, release: str, packages: Collection[str], relation_types: Collection[str], *, fresh: bool = False
    ) -> tuple[Containment, ...]:
        """Which trees contain which of the packages."""
        asked = frozenset(packages) if INCLUDES in relation_types else frozenset()
        pairs = ((tree, name) for tree, names in self._contains.items() for name in sorted(names & asked))
        return tuple(Containment(tree, release, INCLUDES, name) for tree, name in pairs)


class LaneOfTrees:
    """One lane with a repo and the trees made from it, as the daemon sees it."""

    def __init__(self, shop: Shop) -> None:
        """Write the configuration and read it; nothing is live yet."""
        settings = _settings(shop)
        repodata = SolvRepodata(shop.solver, requests.Session())
        self.world = replace(
            open_world(settings), ostree=shop.open_ostree, repodata=repodata, pdc=PdcOfSomeDay(shop.contains)
        )
        self._plugins = discover().guarded()
        self._database = Database(settings.journal.url)
        lane = Lane(RELEASE, REQUEST)
        self._push = Push(
            engine=Preview(push_updates.NAME, str(lane), None, self._database, _now),
            batch=Batch(lane, (), "the bench"),
            world=self.world,
            settings=settings,
            plugins=self._plugins,
            siblings=lambda: ((), frozenset()),
            history=History(self._database),
            relations=RelationIndex(self._database, self.world.pdc, _now, Habits(fresh_for=A_DAY, usable_for=A_DAY)),
        )

    def close(self) -> None:
        """Let go of the journal."""
        self._database.close()

    @property
    def trees(self) -> tuple[Artifact, ...]:
        """Everything that is judged by what it contains."""
        return tuple(each for each in self._push.artifacts if each.component is not None)

    def manifest(self, tree: Artifact) -> Manifest:
        """What people wish for in the tree."""
        found = self._plugins.by_kind[tree.kind].manifest(tree, self._push.bench(tree, {}))
        if found is None:
            raise AssertionError(f"{tree.name} has no manifest")
        return found

    def judge(self, builds: Iterable[Build], repo: Path) -> Judged:
        """What the push of these builds means for every tree once they are mashed into ``repo`` (a folder per arch)."""
        mashed = Built(TAG, "mash", repo.name, str(repo), None, repos={ARCH: (repo / ARCH).as_uri()})
        return judge(self._push, {each.nvr: each for each in builds}, after_mashing(self._push, {TAG: mashed}))

    def publish(self, repo: Path, run: str) -> None:
        """Users see the mashed repo."""
        self.world.mirror.switch(self.world.mirror.stage(repo, rel_path(REPO), run))


def build_of(source: str, packages: Iterable[Package]) -> Build:
    """A build as Koji tells of it; its sources are of no interest here."""
    ordered = sorted(packages)
    nvr = f"{source}-{ordered[0].version}-{ordered[0].release}"
    rpms = (Rpm(0, each.name, each.version, each.release, each.arch, each.epoch) for each in ordered)
    return Build(nvr, source, tuple(rpms))


def ref_of(tree: str) -> str:
    """The ref of a tree."""
    return f"bench/{VERSION}/{ARCH}/{tree}"


def _now() -> datetime:
    return datetime.now(UTC)


def _settings(shop: Shop) -> Settings:
    config = shop.folder / "config"
    for each in (config / "artifacts", shop.folder / "state", shop.folder / "compose", shop.folder / "koji"):
        each.mkdir(parents=True)
    for name, content in (
        ("relengotron.yaml", _daemon(shop)),
        ("systems.yaml", _systems(shop)),
        ("releases.yaml", {"releases": {RELEASE: _release(shop)}}),
        ("artifacts/trees.yaml", {"artifacts": [_repo(), *(_tree(name, shop) for name in shop.trees)]}),
    ):
        (config / name).write_text(yaml.safe_dump(content, sort_keys=False))
    return load(config, examine_secrets=False)


def _daemon(shop: Shop) -> dict[str, Any]:
    places = {"state_dir": str(shop.folder / "state"), "compose_store": str(shop.folder / "compose")}
    return {"journal": {"url": f"sqlite:///{shop.folder / 'journal.sqlite'}"}, "owner": "releng", **places}


def _systems(shop: Shop) -> dict[str, Any]:
    nowhere = "http://nowhere.invalid"
    koji = {"hub": f"{nowhere}/kojihub", "weburl": f"{nowhere}/koji", "store": str(shop.folder / "koji")}
    return {
        "koji": koji,
        "bodhi": {"url": nowhere},
        "pdc": {"url": nowhere},
        "resultsdb": {"url": nowhere},
        "mirror": {"root": str(shop.folder / "mirror"), "url": nowhere},
        "bus": {"name": "bench", "topic_prefix": "org.example", "environment": "dev", "senders": {}},
    }


def _release(shop: Shop) -> dict[str, Any]:
    request = {"repo": "updates", "tag": TAG, "from_tags": ["f24-updates-testing"]}
    return {
        "version": VERSION,
        "pdc_release": PDC_RELEASE,
        "signing_key": "01234567",
        "build_tag": "f24-build",
        "target": "f24",
        "arches": [ARCH],
        "base_repos": {ARCH: [shop.base_repo]},
        "requests": {REQUEST: request},
    }


def _repo() -> dict[str, Any]:
    return {"name": "{tag}", "kind": "mash", "target": REPO}


def _tree(name: str, shop: Shop) -> dict[str, Any]:
    settings = {
        "ref": ref_of(name),
        "live_repo": str(shop.live_ostree),
        "url_path": "atomic",
        "treefile": {"packages": list(shop.trees[name]), "recommends": False},
    }
    return {
        "name": name,
        "kind": "ostree",
        "made_from": ["{tag}"],
        "component": name,
        "target": f"atomic/refs/{name}",
        "settings": settings,
    }
