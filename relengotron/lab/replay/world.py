"""Which world do the runs of a sandbox see? An empty one, in this process, behind the real protocols."""

import hashlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from wsgiref.types import WSGIApplication

import requests

from relengotron.lab.configuring import write_configuration
from relengotron.lab.place import Place
from relengotron.lab.scenario import Scenario
from relengotron.settings import Settings, load
from relengotron.settings.releases import Release
from relengotron.systems.bodhi.simulated import SimulatedBodhi
from relengotron.systems.bodhi.simulated import create_app as bodhi_app
from relengotron.systems.inprocess import WsgiAdapter
from relengotron.systems.koji.simulated import Hub
from relengotron.systems.koji.simulated import wsgi_app as koji_app
from relengotron.systems.mirror.simulated.app import static_app
from relengotron.systems.ostree.simulated import SimulatedOstree
from relengotron.systems.pdc.simulated import PdcState
from relengotron.systems.pdc.simulated import wsgi_app as pdc_app
from relengotron.systems.resultsdb.simulated import SimulatedResultsDb
from relengotron.systems.resultsdb.simulated import create_app as resultsdb_app
from relengotron.systems.world import World, open_world

_NAMES = ("koji", "pdc", "resultsdb", "bodhi", "mirror", "datagrepper")
_HOSTS = {name: f"http://{name}.sandbox" for name in _NAMES}
_URLS = _HOSTS | {"koji": f"{_HOSTS['koji']}/kojihub", "resultsdb": f"{_HOSTS['resultsdb']}/api/v2.0"}
_KEY = "deadbeef"


def settings_below(root: Path, named: Path | None) -> Settings:
    """A lab's configuration below ``root``; of a named one the lanes, the artifacts and the patience are taken.

    Raises:
        SettingsError: the named configuration cannot be used.
    """
    place = Place(root / "lab")
    write_configuration(place, _URLS, _KEY, {}, Scenario())
    settings = load(place.config)
    if named is None:
        return settings
    wanted = load(named, examine_secrets=False)
    kept = ("artifacts", "patience", "owner")
    return settings.model_copy(update={name: getattr(wanted, name) for name in kept} | {"releases": _unsigned(wanted)})


def _unsigned(wanted: Settings) -> dict[str, Release]:
    """The releases without their keys: nobody signs what a replay makes."""
    return {name: release.model_copy(update={"artifacts_key": None}) for name, release in wanted.releases.items()}


def empty_world(settings: Settings, root: Path, seconds: Callable[[], float]) -> World:
    """Every system, with nothing in it; there is no way from here to any other."""
    mirror = Path(settings.systems.mirror.root)
    mirror.mkdir(parents=True, exist_ok=True)
    apps: dict[str, WSGIApplication] = {
        "koji": koji_app(Hub.empty(clock=seconds, topdir=root / "koji")),
        "pdc": pdc_app(PdcState()),
        "resultsdb": resultsdb_app(SimulatedResultsDb(seconds)),
        "bodhi": bodhi_app(SimulatedBodhi(seconds)),
        "mirror": static_app(mirror),
    }

    def session() -> requests.Session:
        opened = requests.Session()
        opened.trust_env = False
        opened.adapters.clear()  # the usual ones would speak to the network
        for name, app in apps.items():
            opened.mount(_HOSTS[name], WsgiAdapter(app))
        return opened

    def ostree(path: Path) -> SimulatedOstree:
        return SimulatedOstree(root / "ostree" / hashlib.sha256(str(path).encode()).hexdigest())

    return replace(open_world(settings, session=session), ostree=ostree)
