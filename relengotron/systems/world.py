"""The outside as one value: every system that a run may read or change."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import requests

from relengotron.settings import Settings
from relengotron.systems.bodhi.client import BodhiClient
from relengotron.systems.bodhi.port import Bodhi
from relengotron.systems.bus import fedmsg_d
from relengotron.systems.bus.client import FedmsgBus
from relengotron.systems.bus.port import Bus
from relengotron.systems.composes.client import ProductmdComposes
from relengotron.systems.composes.port import Composes
from relengotron.systems.datagrepper.client import DatagrepperClient
from relengotron.systems.datagrepper.port import Datagrepper
from relengotron.systems.gate.client import GreenwaveGate
from relengotron.systems.gate.port import Gate
from relengotron.systems.git.client import GitCli
from relengotron.systems.git.port import GitRepo
from relengotron.systems.http import Session
from relengotron.systems.koji.client import KojiHub
from relengotron.systems.koji.port import Koji
from relengotron.systems.koji.session import Login, Sessions
from relengotron.systems.mirror.client import MasterMirror
from relengotron.systems.mirror.disk import Disk
from relengotron.systems.mirror.port import Mirror
from relengotron.systems.ostree.client import OstreeCli
from relengotron.systems.ostree.port import OstreeRepo
from relengotron.systems.pdc.client import HttpPdc
from relengotron.systems.pdc.port import Pdc
from relengotron.systems.repodata.client import SolvRepodata
from relengotron.systems.repodata.port import Repodata
from relengotron.systems.rest import RestService
from relengotron.systems.resultsdb.client import ResultsDbClient
from relengotron.systems.resultsdb.port import ResultsDb
from relengotron.systems.waiverdb.client import WaiverDbClient
from relengotron.systems.waiverdb.port import WaiverDb

CONNECT_TIMEOUT = 10.0
REHEARSING_USER = "relengotron"


@dataclass(frozen=True, slots=True)
class World:
    """Every system behind its port."""

    koji: Koji
    bodhi: Bodhi
    pdc: Pdc
    resultsdb: ResultsDb
    mirror: Mirror
    ostree: Callable[[Path], OstreeRepo]
    git: Callable[[Path], GitRepo]
    composes: Composes
    repodata: Repodata
    greenwave: Gate | None
    waiverdb: WaiverDb | None


def open_world(
    settings: Settings, session: Callable[[], requests.Session] = Session, solver_data: Path | None = None
) -> World:
    """The systems that the configuration names; nothing is asked yet.

    ``session`` makes the HTTP session of each client; a rehearsal mounts its stand-ins there. ``solver_data`` is where
    what was read of repos is kept, if not in the state directory.
    """
    systems = settings.systems
    return World(
        koji=KojiHub(_koji_sessions(settings, session)),
        bodhi=BodhiClient(RestService(systems.bodhi.url, session(), timeout=_limits(systems.bodhi.timeout))),
        pdc=HttpPdc(systems.pdc.url, session(), timeout=_limits(systems.pdc.timeout)),
        resultsdb=ResultsDbClient(
            RestService(systems.resultsdb.url, session(), timeout=_limits(systems.resultsdb.timeout))
        ),
        mirror=MasterMirror(
            Path(systems.mirror.root),
            Path(settings.state_dir) / "mirror",
            systems.mirror.url,
            session=session(),
            links_packages=systems.mirror.link_packages,
        ),
        ostree=OstreeCli,
        git=GitCli,
        composes=ProductmdComposes(session()),
        repodata=SolvRepodata(solver_data or solver_data_of(settings), session()),
        greenwave=_greenwave(settings, session),
        waiverdb=_waiverdb(settings, session),
    )


def _greenwave(settings: Settings, session: Callable[[], requests.Session]) -> Gate | None:
    found = settings.systems.greenwave
    if found is None:
        return None
    return GreenwaveGate(RestService(found.url, session(), timeout=_limits(found.timeout)), found.subject_types)


def _waiverdb(settings: Settings, session: Callable[[], requests.Session]) -> WaiverDb | None:
    found = settings.systems.waiverdb
    if found is None:
        return None
    return WaiverDbClient(RestService(found.url, session(), timeout=_limits(found.timeout)))


def solver_data_of(settings: Settings) -> Path:
    """Where the daemon keeps what it has read of repos."""
    return Path(settings.state_dir) / "repodata"


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """The systems that a plugin meets, without a network: a simulated hub, a mirror and OSTree repos on disk.

    ``call_hub`` acts on the hub as anybody: a user's name or None, a method, its arguments.
    """

    koji: Koji
    mirror: Mirror
    ostree: Callable[[Path], OstreeRepo]
    git: Callable[[Path], GitRepo]
    composes: Composes
    call_hub: Callable[..., Any]


def rehearse(
    koji_store: Path, mirror: Path, states: Path, clock: Callable[[], float], disk: Disk | None = None
) -> Rehearsal:
    """The same clients as with real systems, speaking to stand-ins in this process; the hub is empty."""
    from relengotron.systems.inprocess import WsgiAdapter
    from relengotron.systems.koji.simulated import TRIAL_USERS, Hub, wsgi_app
    from relengotron.systems.mirror.simulated import static_app

    mirror.mkdir(parents=True, exist_ok=True)
    hub = Hub.empty(clock=clock, topdir=koji_store)

    def session() -> requests.Session:
        opened = requests.Session()
        opened.mount("http://koji.rehearsal", WsgiAdapter(wsgi_app(hub)))
        opened.mount("http://mirror.rehearsal", WsgiAdapter(static_app(mirror)))
        return opened

    login = Login(user=REHEARSING_USER, password=TRIAL_USERS[REHEARSING_USER])
    return Rehearsal(
        koji=KojiHub(Sessions("http://koji.rehearsal/kojihub", login, 10.0, session)),
        mirror=MasterMirror(mirror, states, "http://mirror.rehearsal", session=session(), disk=disk),
        ostree=OstreeCli,
        git=GitCli,
        composes=ProductmdComposes(session()),
        call_hub=hub.call,
    )


def open_ostree(path: Path) -> OstreeRepo:
    """The repo of trees at this path; nothing is asked yet."""
    return OstreeCli(path)


def open_bus(settings: Settings) -> Bus:
    """The publisher under our own name, with the fedmsg configuration that the hub has too."""
    return FedmsgBus.from_fedmsg_d(settings.systems.bus.name)


def open_datagrepper(settings: Settings, session: Callable[[], requests.Session] = Session) -> Datagrepper | None:
    """The history of the bus, if the configuration names one."""
    found = settings.systems.datagrepper
    if found is None:
        return None
    return DatagrepperClient(RestService(found.url, session(), timeout=_limits(found.timeout)))


def bus_config() -> Mapping[str, Any]:
    """Everything in the fedmsg.d that the hub on this machine reads.

    Raises:
        SettingsError: there is none that can be read.
    """
    return fedmsg_d.found()


def _limits(read: timedelta) -> tuple[float, float]:
    return CONNECT_TIMEOUT, read.total_seconds()


def _koji_sessions(settings: Settings, session: Callable[[], requests.Session]) -> Sessions:
    koji = settings.systems.koji
    login = Login(
        user=koji.user,
        password=None if koji.password_file is None else Path(koji.password_file).read_text().strip(),
        cert=None if koji.cert is None else str(koji.cert),
        serverca=None if koji.serverca is None else str(koji.serverca),
        principal=koji.principal,
        keytab=None if koji.keytab is None else str(koji.keytab),
    )
    return Sessions(koji.hub, login, koji.timeout.total_seconds(), session)
