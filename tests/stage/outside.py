"""The outside of a rehearsal: every stand-in in this process, behind its real protocol, spoilt at will."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import requests

from relengotron.settings import Settings
from relengotron.systems.bodhi.simulated import Era, SimulatedBodhi
from relengotron.systems.bodhi.simulated import create_app as bodhi_app
from relengotron.systems.cdn.simulated import SimulatedCache
from relengotron.systems.inprocess import WsgiAdapter
from relengotron.systems.koji.simulated import Hub
from relengotron.systems.koji.simulated import wsgi_app as koji_app
from relengotron.systems.koji.simulated.policy import Policy
from relengotron.systems.mirror.simulated.app import static_app
from relengotron.systems.mischief import Call, Mischief
from relengotron.systems.ostree.simulated import SimulatedOstree
from relengotron.systems.pdc.simulated import wsgi_app as pdc_app
from relengotron.systems.repodata.client import SolvRepodata
from relengotron.systems.resultsdb.simulated import SimulatedResultsDb
from relengotron.systems.resultsdb.simulated import create_app as resultsdb_app
from relengotron.systems.signing.simulated import SimulatedSigner
from relengotron.systems.world import World, lists_of, mirror_of, open_world, signed_repos, website_of
from tests.builders import AnUpdate
from tests.stage import seeds
from tests.stage.configuration import ARTIFACTS_KEY, URLS, live_ostree
from tests.stage.leaks import Leaks
from tests.stage.paper_builder import PaperBuilder
from tests.stage.paper_repo import furnish_base_repo, furnish_base_repos
from tests.stage.paper_rpms import headers, readable
from tests.stage.paper_tester import PaperTester
from tests.stage.shared_apps import sharing
from tests.stage.weather import Clock, Power, StormyDisk, StormyOstree

EFFECTS_OF_KOJI = (
    "moveBuild",
    "untagBuild",
    "runroot",
    "buildImageOz",
    "writeSignedRPM",
    "uploadFile",
    "cancelTask",
    "newRepo",
)
_METHODS = re.compile(rb"<methodName>(\w+)|<name>methodName</name>\s*<value><string>(\w+)")


def methods_in(call: Call) -> list[str]:
    """What a request asks of Koji, multicalls opened."""
    return [(one or two).decode() for one, two in _METHODS.findall(call.body)]


def changes_koji(call: Call) -> bool:
    """Whether a request to Koji changes anything but sessions."""
    return any(method in EFFECTS_OF_KOJI for method in methods_in(call))


def name_of_koji_request(call: Call) -> str:
    """What a request to Koji changes."""
    changes = dict.fromkeys(method for method in methods_in(call) if method in EFFECTS_OF_KOJI)
    return f"koji: {' '.join(changes)}"


def changes_bodhi(call: Call) -> bool:
    """Whether a request to Bodhi changes anything but sessions."""
    return call.method == "POST"


def changes_resultsdb(call: Call) -> bool:
    """Whether a request to ResultsDB stores something."""
    return call.method not in ("GET", "HEAD")


@dataclass
class Outside:
    """Koji, PDC, ResultsDB, Bodhi, the mirror, a builder and a tester."""

    root: Path
    clock: Clock
    power: Power
    hub: Hub
    bodhi: SimulatedBodhi
    results: SimulatedResultsDb
    builder: PaperBuilder
    tester: PaperTester
    koji: Mischief
    pdc: Mischief
    resultsdb: Mischief
    bodhi_web: Mischief
    mirror: Mischief
    cache: SimulatedCache
    cdn: Mischief
    signer: SimulatedSigner
    leaks: Leaks = field(default_factory=Leaks)

    @property
    def services(self) -> dict[str, Mischief]:
        return {
            "koji": self.koji,
            "pdc": self.pdc,
            "resultsdb": self.resultsdb,
            "bodhi": self.bodhi_web,
            "mirror": self.mirror,
            "cdn": self.cdn,
        }

    def session(self) -> requests.Session:
        """A session that reaches the stand-ins."""
        session = requests.Session()
        session.trust_env = False  # no proxy leads there: to ask for one takes as long as some answers
        for name, mischief in self.services.items():
            session.mount(URLS[name], WsgiAdapter(mischief))
        return session

    def ostree(self, path: Path) -> StormyOstree:
        return StormyOstree(path, self.power)

    @property
    def live(self) -> StormyOstree:
        """The OSTree repo that users see."""
        return self.ostree(live_ostree(self.root))

    def open(self, settings: Settings) -> World:
        """The daemon's way to all of it."""
        mirror = mirror_of(settings, self.session, StormyDisk(self.power))
        world = replace(open_world(settings, session=self.session), mirror=mirror)
        around = self.leaks.around
        disk = StormyDisk(self.power)
        lists, website = lists_of(settings, disk), website_of(settings, disk)
        told: dict[str, Any] = {
            "lists": lists and around("filelists", lists),
            "website": website and around("website", website),
            "cdn": world.cdn and around("cdn", world.cdn),
        }
        signers = {name: around("signing", self.signer) for name in world.signers}
        named = {name: around(name, getattr(world, name)) for name in ("koji", "bodhi", "pdc", "resultsdb", "mirror")}
        place, words = self.root / "state" / "repodata", self.builder.words
        repodata = SolvRepodata(place, self.session(), convert=readable(words), read_header=headers(words))
        ostree = signed_repos(settings, signers, lambda path: around("ostree", self.ostree(path)))
        return replace(world, **named, **told, repodata=repodata, ostree=ostree, signers=signers)

    def change_base(self, release: str, arch: str, *more: str) -> None:
        """A base repo is made anew, with more packages than it had."""
        furnish_base_repo(self.root / "pub", release, arch, more)

    def change_policies(self, rules: Mapping[str, str]) -> None:
        """An administrator of Koji changes its policies."""
        self.hub.policy = Policy(rules)

    def add(self, update: AnUpdate) -> None:
        """One more update asks to be pushed."""
        seeds.add_to_koji(self.hub, update)
        seeds.add_to_bodhi(self.bodhi, update)


def furnish(
    root: Path, clock: Clock, power: Power, announce: Callable[[str, dict[str, Any]], None], era: Era
) -> Outside:
    """Everything there is before the first update."""
    seeds.folders(root)
    furnish_base_repos(root / "pub")
    SimulatedOstree(live_ostree(root)).init_archive()
    hub = Hub.empty(clock=clock.seconds, announce=announce, topdir=root / "koji", policies=seeds.POLICY)
    seeds.furnish_koji(hub)
    bodhi = SimulatedBodhi(clock.seconds, announce=announce, era=era)
    seeds.furnish_bodhi(bodhi)
    results = SimulatedResultsDb(clock.seconds, announce=announce, announce_taskotron=False)

    def spoilt(app: Any, is_effect: Callable[[Call], bool], **more: Any) -> Mischief:
        return Mischief(app, power=power, is_effect=is_effect, sleep=lambda _: None, **more)

    cache = SimulatedCache(static_app(root / "pub"))
    return Outside(
        signer=SimulatedSigner(ARTIFACTS_KEY, before=lambda how: power.passes(f"before signing: {how}")),
        root=root,
        clock=clock,
        power=power,
        hub=hub,
        bodhi=bodhi,
        results=results,
        builder=PaperBuilder(hub),
        tester=PaperTester(results),
        koji=spoilt(koji_app(hub), changes_koji, name_of=name_of_koji_request),
        pdc=spoilt(pdc_app(seeds.pdc_state()), lambda _: False),
        resultsdb=spoilt(sharing(resultsdb_app, results), changes_resultsdb),
        bodhi_web=spoilt(sharing(bodhi_app, bodhi), changes_bodhi),
        mirror=spoilt(static_app(root / "pub"), lambda _: False),
        cache=cache,
        cdn=spoilt(cache, lambda call: call.method == "PURGE"),
    )
