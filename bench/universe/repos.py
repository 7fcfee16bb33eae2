"""How do packages that exist as names only become a repo that every RPM tool reads?"""

import hashlib
import os
from collections.abc import Iterable
from pathlib import Path

import createrepo_c

from bench.universe.packages import AnyOf, Binary, Evr, Relation

BUILT_AT = 1_464_739_200  # one moment for all, so that the same packages give the same bytes
_KINDS = ("primary", "filelists", "other")
_Row = tuple[str, str | None, str | None, str | None, str | None, bool]
Texts = tuple[str, str, str]


def write(folder: Path, packages: Iterable[Binary], arch: str, noarch: dict[str, Texts]) -> Path:
    """Write ``repodata/`` below the folder; ``noarch`` keeps, by name, the texts that all arches share."""
    repodata = folder / "repodata"
    repodata.mkdir(parents=True)
    rows = sorted(packages, key=lambda each: (each.name, each.evr))
    paths = [repodata / f"{kind}.xml.gz" for kind in _KINDS]
    files = [
        createrepo_c.PrimaryXmlFile(str(paths[0]), createrepo_c.GZ_COMPRESSION),
        createrepo_c.FilelistsXmlFile(str(paths[1]), createrepo_c.GZ_COMPRESSION),
        createrepo_c.OtherXmlFile(str(paths[2]), createrepo_c.GZ_COMPRESSION),
    ]
    for file in files:
        file.set_num_of_pkgs(len(rows))
    for row in rows:
        for file, text in zip(files, _texts(row, arch, noarch), strict=True):
            file.add_chunk(text)
    for file in files:
        file.close()
    _write_repomd(repodata, paths)
    return folder


def _write_repomd(repodata: Path, paths: Iterable[Path]) -> None:
    repomd = createrepo_c.Repomd()
    repomd.set_revision(str(BUILT_AT))
    for kind, path in zip(_KINDS, paths, strict=True):
        os.utime(path, (BUILT_AT, BUILT_AT))
        record = createrepo_c.RepomdRecord(kind, str(path))
        record.fill(createrepo_c.SHA256)
        record.rename_file()
        repomd.set_record(record)
    (repodata / "repomd.xml").write_text(repomd.xml_dump(), encoding="utf-8")


def _texts(binary: Binary, arch: str, noarch: dict[str, Texts]) -> Texts:
    if not binary.is_noarch:
        return _dump(binary, arch)
    if binary.name not in noarch:
        noarch[binary.name] = _dump(binary, arch)
    return noarch[binary.name]


def _dump(binary: Binary, arch: str) -> Texts:
    texts: Texts = createrepo_c.xml_dump(_package(binary, arch))
    return texts


def _package(binary: Binary, arch: str) -> createrepo_c.Package:
    """The payload does not exist; its checksum is made of the name and of the checksum in the index."""
    name = binary.on(arch)
    package = createrepo_c.Package()
    package.name, package.arch = name.name, name.arch
    package.epoch, package.version, package.release = binary.evr
    package.checksum_type = "sha256"
    package.pkgId = hashlib.sha256(f"{name} {binary.checksum}".encode()).hexdigest()
    package.summary = package.description = f"{binary.section} {binary.priority}"
    package.rpm_sourcerpm = f"{binary.source}-{binary.evr.version}-{binary.evr.release}.src.rpm"
    package.rpm_license, package.rpm_vendor, package.rpm_group = "see the index", "bench", binary.section
    package.time_file = package.time_build = BUILT_AT
    package.size_package = package.size_installed = package.size_archive = binary.size
    package.location_href = f"Packages/{name.name[0]}/{name.name}-{name.version}-{name.release}.{name.arch}.rpm"
    itself = Relation(binary.name, "EQ", binary.evr)
    package.provides = [_row(each) for each in (itself, *binary.provides)]
    package.requires = [_row_of_any(each) for each in dict.fromkeys(binary.requires)]
    package.recommends = [_row_of_any(each) for each in dict.fromkeys(binary.recommends)]
    package.conflicts = [_row(each) for each in dict.fromkeys(binary.conflicts)]
    package.obsoletes = [_row(each) for each in binary.obsoletes]
    return package


def _row_of_any(any_of: AnyOf) -> _Row:
    """Several alternatives are one rich dependency, which rpm-md writes as a name in brackets."""
    if len(any_of) == 1:
        return _row(any_of[0])
    return (f"({' or '.join(map(str, any_of))})", None, None, None, None, False)


def _row(relation: Relation) -> _Row:
    evr = relation.evr or Evr("0", "", "")
    if relation.flag is None:
        return (relation.name, None, None, None, None, False)
    return (relation.name, relation.flag, *evr, False)
