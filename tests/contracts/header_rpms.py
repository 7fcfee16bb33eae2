"""RPM files that hold a header and nothing else, and say what a package of a small repo says."""

from pathlib import Path

import createrepo_c

from tests.contracts.koji_rpms import BINARY, INT32, STRING, STRINGS, Entry, header
from tests.contracts.repodata_repos import Rpm

LEAD = b"\xed\xab\xee\xdb\x03\x00\x00\x00\x00\x01" + bytes(66) + b"\x00\x01\x00\x05" + bytes(16)
FLAGS = {"<": 2, ">": 4, "=": 8, "<=": 10, ">=": 12}
Row = tuple[str, int, str]


def a_file(place: Path, rpm: Rpm) -> Path:
    """Write it under the name that Koji gives it."""
    place.mkdir(parents=True, exist_ok=True)
    file = place / f"{rpm.name}-{rpm.version}-{rpm.release}.{rpm.arch}.rpm"
    file.write_bytes(content(rpm))
    return file


def content(rpm: Rpm) -> bytes:
    signature = header([(1000, INT32, 1), (1004, BINARY, bytes(16))])
    return LEAD + signature + bytes(-len(signature) % 8) + header(sorted(_entries(rpm)))


def a_real_repo(place: Path, *rpms: Rpm) -> str:
    """A repo of such files, with the metadata that createrepo_c makes of them; its URL."""
    (place / "repodata").mkdir(parents=True, exist_ok=True)
    packages = [_read(place, each) for each in rpms]
    for left in (place / "repodata").iterdir():
        left.unlink()
    repomd = createrepo_c.Repomd()
    for kind, writer in (("primary", createrepo_c.PrimaryXmlFile), ("filelists", createrepo_c.FilelistsXmlFile)):
        path = place / "repodata" / f"{kind}.xml"
        file = writer(str(path), createrepo_c.NO_COMPRESSION)
        file.set_num_of_pkgs(len(packages))
        for each in packages:
            file.add_pkg(each)
        file.close()
        record = createrepo_c.RepomdRecord(kind, str(path))
        record.fill(createrepo_c.SHA256)
        repomd.set_record(record)
    (place / "repodata/repomd.xml").write_text(repomd.xml_dump())
    return place.as_uri()


def _read(place: Path, rpm: Rpm) -> createrepo_c.Package:
    """As createrepo_c reads it, but for the files: it looks for more about each of them than we write."""
    package = createrepo_c.package_from_rpm(str(a_file(place, rpm)), createrepo_c.SHA256, "x")
    parts = (path.rpartition("/") for path in rpm.files)
    package.files = [("", f"{folder}/", base) for folder, _, base in parts]
    return package


def _entries(rpm: Rpm) -> list[Entry]:
    itself: Row = (rpm.name, FLAGS["="], rpm.package.evr)
    provides, requires = [*map(_row, rpm.provides), itself], list(map(_row, rpm.requires))
    folders = sorted({path.rpartition("/")[0] + "/" for path in rpm.files})
    entries: list[Entry] = [
        (1000, STRING, rpm.name),
        (1001, STRING, rpm.version),
        (1002, STRING, rpm.release),
        (1004, STRING, "s"),
        (1005, STRING, "d"),
        (1006, INT32, 1),
        (1009, INT32, 1),
        (1022, STRING, rpm.arch),
        (1044, STRING, f"{rpm.source or rpm.name}-{rpm.version}-{rpm.release}.src.rpm"),
        *_relations((1047, 1112, 1113), provides),
        *_relations((1049, 1048, 1050), requires),
    ]
    if rpm.epoch != "0":
        entries.append((1003, INT32, int(rpm.epoch)))
    if rpm.files:
        entries += [
            (1116, INT32, [folders.index(path.rpartition("/")[0] + "/") for path in rpm.files]),
            (1117, STRINGS, [path.rpartition("/")[2] for path in rpm.files]),
            (1118, STRINGS, folders),
        ]
    return entries


def _row(relation: str) -> Row:
    match relation.split(" "):
        case [name, sign, version] if not name.startswith("("):
            return name, FLAGS[sign], version
    return relation, 0, ""


def _relations(tags: tuple[int, int, int], rows: list[Row]) -> list[Entry]:
    if not rows:
        return []
    names, flags, versions = (list(column) for column in zip(*rows, strict=True))
    return [(tags[0], STRINGS, names), (tags[1], INT32, flags), (tags[2], STRINGS, versions)]
