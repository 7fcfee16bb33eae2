"""Do mirrors, caches and the download page say what is really there?"""

import json
import re
from collections.abc import Iterable, Mapping
from functools import partial
from typing import Any
from urllib.parse import urlsplit

from relengotron.lab.verify.expectation import CacheExpected, ListExpected, PageExpected
from relengotron.lab.verify.reading import Web
from relengotron.lab.verify.report import Check, Wrong, judged

_LIST = re.compile(
    r"\[Version\]\n2\n\n\[Files\]\n(?P<rows>(?:\d+\t[fdl]-?\t\d+\t[^\t\n]+\n)*)\n"
    r"\[Checksums SHA1\]\n(?P<sums>(?:[0-9a-f]{40}\t[^\t\n]+\n)*)\n\[End\]\n"
)


def check_list(web: Web, expected: ListExpected) -> list[Check]:
    """The list is whole, names what was published and nothing that is not there, and its checksums are right."""
    place = f"{expected.path}/fullfiletimelist-{expected.module}".lstrip("/")
    found: dict[str, Any] = {}
    first = judged(place, lambda: _read_list(web, place, found))
    if not first.passed:
        return [first]
    return [
        first,
        judged(place, lambda: _names(expected.must_have, found["rows"])),
        judged(place, lambda: _sizes_below(web, expected, found["rows"])),
        judged(place, lambda: _checksums(web, expected, found["sums"])),
        judged(place, lambda: _other_lists(web, expected, found["rows"])),
    ]


def check_page(web: Web, expected: PageExpected) -> list[Check]:
    """The page speaks of each artifact, and every file, commit and link on it is as it says."""
    said: dict[str, Any] = {}
    first = judged(expected.path, lambda: _read_page(web, expected, said))
    return [first] + [judged(expected.path, partial(_entry, web, name, said.get(name))) for name in expected.artifacts]


def check_cache(web: Web, expected: CacheExpected) -> list[Check]:
    """The cache shows every pointer as the mirror does."""
    return [judged(f"cache {expected.url}", lambda: _same_in(web, expected))]


def _read_list(web: Web, place: str, found: dict[str, Any]) -> str:
    whole = _LIST.fullmatch(web.text(place))
    if whole is None:
        raise Wrong(f"{place} is not a whole list of version 2")
    rows = [line.split("\t") for line in whole["rows"].splitlines()]
    paths = [path for *_, path in rows]
    if paths != sorted(set(paths)):
        raise Wrong(f"{place} is not sorted, or names something twice")
    found["rows"] = {path: (kind, int(size)) for _, kind, size, path in rows}
    found["sums"] = {path: sha1 for sha1, path in (line.split("\t") for line in whole["sums"].splitlines())}
    return f"a whole list of {len(rows)} rows"


def _names(must_have: Iterable[str], rows: Mapping[str, Any]) -> str:
    missing = [path for path in must_have if path not in rows]
    if missing:
        raise Wrong(f"{len(missing)} published files are not listed: {', '.join(missing[:5])}")
    return f"lists all of {len(tuple(must_have))} published files"


def _sizes_below(web: Web, expected: ListExpected, rows: Mapping[str, tuple[str, int]]) -> str:
    files = {
        path: size for path, (kind, size) in rows.items() if kind[0] == "f" and path.startswith(expected.must_be_there)
    }
    for path, size in files.items():
        if (found := web.size(_below(expected, path))) != size:
            raise Wrong(f"{path} has {found} bytes, the list says {size}")
    return f"{len(files)} listed files are there, as long as it says"


def _checksums(web: Web, expected: ListExpected, sums: Mapping[str, str]) -> str:
    for path, sha1 in sums.items():
        web.must_be(_below(expected, path), "sha1", sha1)
    if not sums:
        raise Wrong("it has no checksums")
    return f"{len(sums)} checksums are right"


def _other_lists(web: Web, expected: ListExpected, rows: Mapping[str, Any]) -> str:
    names = web.text(_below(expected, "fullfilelist")).splitlines()
    if names != list(rows):
        raise Wrong("fullfilelist names other files")
    images = web.text(_below(expected, f"imagelist-{expected.module}")).splitlines()
    wanted = [f"./{path}" for path in expected.must_have if path.endswith((".iso", ".raw.xz"))]
    if missing := set(wanted) - set(images):
        raise Wrong(f"imagelist lacks {', '.join(sorted(missing))}")
    return f"fullfilelist and imagelist agree with it; {len(images)} images"


def _below(expected: ListExpected, path: str) -> str:
    return f"{expected.path}/{path}".lstrip("/")


def _read_page(web: Web, expected: PageExpected, said: dict[str, Any]) -> str:
    page = json.loads(web.text(expected.path))
    for release, about in page["releases"].items():
        for request, shown in about["requests"].items():
            said.update({f"{release}/{request} {name}": entry for name, entry in shown["artifacts"].items()})
    return f"speaks of {len(said)} artifacts"


def _entry(web: Web, name: str, entry: Mapping[str, Any] | None) -> str:
    if entry is None:
        raise Wrong(f"says nothing of {name}")
    for file in entry["files"]:
        for url in file["urls"]:
            web.must_be(url, "sha256", file["sha256"])
        if (found := web.size(file["urls"][0])) != file["size"]:
            raise Wrong(f"{file['name']} has {found} bytes, the page says {file['size']}")
        if "checksum" in file and file["sha256"] not in web.text(file["checksum"]):
            raise Wrong(f"{file['checksum']} does not name {file['sha256']}")
    if "ref" in entry and web.text(f"{entry['urls'][0]}/refs/heads/{entry['ref']}").strip() != entry["commit"]:
        raise Wrong(f"{entry['ref']} shows another commit than {entry['commit']}")
    if not (entry["run"] and entry["published_at"]):
        raise Wrong(f"{name} was published by nobody knows whom")
    return f"{name}: as it says, {len(entry['files'])} files, by run {entry['run']}"


def _same_in(web: Web, expected: CacheExpected) -> str:
    for path in expected.paths:
        at_the_mirror = web.digest(path)
        if web.digest(f"{expected.url}/{path}") != at_the_mirror:
            raise Wrong(f"the cache at {urlsplit(expected.url).netloc} shows an old {path}")
    return f"shows {len(expected.paths)} pointers as the mirror does"
