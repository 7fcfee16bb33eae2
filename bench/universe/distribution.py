"""How is the whole distribution made from the package index once, and opened quickly afterwards?"""

import hashlib
import json
import shutil
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Self

from bench.universe import repos, translation, updates, wishes
from bench.universe.index import PackageIndex, Stanza
from bench.universe.packages import Binary, Relation
from bench.universe.updates import Popularity, Push
from bench.universe.wishes import WishList
from relengotron.errors import MalformedInput
from relengotron.model.difference import compare

ARCHES = ("x86_64", "aarch64", "ppc64le", "armv7hl")
PLACE = Path(".lab") / "bench" / "universe"
_WISHES = "wishes.json"


@dataclass(frozen=True)
class Distribution:
    """Repos of four arches with true dependencies, wish lists of artifacts, and updates; all in ``folder``.

    ``packages`` are the packages by name, ``left_out`` says what of the index could not be translated, and why.
    """

    folder: Path
    packages: Mapping[str, Binary]
    left_out: tuple[str, ...] = ()

    @classmethod
    def open(cls, place: Path = PLACE) -> Self:
        """The distribution of this machine's index; made now, if it was not made before from the same index.

        Raises:
            NoPackageIndex: this machine has none.
        """
        return cls.made_from(PackageIndex.of_this_machine(), place)

    @classmethod
    def made_from(cls, index: PackageIndex, place: Path, lists: int = wishes.HOW_MANY) -> Self:
        """The distribution of an index; files of an older index or generator at the same place are removed."""
        packages, left_out = translated(index)
        key = hashlib.sha256(f"{index.digest} {_edition()} {lists}".encode()).hexdigest()[:16]
        made = cls((place / key).absolute(), packages, left_out)
        if not made.folder.exists():
            shutil.rmtree(place, ignore_errors=True)
            made._make(place.absolute() / f"{key}.part", lists)
        return made

    def repo(self, arch: str) -> str:
        """The URL of the arch's repo, without any update."""
        return (self.folder / arch).as_uri()

    @cached_property
    def wishes(self) -> tuple[WishList, ...]:
        """The artifacts' manifests, from small to large."""
        rows = json.loads((self.folder / _WISHES).read_text(encoding="utf-8"))
        return tuple(WishList(row["name"], tuple(row["install"]), row["size"]) for row in rows)

    @cached_property
    def sources(self) -> Mapping[str, tuple[Binary, ...]]:
        """The packages of each source package, in the order of names."""
        found: dict[str, list[Binary]] = defaultdict(list)
        for _, each in sorted(self.packages.items()):
            found[each.source].append(each)
        return {name: tuple(built) for name, built in sorted(found.items())}

    @cached_property
    def popularity(self) -> Popularity:
        """How many packages require each name."""
        return Popularity.of(self.sources)

    def pushes(self, seed: int, days: int = 22) -> tuple[Push, ...]:
        """The pushes of a month of working days, drawn with the seed."""
        return tuple(updates.draw(self.sources, self.popularity, seed, days))

    def played(self, pushes: Iterable[Push]) -> Iterator[tuple[Push, tuple[Binary, ...]]]:
        """Each push with the packages that its builds bring."""
        return updates.play(self.sources, self.popularity, pushes)

    def updates_repo(self, arch: str, builds: Iterable[Binary]) -> str:
        """The URL of a repo with these builds and nothing else; of a name that comes twice, the last one given."""
        newest = {each.name: each for each in builds}
        key = hashlib.sha256(repr(sorted(newest.items())).encode()).hexdigest()[:16]
        folder = self.folder / "updates" / key / arch
        if not folder.exists():
            part = folder.with_name(f"{arch}.part")
            shutil.rmtree(part, ignore_errors=True)
            repos.write(part, newest.values(), arch, {}).rename(folder)
        return folder.as_uri()

    def _make(self, part: Path, lists: int) -> None:
        noarch: dict[str, repos.Texts] = {}
        for arch in ARCHES:
            repos.write(part / arch, self.packages.values(), arch, noarch)
        drawn = wishes.draw(part / ARCHES[0], self.packages.values(), ARCHES[0], lists)
        rows = [{"name": each.name, "size": each.size, "install": each.install} for each in drawn]
        (part / _WISHES).write_text(json.dumps(rows, indent=1), encoding="utf-8")
        part.rename(self.folder)


def translated(index: PackageIndex) -> tuple[Mapping[str, Binary], tuple[str, ...]]:
    """The newest package of each name, and a sentence for each stanza that says nothing an RPM could be made of."""
    stanzas = tuple(index.stanzas())
    plain = frozenset(each.name for each in _all_provides(stanzas) if each.flag is None)
    packages: dict[str, Binary] = {}
    left_out: list[str] = []
    for stanza in stanzas:
        try:
            found = translation.binary(stanza, plain)
        except MalformedInput as error:
            left_out.append(f"{stanza.get('Package', 'a stanza without a name')!r}: {error}")
            continue
        known = packages.get(found.name)
        if known is None or compare(str(known.evr), str(found.evr)) < 0:
            packages[found.name] = found
    return packages, tuple(left_out)


def _all_provides(stanzas: Iterable[Stanza]) -> Iterator[Relation]:
    for stanza in stanzas:
        try:
            yield from translation.provides(stanza)
        except MalformedInput:
            continue  # named when the whole stanza is read


def _edition() -> str:
    """Another text of the generator is another generator: what an older one has made is not used."""
    texts = sorted(Path(__file__).parent.glob("*.py"))
    return hashlib.sha256(b"".join(each.read_bytes() for each in texts)).hexdigest()
