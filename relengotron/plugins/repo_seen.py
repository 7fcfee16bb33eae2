"""Does a repo lead its readers to what is there? Followed from outside: repomd.xml, primary metadata, packages."""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from relengotron.errors import MalformedInput
from relengotron.sdk import Published, Workbench
from relengotron.systems.mirror.paths import rel_path
from relengotron.systems.mirror.port import Entry
from relengotron.systems.repodata.naming import Named, files_named, packages_named
from relengotron.systems.repodata.repomd import LARGEST_FILE, PRIMARY, REPOMD

MOST_TOLD: Final = 5
"""One lost folder makes thousands of sentences that say the same."""


@dataclass(frozen=True, slots=True)
class DeadEnds:
    """A sentence for everything that metadata name and that was not published so; ``late`` could not be followed."""

    lies: tuple[str, ...]
    late: tuple[str, ...]


def dead_ends(published: Published, bench: Workbench) -> DeadEnds:
    """Follow every repomd.xml that was published to all that a client comes to from there."""
    target = rel_path(published.links["path"])
    shown = {f"{target}/{path}": entry for path, entry in (bench.mirror.published(target) or {}).items()}
    lies, late = list[str](), list[str]()
    for path in published.expected:
        if path.endswith(f"/{REPOMD}"):
            try:
                lies += _of_repo(path, published.expected, shown, bench)
            except FileNotFoundError as other:
                late.append(f"{other}: not what it was a moment ago")
    return DeadEnds(tuple(lies), tuple(late))


def _of_repo(repomd: str, expected: Mapping[str, str], shown: Mapping[str, Entry], bench: Workbench) -> list[str]:
    folder, found = repomd.removesuffix(REPOMD), []
    with TemporaryDirectory(prefix="relengotron-probe-") as place:
        try:
            for named in _followed(repomd, expected, bench, Path(place)):
                if (wrong := _wrong(named, shown.get(f"{folder}{named.href}"))) is not None:
                    found.append(f"{folder}{named.href}: {wrong}, and {repomd} leads there")
        except MalformedInput as broken:
            found.append(f"{repomd}: {broken}")
    more = [f"{repomd}: {len(found) - MOST_TOLD} more such files"] if len(found) > MOST_TOLD else []
    return [*found[:MOST_TOLD], *more]


def _followed(repomd: str, expected: Mapping[str, str], bench: Workbench, place: Path) -> Iterator[Named]:
    """Everything that a client comes to who starts from repomd.xml."""
    folder = repomd.removesuffix(REPOMD)
    for named in files_named(_fetched(repomd, expected[repomd], bench, place)):
        yield named
        primary = f"{folder}{named.href}"
        if named.kind == PRIMARY and primary in expected:
            yield from packages_named(_fetched(primary, expected[primary], bench, place))


def _fetched(path: str, sha256: str, bench: Workbench, place: Path) -> Path:
    """The file as readers get it.

    Raises:
        FileNotFoundError: it is another one than a moment ago: the next look decides.
    """
    content = bench.mirror.read(path, LARGEST_FILE)
    if content is None or hashlib.sha256(content).hexdigest() != sha256:
        raise FileNotFoundError(path)
    file = place / Path(path).name
    file.write_bytes(content)
    return file


def _wrong(named: Named, shown: Entry | None) -> str | None:
    """Why readers would not find there what was named; a checksum of another kind cannot be compared."""
    if shown is None:
        return "not there"
    if named.algorithm == "sha256" and named.checksum != shown.sha256:
        return f"SHA-256 {shown.sha256[:12]}, named with {named.checksum[:12]}"
    if named.size > 0 and named.size != shown.size:
        return f"{shown.size} bytes, named with {named.size}"
    return None
