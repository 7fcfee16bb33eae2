"""The outside as one value: every system that a run may read or change."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import requests

from relengotron.errors import RequestRefused
from relengotron.settings import Settings
from relengotron.settings.signing import Key
from relengotron.systems.bodhi.client import BodhiClient
from relengotron.systems.bodhi.port import Bodhi
from relengotron.systems.bodhi.session import Login as BodhiLogin
from relengotron.systems.bus import fedmsg_d
from relengotron.systems.bus.client import FedmsgBus
from relengotron.systems.bus.port import Bus
from relengotron.systems.cdn.client import HttpCdn
from relengotron.systems.cdn.port import Cache, Cdn
from relengotron.systems.composes.client import ProductmdComposes
from relengotron.systems.composes.port import Composes
from relengotron.systems.datagrepper.client import DatagrepperClient
from relengotron.systems.datagrepper.port import Datagrepper
from relengotron.systems.filelists.client import MirrorLists
from relengotron.systems.filelists.port import FileLists, Module
from relengotron.systems.gate.client import GreenwaveGate
from relengotron.systems.gate.port import Gate
from relengotron.systems.git.client import GitCli
from relengotron.systems.git.port import GitRepo
from relengotron.systems.http import Session
from relengotron.systems.koji.client import KojiHub
from relengotron.systems.koji.port import Koji
from relengotron.systems.koji.session import Login, Sessions
from relengotron.systems.mirror.client import Everywhere, MasterMirror, Remote
from relengotron.systems.mirror.disk import Disk
from relengotron.systems.mirror.port import Mirror
from relengotron.systems.ostree.client import OstreeCli
from relengotron.systems.ostree.followed import FollowedRepo
from relengotron.systems.ostree.port import OstreeRepo
from relengotron.systems.ostree.signed import RepoKeys, SignedRepo
from relengotron.systems.pdc.client import HttpPdc
from relengotron.systems.pdc.port import Pdc
from relengotron.systems.repodata.client import SolvRepodata
from relengotron.systems.repodata.port import Repodata
from relengotron.systems.rest import RestService
from relengotron.systems.resultsdb.client import ResultsDbClient
from relengotron.systems.resultsdb.port import ResultsDb
from relengotron.systems.signing.client.awaited import AwaitedSigner
from relengotron.systems.signing.client.gpg import GpgSigner
from relengotron.systems.signing.client.sigul import SigulSigner
from relengotron.systems.signing.port import Signer
from relengotron.systems.waiverdb.client import WaiverDbClient
from relengotron.systems.waiverdb.port import WaiverDb
from relengotron.systems.website.client import WebsiteFile
from relengotron.systems.website.port import Website

if TYPE_CHECKING:
    from relengotron.systems.signing.simulated import SimulatedSigner

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
    signers: Mapping[str, Signer]
    lists: FileLists | None = None
    website: Website | None = None
    cdn: Cdn | None = None


def open_world(
    settings: Settings, session: Callable[[], requests.Session] = Session, solver_data: Path | None = None
) -> World:
    """The systems that the configuration names; nothing is asked yet.

    ``session`` makes the HTTP session of each client; a rehearsal mounts its stand-ins there. ``solver_data`` is where
    what was read of repos is kept, if not in the state directory.
    """
    systems, signers = settings.systems, signers_of(settings)
    mirror = mirror_of(settings, session)
    return World(
        koji=KojiHub(_koji_sessions(settings, session), settings.systems.koji.user),
        bodhi=BodhiClient(
            RestService(systems.bodhi.url, session(), timeout=_limits(systems.bodhi.timeout)), login=_login(settings)
        ),
        pdc=HttpPdc(systems.pdc.url, session(), timeout=_limits(systems.pdc.timeout)),
        resultsdb=ResultsDbClient(
            RestService(systems.resultsdb.url, session(), timeout=_limits(systems.resultsdb.timeout))
        ),
        mirror=mirror,
        ostree=signed_repos(settings, signers, followed_repos(settings, mirror, OstreeCli)),
        git=GitCli,
        composes=ProductmdComposes(session()),
        repodata=SolvRepodata(solver_data or solver_data_of(settings), session()),
        greenwave=_greenwave(settings, session),
        waiverdb=_waiverdb(settings, session),
        signers=signers,
        lists=lists_of(settings),
        website=website_of(settings),
        cdn=cdn_of(settings, session),
    )


def _login(settings: Settings) -> BodhiLogin | None:
    """As whom Bodhi is written to; None where the configuration names nobody."""
    bodhi = settings.systems.bodhi
    if bodhi.token_file is None and bodhi.cookie_file is None:
        return None
    return BodhiLogin(token_file=bodhi.token_file, cookie_file=bodhi.cookie_file)


def lists_of(settings: Settings, disk: Disk | None = None) -> FileLists | None:
    """The file lists of the mirror's modules, if there are any."""
    mirror = settings.systems.mirror
    modules = [Module(name, each.path or "", each.leave_out) for name, each in mirror.modules.items()]
    root, states = Path(mirror.root), Path(settings.state_dir)
    return MirrorLists(root, states, modules, lock=mirror.lists_lock, disk=disk) if modules else None


def website_of(settings: Settings, disk: Disk | None = None) -> Website | None:
    """The file that download pages read, if one is wanted."""
    mirror = settings.systems.mirror
    return None if mirror.website is None else WebsiteFile(Path(mirror.root), mirror.website, disk)


def cdn_of(settings: Settings, session: Callable[[], requests.Session] = Session) -> Cdn | None:
    """The caches in front of the mirror, if there are any."""
    caches = [
        Cache(
            name=name,
            url=each.url,
            owner=each.owner or settings.owner,
            purge_at=each.purge_at,
            token_file=each.token_file,
            token_header=each.token_header,
            timeout=each.timeout.total_seconds(),
        )
        for name, each in settings.systems.cdn.items()
    ]
    return HttpCdn(caches, session) if caches else None


def mirror_of(settings: Settings, session: Callable[[], requests.Session], disk: Disk | None = None) -> Mirror:
    """The master mirror, with the machines that show the same; a rehearsal gives the disk whose power it cuts."""
    found = settings.systems.mirror
    remotes = tuple(
        Remote(
            each.name,
            each.url,
            password_file=each.password_file,
            key_file=each.key_file,
            known_hosts=each.known_hosts,
            silence=each.timeout,
            longest=each.longest,
        )
        for each in found.masters
    )
    here = (Path(found.root), Path(settings.state_dir) / "mirror", found.url)
    if not remotes:
        return MasterMirror(*here, session=session(), disk=disk, links_packages=found.link_packages)
    return Everywhere(*here, remotes, session=session(), disk=disk, links_packages=found.link_packages)


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


def open_waiverdb_to_write(settings: Settings, session: Callable[[], requests.Session] = Session) -> WaiverDb | None:
    """WaiverDB as the account that may waive in the name of others; None where the configuration names none.

    Raises:
        RequestRefused: the token cannot be read here.
    """
    found = settings.systems.waiverdb
    if found is None or found.token_file is None:
        return None
    try:
        token = found.token_file.read_text().strip()
    except OSError as trouble:
        raise RequestRefused(f"{found.token_file} cannot be read: {trouble.strerror}") from None
    opened = session()
    opened.headers["Authorization"] = f"Bearer {token}"
    return WaiverDbClient(RestService(found.url, opened, timeout=_limits(found.timeout)))


def solver_data_of(settings: Settings) -> Path:
    """Where the daemon keeps what it has read of repos."""
    return Path(settings.state_dir) / "repodata"


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """The systems that a plugin meets, without a network: a simulated hub, a mirror and OSTree repos on disk.

    ``call_hub`` acts on the hub as anybody: a user's name or None, a method, its arguments. ``paper_signer`` makes a
    key that calls what it is given before each signature.
    """

    koji: Koji
    mirror: Mirror
    ostree: Callable[[Path], OstreeRepo]
    git: Callable[[Path], GitRepo]
    composes: Composes
    call_hub: Callable[..., Any]
    paper_signer: "Callable[[Callable[[str], object]], SimulatedSigner]"


def rehearse(
    koji_store: Path, mirror: Path, states: Path, clock: Callable[[], float], disk: Disk | None = None
) -> Rehearsal:
    """The same clients as with real systems, speaking to stand-ins in this process; the hub is empty."""
    from relengotron.systems.inprocess import WsgiAdapter
    from relengotron.systems.koji.simulated import TRIAL_USERS, Hub, wsgi_app
    from relengotron.systems.mirror.simulated import static_app
    from relengotron.systems.signing.simulated import SimulatedSigner

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
        paper_signer=lambda before: SimulatedSigner(before=before),
    )


def open_ostree(path: Path) -> OstreeRepo:
    """The repo of trees at this path, to be looked at; nothing is asked yet."""
    return OstreeCli(path)


def ostree_of(settings: Settings) -> Callable[[Path], OstreeRepo]:
    """The way to repos of trees, to act on: signed where a key is configured, and followed by the masters."""
    followed = followed_repos(settings, mirror_of(settings, Session), OstreeCli)
    return signed_repos(settings, signers_of(settings), followed)


def followed_repos(
    settings: Settings, mirror: Mirror, open_repo: Callable[[Path], OstreeRepo]
) -> Callable[[Path], OstreeRepo]:
    """The same way to repos, where those below the root of the mirror are shown by its masters too."""
    if not settings.systems.mirror.masters:
        return open_repo
    root = Path(settings.systems.mirror.root).resolve()

    def opened(path: Path) -> OstreeRepo:
        repo = open_repo(path)
        return cast(OstreeRepo, FollowedRepo(repo, mirror.relay)) if root in path.resolve().parents else repo

    return opened


def signed_repos(
    settings: Settings, signers: Mapping[str, Signer], open_repo: Callable[[Path], OstreeRepo]
) -> Callable[[Path], OstreeRepo]:
    """The same way to repos, where the live repos of releases with a key see to their signatures."""
    keys = _keys_by_repo(settings, signers)

    def opened(path: Path) -> OstreeRepo:
        found, repo = keys.get(path.resolve()), open_repo(path)
        return repo if found is None else cast(OstreeRepo, SignedRepo(repo, RepoKeys(found)))

    return opened


def _keys_by_repo(settings: Settings, signers: Mapping[str, Signer]) -> Mapping[Path, Mapping[str, Signer]]:
    """By repo and by ref the key of the release whose tree it shows."""
    found: dict[Path, dict[str, Signer]] = {}
    for lane, artifacts in settings.artifacts.items():
        name = settings.release(lane.release).artifacts_key
        for artifact in artifacts:
            repo, ref = artifact.settings.get("live_repo"), artifact.settings.get("ref")
            if name is not None and isinstance(repo, str) and isinstance(ref, str):
                found.setdefault(Path(repo).resolve(), {})[ref] = signers[name]
    return found


def signers_of(settings: Settings) -> Mapping[str, Signer]:
    """Every key by its name; no secret is read before somebody signs."""
    return {name: _signer(name, key) for name, key in settings.systems.signing.keys.items()}


def _signer(name: str, key: Key) -> Signer:
    match key:
        case Key(signer="gpg", homedir=Path() as home):
            return GpgSigner(
                name,
                key.fingerprint,
                key.public_key,
                home,
                passphrase_file=key.passphrase_file,
                limit=key.timeout,
            )
        case Key(signer="sigul", passphrase_file=Path() as passphrase):
            return SigulSigner(
                name,
                key.fingerprint,
                key.public_key,
                passphrase,
                sigul_key=key.sigul_key,
                config=key.sigul_config,
                limit=key.timeout,
            )
    return AwaitedSigner(name, key.fingerprint, key.public_key)


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
