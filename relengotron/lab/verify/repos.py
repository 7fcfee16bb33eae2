"""Is a published repo whole, closed, and does it hold what it should?"""

from dataclasses import dataclass
from functools import partial
from pathlib import Path

import createrepo_c

from relengotron.lab.verify.expectation import RepoExpected
from relengotron.lab.verify.reading import Web
from relengotron.lab.verify.report import Check, Wrong, judged
from relengotron.lab.verify.signatures import Keyring
from relengotron.lab.verify.solver import Universe

_SOURCES = {"src", "SRPMS", "source", "nosrc"}


@dataclass(frozen=True, slots=True)
class Listed:
    """One package as the repo's metadata list it."""

    nevra: str
    nvr: str
    source: str
    arch: str
    location: str
    kind: str
    checksum: str


def check_repo(web: Web, expected: RepoExpected, scratch: Path, key: Keyring | None = None) -> list[Check]:
    """Every check of every arch of one repo."""
    return [
        check
        for arch in expected.arches or ("",)
        for check in _check_arch(web, expected, arch, scratch / (arch or "all"), key)
    ]


def _check_arch(web: Web, expected: RepoExpected, arch: str, scratch: Path, key: Keyring | None) -> list[Check]:
    where = f"{expected.path}/{arch}".rstrip("/")
    url = web.url(where)
    listed: list[Listed] = []
    checks = [judged(where, lambda: _read_metadata(web, url, scratch / "own", listed))]
    if not checks[0].passed:
        return checks
    if key is not None:
        checks.append(judged(where, lambda: _signed(web, url, scratch / "own", key)))
    checks.append(judged(where, lambda: _read_packages(web, url, listed)))
    if arch not in _SOURCES:
        checks.append(judged(where, lambda: _closed(web, expected, arch, scratch, listed)))
    builds = {each.source.removesuffix(".src.rpm") for each in listed} | {each.nvr for each in listed}
    checks += [judged(where, partial(_has, nvr, builds)) for nvr in expected.must_have]
    checks += [judged(where, partial(_has_not, nvr, builds)) for nvr in expected.must_not_have]
    return checks


def _read_metadata(web: Web, url: str, folder: Path, listed: list[Listed]) -> str:
    count = fetch_metadata(web, url, folder)
    listed += packages_in(folder)
    return f"repomd.xml and {count} metadata files have the right checksums"


def _signed(web: Web, url: str, folder: Path, key: Keyring) -> str:
    signature = folder / "repodata/repomd.xml.asc"
    web.save(f"{url}/repodata/repomd.xml.asc", signature)
    return key.check_detached(folder / "repodata/repomd.xml", signature)


def fetch_metadata(web: Web, url: str, folder: Path) -> int:
    """Bring a repo's metadata into a folder, each file checked against repomd.xml; returns how many there are."""
    web.save(f"{url}/repodata/repomd.xml", folder / "repodata/repomd.xml")
    records = createrepo_c.Repomd(str(folder / "repodata/repomd.xml")).records
    for record in records:
        place = folder / "repodata" / Path(record.location_href).name
        found = web.save(f"{url}/{record.location_href}", place, record.checksum_type)
        if found != record.checksum:
            raise Wrong(f"{record.location_href} has {record.checksum_type} {found}, should have {record.checksum}")
        if record.size not in {-1, place.stat().st_size}:
            raise Wrong(f"{record.location_href} has {place.stat().st_size} bytes, should have {record.size}")
    return len(records)


def metadata_file(folder: Path, kind: str) -> Path | None:
    """The metadata file of one kind in a repo on disk, if repomd.xml names one."""
    for record in createrepo_c.Repomd(str(folder / "repodata/repomd.xml")).records:
        if record.type == kind:
            return folder / "repodata" / Path(record.location_href).name
    return None


def packages_in(folder: Path) -> list[Listed]:
    """Every package that a repo's primary metadata list."""
    primary = metadata_file(folder, "primary")
    if primary is None:
        raise Wrong("repomd.xml names no primary metadata")
    found: list[Listed] = []
    createrepo_c.xml_parse_primary(str(primary), pkgcb=lambda each: found.append(_listed(each)), do_files=False)
    return found


def _listed(package: createrepo_c.Package) -> Listed:
    return Listed(
        nevra=package.nevra(),
        nvr=f"{package.name}-{package.version}-{package.release}",
        source=package.rpm_sourcerpm or f"{package.name}-{package.version}-{package.release}.src.rpm",
        arch=package.arch,
        location=package.location_href,
        kind=package.checksum_type,
        checksum=package.pkgId,
    )


def _read_packages(web: Web, url: str, listed: list[Listed]) -> str:
    for package in listed:
        web.must_be(f"{url}/{package.location}", package.kind, package.checksum)
    return f"{len(listed)} packages have the right checksums"


def _closed(web: Web, expected: RepoExpected, arch: str, scratch: Path, listed: list[Listed]) -> str:
    universe = Universe(arch or _arch_of(listed))
    universe.add("own", scratch / "own")
    for number, base in enumerate(expected.base):
        folder = scratch / f"base-{number}"
        fetch_metadata(web, web.url(base.replace("$basearch", arch)), folder)
        universe.add(f"base-{number}", folder)
    if problems := universe.problems_of("own"):
        raise Wrong(f"{len(problems)} problems: {'; '.join(problems[:5])}")
    return f"every package of {len(listed)} can be installed, with {len(expected.base)} base repos at hand"


def _arch_of(listed: list[Listed]) -> str:
    return next((each.arch for each in listed if each.arch != "noarch"), "x86_64")


def _has(nvr: str, builds: set[str]) -> str:
    if nvr not in builds:
        raise Wrong(f"update build {nvr} is missing")
    return f"has update build {nvr}"


def _has_not(nvr: str, builds: set[str]) -> str:
    if nvr in builds:
        raise Wrong(f"ejected build {nvr} is there")
    return f"is free of ejected build {nvr}"
