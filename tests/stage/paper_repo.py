"""Repos made of paper: real metadata, so that a solver reads them, and packages that hold one line."""

import gzip
import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from xml.sax.saxutils import quoteattr

from relengotron.model.package import Package
from tests.stage.configuration import ARCHES, RELEASES

NAMESPACES = 'xmlns="http://linux.duke.edu/metadata/common" xmlns:rpm="http://linux.duke.edu/metadata/rpm"'
BASE = ("bash", "openssl", "nano", "glibc")


@dataclass(frozen=True)
class PaperPackage:
    """One package of a repo, and what it says of others."""

    package: Package
    requires: Sequence[str] = ()
    provides: Sequence[str] = ()
    obsoletes: Sequence[str] = ()

    @property
    def file_name(self) -> str:
        return f"{self.package.name}-{self.package.version}-{self.package.release}.{self.package.arch}.rpm"

    @property
    def text(self) -> str:
        return f"paper {self.file_name}\n"


@dataclass
class PaperWords:
    """What packages say of others, by the name of the package: tests write it down before the push."""

    requires: dict[str, Sequence[str]] = field(default_factory=dict)
    provides: dict[str, Sequence[str]] = field(default_factory=dict)
    obsoletes: dict[str, Sequence[str]] = field(default_factory=dict)

    def of(self, package: Package) -> PaperPackage:
        """The package with its words; what is named by ``name-version`` or the whole name has words of its own."""
        return PaperPackage(
            package,
            self._said(self.requires, package),
            self._said(self.provides, package),
            self._said(self.obsoletes, package),
        )

    @staticmethod
    def _said(words: Mapping[str, Sequence[str]], package: Package) -> Sequence[str]:
        version = f"{package.name}-{package.version}"
        return words.get(f"{version}-{package.release}", words.get(version, words.get(package.name, ())))


def write_repo(root: Path, packages: Iterable[PaperPackage]) -> None:
    """The packages and their metadata; the same packages give the same bytes."""
    packages = sorted(packages, key=lambda each: each.file_name)
    (root / "repodata").mkdir(parents=True, exist_ok=True)
    for each in packages:
        (root / each.file_name).write_text(each.text)
    for name, content in _metadata(tuple(packages)):
        (root / "repodata" / name).write_bytes(content)


def furnish_base_repos(mirror: Path) -> None:
    """The releases as they were at GA."""
    for number in RELEASES:
        for arch in ARCHES:
            furnish_base_repo(mirror, number, arch)


def furnish_base_repo(mirror: Path, number: str, arch: str, more: Iterable[str] = ()) -> None:
    """One of them, with more packages than the others have."""
    packages = [PaperPackage(Package(name, "0", "1", f"1.fc{number}", arch)) for name in (*BASE, *more)]
    write_repo(mirror / "releases" / number / arch / "os", packages)


def base_packages(number: str, arch: str) -> list[Package]:
    """What a base repo offers."""
    return [Package(name, "0", "1", f"1.fc{number}", arch) for name in BASE]


def _metadata(packages: tuple[PaperPackage, ...]) -> Iterable[tuple[str, bytes]]:
    key = tuple((each.package, *map(tuple, (each.requires, each.provides, each.obsoletes))) for each in packages)
    return _written(key)


@cache
def _written(
    key: tuple[tuple[Package, tuple[str, ...], tuple[str, ...], tuple[str, ...]], ...],
) -> list[tuple[str, bytes]]:
    packages = [PaperPackage(*each) for each in key]
    body = "".join(map(_entry, packages))
    primary = f'<?xml version="1.0"?><metadata {NAMESPACES} packages="{len(packages)}">{body}</metadata>'.encode()
    packed = gzip.compress(primary, mtime=0)
    digest, opened = hashlib.sha256(packed).hexdigest(), hashlib.sha256(primary).hexdigest()
    name = f"{digest}-primary.xml.gz"
    repomd = (
        '<?xml version="1.0"?><repomd xmlns="http://linux.duke.edu/metadata/repo"><revision>1</revision>'
        f'<data type="primary"><checksum type="sha256">{digest}</checksum>'
        f'<open-checksum type="sha256">{opened}</open-checksum><location href="repodata/{name}"/>'
        f"<timestamp>1</timestamp><size>{len(packed)}</size><open-size>{len(primary)}</open-size></data></repomd>"
    )
    return [(name, packed), ("repomd.xml", repomd.encode())]


def _entry(each: PaperPackage) -> str:
    package, text = each.package, each.text
    checksum = hashlib.sha256(text.encode()).hexdigest()
    provides = [*each.provides, f"{package.name} = {package.evr}"]
    return (
        f'<package type="rpm"><name>{package.name}</name><arch>{package.arch}</arch>'
        f'<version epoch="{package.epoch}" ver="{package.version}" rel="{package.release}"/>'
        f'<checksum type="sha256" pkgid="YES">{checksum}</checksum><summary/><description/><packager/><url/>'
        f'<time file="1" build="1"/><size package="{len(text)}" installed="{len(text)}" archive="{len(text)}"/>'
        f'<location href="{each.file_name}"/><format><rpm:license>MIT</rpm:license><rpm:vendor/><rpm:group/>'
        f"<rpm:buildhost/><rpm:sourcerpm>{package.name}-{package.version}-{package.release}.src.rpm</rpm:sourcerpm>"
        f'<rpm:header-range start="1" end="2"/>{_words("provides", provides)}{_words("requires", each.requires)}'
        f"{_words('obsoletes', each.obsoletes)}</format></package>"
    )


def _words(kind: str, words: Sequence[str]) -> str:
    if not words:
        return ""
    return f"<rpm:{kind}>{''.join(map(_word, words))}</rpm:{kind}>"


def _word(text: str) -> str:
    name, _, version = text.partition(" = ")
    if not version:
        return f"<rpm:entry name={quoteattr(name)}/>"
    made = Package.of(name, version, "noarch")
    epoch, ver, rel = made.epoch, made.version, made.release
    return f'<rpm:entry name={quoteattr(name)} flags="EQ" epoch="{epoch}" ver="{ver}" rel="{rel}"/>'
