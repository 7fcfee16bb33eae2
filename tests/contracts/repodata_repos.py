"""Small repos of rpm metadata, each word of them chosen by hand, and a web server that misbehaves."""

import bz2
import gzip
import hashlib
import lzma
import subprocess
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from xml.sax.saxutils import quoteattr

import requests

from relengotron.model.contents import Manifest
from relengotron.model.package import Package
from relengotron.systems.inprocess import ConnectionLost, TooSlow, WsgiAdapter
from relengotron.systems.mirror.simulated import static_app
from relengotron.systems.repodata.client import SolvRepodata
from relengotron.systems.repodata.converting import Convert, here
from relengotron.systems.repodata.port import Universe

COMMON = 'xmlns="http://linux.duke.edu/metadata/common" xmlns:rpm="http://linux.duke.edu/metadata/rpm"'
HOST = "http://repos.sim"
SIGNS = {"<=": "LE", ">=": "GE", "=": "EQ", "<": "LT", ">": "GT"}
PACK: dict[str, Callable[[bytes], bytes]] = {
    "": bytes,
    ".gz": lambda content: gzip.compress(content, mtime=0),
    ".xz": lzma.compress,
    ".bz2": bz2.compress,
    ".zst": lambda content: subprocess.run(["zstd", "-q"], input=content, stdout=subprocess.PIPE, check=True).stdout,
}


@dataclass(frozen=True)
class Rpm:
    """One package of a repo; relations are written as ``name`` or ``name >= 2``."""

    name: str
    version: str = "1"
    release: str = "1"
    arch: str = "noarch"
    epoch: str = "0"
    requires: tuple[str, ...] = ()
    provides: tuple[str, ...] = ()
    conflicts: tuple[str, ...] = ()
    obsoletes: tuple[str, ...] = ()
    recommends: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    source: str = ""

    @property
    def package(self) -> Package:
        return Package(self.name, self.epoch, self.version, self.release, self.arch)

    @property
    def checksum(self) -> str:
        return hashlib.sha256(str(self.package).encode()).hexdigest()


def a_manifest(*install: str, exclude: Iterable[str] = (), recommends: bool = False) -> Manifest:
    return Manifest("digest", "tree.json", install, tuple(exclude), recommends)


def _entry(relation: str) -> str:
    match relation.split(" "):
        case [name, sign, version] if not name.startswith("("):
            return f'<rpm:entry name={quoteattr(name)} flags="{SIGNS[sign]}" epoch="0" ver={quoteattr(version)}/>'
        case _:
            return f"<rpm:entry name={quoteattr(relation)}/>"


def _relations(kind: str, relations: Sequence[str]) -> str:
    return f"<rpm:{kind}>{''.join(map(_entry, relations))}</rpm:{kind}>" if relations else ""


def _version(rpm: Rpm) -> str:
    return f'epoch="{rpm.epoch}" ver={quoteattr(rpm.version)} rel={quoteattr(rpm.release)}'


def _in_primary(path: str) -> bool:
    return "bin/" in path or path.startswith("/etc/")


def _package(rpm: Rpm) -> str:
    itself = f'<rpm:entry name={quoteattr(rpm.name)} flags="EQ" {_version(rpm)}/>'
    relations = "".join(
        _relations(kind, getattr(rpm, kind)) for kind in ("requires", "conflicts", "obsoletes", "recommends")
    )
    files = "".join(f"<file>{path}</file>" for path in rpm.files if _in_primary(path))
    return (
        f'<package type="rpm"><name>{rpm.name}</name><arch>{rpm.arch}</arch><version {_version(rpm)}/>'
        f'<checksum type="sha256" pkgid="YES">{rpm.checksum}</checksum><summary>s</summary><description>d</description>'
        f'<packager/><url/><time file="1" build="1"/><size package="1" installed="1" archive="1"/>'
        f'<location href="Packages/{rpm.name}.rpm"/><format>'
        f"<rpm:sourcerpm>{rpm.source or rpm.name}-{rpm.version}-{rpm.release}.src.rpm</rpm:sourcerpm><rpm:provides>"
        f"{itself}{''.join(map(_entry, rpm.provides))}"
        f"</rpm:provides>{relations}{files}</format></package>"
    )


def primary(rpms: Sequence[Rpm]) -> bytes:
    body = "\n".join(map(_package, rpms))
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<metadata {COMMON} packages="{len(rpms)}">{body}</metadata>'.encode()
    )


def filelists(rpms: Sequence[Rpm]) -> bytes:
    body = "".join(
        f'<package pkgid="{rpm.checksum}" name="{rpm.name}" arch="{rpm.arch}"><version {_version(rpm)}/>'
        f"{''.join(f'<file>{path}</file>' for path in rpm.files)}</package>"
        for rpm in rpms
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<filelists xmlns="http://linux.duke.edu/metadata/filelists" '
        f'packages="{len(rpms)}">{body}</filelists>'
    ).encode()


def a_repo(place: Path, *rpms: Rpm, suffix: str = ".gz", with_files: bool = True) -> str:
    """Write a repo and give its URL."""
    write_repo(place, {"primary": primary(rpms)} | ({"filelists": filelists(rpms)} if with_files else {}), suffix)
    return place.as_uri()


def write_repo(place: Path, files: dict[str, bytes], suffix: str = ".gz", **said: str) -> None:
    """Write these files as metadata; ``said`` replaces what ``repomd.xml`` says of all of them."""
    (place / "repodata").mkdir(parents=True, exist_ok=True)
    records = ""
    for kind, content in files.items():
        packed = PACK[suffix](content)
        name = f"{hashlib.sha256(packed).hexdigest()}-{kind}.xml{suffix}"
        (place / "repodata" / name).write_bytes(packed)
        records += record(kind, packed, content, **{"href": f"repodata/{name}", **said})
    (place / "repodata/repomd.xml").write_text(repomd(records))


def repomd(records: str) -> str:
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<repomd xmlns="http://linux.duke.edu/metadata/repo">{records}</repomd>'


def record(kind: str, packed: bytes, content: bytes = b"", **said: str) -> str:
    facts = {
        "algorithm": "sha256",
        "checksum": hashlib.sha256(packed).hexdigest(),
        "size": str(len(packed)),
        "open_size": str(len(content)),
    } | said
    return (
        f'<data type="{kind}"><checksum type="{facts["algorithm"]}">{facts["checksum"]}</checksum>'
        f"<location href={quoteattr(facts['href'])}/><size>{facts['size']}</size>"
        f"<open-size>{facts['open_size']}</open-size></data>"
    )


@dataclass
class Weather:
    """A web server for a directory; ``mischief`` is asked before each answer and may do anything."""

    root: Path
    asked: list[str] = field(default_factory=list)
    mischief: Callable[[str], tuple[str, bytes] | None] = lambda _path: None

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        path = environ["PATH_INFO"]
        self.asked.append(path.rpartition("-")[2].rpartition("/")[2])
        odd = self.mischief(path)
        if odd is None:
            return static_app(self.root)(environ, start_response)
        kind = "x-gzip" if path.endswith(".gz") else "identity"
        start_response(odd[0], [("Content-Type", "application/octet-stream"), ("Content-Encoding", kind)])
        return [odd[1]]

    def session(self) -> requests.Session:
        session = requests.Session()
        session.mount(HOST, WsgiAdapter(self))
        return session


def hang_up(_path: str) -> None:
    raise ConnectionLost("hung up")


def be_slow(_path: str) -> None:
    raise TooSlow("still thinking")


class Reader:
    """A client with a cache of its own, and short questions."""

    def __init__(self, cache: Path, session: requests.Session | None = None, convert: Convert = here) -> None:
        self.repodata = SolvRepodata(cache, session or requests.Session(), (1.0, 1.0), convert=convert)

    def installs(self, urls: str | tuple[str, ...], *names: str, arch: str = "x86_64", **wish: Any) -> set[str]:
        """The packages of the solution, which must be there."""
        solution = self.repodata.solve(self.universe(urls, arch), a_manifest(*names, **wish))
        assert solution.problems == ()
        return set(map(str, solution.packages))

    def problems(self, urls: str | tuple[str, ...], *names: str, **wish: Any) -> tuple[str, ...]:
        """What keeps the manifest from being installed, which must be something."""
        solution = self.repodata.solve(self.universe(urls), a_manifest(*names, **wish))
        assert solution.problems
        assert not solution.packages
        return solution.problems

    def universe(self, urls: str | tuple[str, ...], arch: str = "x86_64") -> Universe:
        return Universe((urls,) if isinstance(urls, str) else urls, arch)
