"""How is libsolv asked? In this process, with pools that stay warm as long as the repos do not change."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from copy import copy
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Self, TypeVar

import requests

from relengotron.errors import MalformedInput, RelengError, SystemUnreachable
from relengotron.model.closure import Break
from relengotron.model.contents import Manifest
from relengotron.model.package import Package
from relengotron.systems.repodata.address import Address
from relengotron.systems.repodata.cache import Cache
from relengotron.systems.repodata.closed import ClosureIndex
from relengotron.systems.repodata.converting import Convert, in_a_child
from relengotron.systems.repodata.fetching import Fetching, OtherThanSaid
from relengotron.systems.repodata.headers import Header, read_header
from relengotron.systems.repodata.loading import Parts, needs_filelists
from relengotron.systems.repodata.offering import offers
from relengotron.systems.repodata.pools import PoolKey, Pools
from relengotron.systems.repodata.port import Replacement, Solution, Universe
from relengotron.systems.repodata.replacing import Loaded, Replacements
from relengotron.systems.repodata.repomd import Repomd
from relengotron.systems.repodata.stock import Stock, identity_of
from relengotron.systems.repodata.warm import WarmPool
from relengotron.systems.rest import CONNECT_TIMEOUT, READ_TIMEOUT

_POOLS = 16
_INDEXES = 8
"""One for each arch of a large gate; 200 MiB each."""

T = TypeVar("T")
Seen = Mapping[str, tuple[Address, Repomd]]
Known = dict[str, tuple[Address, Repomd] | RelengError]


class SolvRepodata:
    """Repos over ``http``, ``https`` and ``file``, read by libsolv."""

    def __init__(
        self,
        cache: Path,
        session: requests.Session,
        timeout: tuple[float, float] = (CONNECT_TIMEOUT, READ_TIMEOUT),
        pools: int = _POOLS,
        convert: Convert = in_a_child,
        read_header: Callable[[Path], Header] = read_header,
    ) -> None:
        """Keep solver data in ``cache`` and at most so many ``pools`` in memory; nothing is read yet."""
        self._stock = Stock(Cache(cache), Fetching(session, timeout), convert)
        self._pools = Pools[WarmPool](pools)
        self._indexes = Pools[ClosureIndex](_INDEXES)
        self._replacements = Replacements(read_header)
        self._frozen: Known | None = None

    def frozen(self) -> Self:
        """The same repos, each looked at once and then believed, also when it cannot be read: nobody waits twice."""
        view = copy(self)
        view._frozen = {}
        return view

    def revisions(self, urls: tuple[str, ...]) -> Mapping[str, str]:
        """The revision of each repo as it is now."""
        return _revisions(self._look(urls))

    def made_at(self, urls: Collection[str]) -> datetime:
        """When the oldest of these repos was made, as its metadata say; 1970 where they do not."""
        seen = self._look(tuple(urls)).values()
        return datetime.fromtimestamp(min((repomd.made_at for _, repomd in seen), default=0), UTC)

    def newest(self, universe: Universe) -> Mapping[tuple[str, str], Package]:
        """The newest package of each (name, arch) that this arch can install."""
        return self._warm(universe, with_files=False, is_thin=True)[0].newest()

    def solve(self, universe: Universe, manifest: Manifest) -> Solution:
        """What a fresh system with the manifest would consist of."""
        if manifest.install is None:
            raise MalformedInput(f"{manifest.origin}: a manifest without names to install cannot be solved")
        with_files, is_thin = any(map(needs_filelists, manifest.install)), not manifest.recommends
        warm, seen = self._warm(universe, with_files, is_thin)
        if warm.wants_files and not with_files:
            with_files = True
            warm, seen = self._warm(universe, with_files, is_thin)
        if is_thin and warm.leaves_a_choice(manifest):
            warm, seen = self._warm(universe, with_files, is_thin=False)
        packages, problems = warm.solve(manifest)
        return Solution(packages, problems, _revisions(seen))

    def broken(self, universe: Universe) -> tuple[Break, ...]:
        """Every requirement of a package of this arch that nothing provides, as ``dnf repoclosure`` finds them."""
        return self._index(universe, ()).broken()

    def breaks(self, universe: Universe, before: Sequence[Replacement], change: Replacement) -> tuple[Break, ...]:
        """Every requirement that nothing provides once these builds are there, and that something did until then."""
        *loaded, news = self._replacements.load((*before, change))
        return self._index(universe, (*loaded, news)).breaks(loaded, news)

    def offers(
        self, rpms: Mapping[str, Collection[Path]], requirements: Collection[str]
    ) -> Mapping[str, frozenset[str]]:
        """Per requirement, as a ``Break`` words it, which of these builds provide it, or a part of it."""
        return offers({build: self._replacements.headers(files) for build, files in rpms.items()}, requirements)

    def _index(self, universe: Universe, loaded: Sequence[Loaded]) -> ClosureIndex:
        """The index of a universe; with the lists of all files where somebody requires what only those know."""
        with_files = any(each.wants_files for each in loaded)
        found = self._current(lambda: self._index_as_seen(universe, with_files), universe)
        if found.wants_files and not with_files:
            found = self._current(lambda: self._index_as_seen(universe, with_files=True), universe)
        return found

    def _index_as_seen(self, universe: Universe, with_files: bool) -> ClosureIndex:
        key, seen, rpms = self._asked(universe, with_files, is_thin=False)
        without = frozenset(key.without)
        build = partial(self._load, key, seen, rpms, lambda parts: ClosureIndex(key.arch, parts, without))
        found = self._indexes.get(key, build)
        if found.is_full:
            self._indexes.forget(key)  # who uses it now may go on
        return found

    def _look(self, urls: tuple[str, ...]) -> Seen:
        known: Known = {} if self._frozen is None else self._frozen
        return {url: self._seen(url, known) for url in urls}

    def _seen(self, url: str, known: Known) -> tuple[Address, Repomd]:
        if url not in known:
            repo = Address.parse(url)
            with self._remembered(url):
                known[url] = (repo, self._stock.look(repo))
        found = known[url]
        if isinstance(found, RelengError):
            raise found
        return found

    @contextmanager
    def _remembered(self, url: str) -> Iterator[None]:
        """A frozen view knows from now on that this repo cannot be read."""
        try:
            yield
        except RelengError as trouble:
            if self._frozen is not None:
                self._frozen[url] = trouble
            raise

    def _warm(self, universe: Universe, with_files: bool, is_thin: bool) -> tuple[WarmPool, Seen]:
        return self._current(lambda: self._warm_as_seen(universe, with_files, is_thin), universe)

    def _current(self, load: Callable[[], T], universe: Universe) -> T:
        """What is loaded of a universe; a repo that changes while it is read is looked at once more."""
        try:
            return load()
        except OtherThanSaid:
            self._forget(universe.urls)
        try:
            return load()
        except OtherThanSaid as changed:
            raise SystemUnreachable(f"a repo changes while it is read: {changed}") from changed

    def _warm_as_seen(self, universe: Universe, with_files: bool, is_thin: bool) -> tuple[WarmPool, Seen]:
        key, seen, rpms = self._asked(universe, with_files, is_thin)

        def build(parts: Parts) -> WarmPool:
            return WarmPool(key.arch, parts, frozenset(key.without), is_thin=key.is_thin)

        return self._pools.get(key, partial(self._load, key, seen, rpms, build)), seen

    def _asked(self, universe: Universe, with_files: bool, is_thin: bool) -> tuple[PoolKey, Seen, tuple[Path, ...]]:
        seen, rpms = self._look(universe.urls), tuple(sorted(set(universe.rpms)))
        return _key(seen, universe, identity_of(rpms), with_files, is_thin), seen, rpms

    def _load(self, key: PoolKey, seen: Seen, rpms: tuple[Path, ...], build: Callable[[Parts], T]) -> T:
        with ExitStack() as opened:
            parts = []
            for repo, (url, repomd) in {repo: (url, repomd) for url, (repo, repomd) in seen.items()}.items():
                with self._remembered(url):
                    parts.append((str(repo), opened.enter_context(self._stock.of_repo(repo, repomd, key.with_files))))
            if rpms:
                parts.append(("rpms", opened.enter_context(self._stock.of_rpms(rpms, key.rpms))))
            return build(parts)

    def _forget(self, urls: tuple[str, ...]) -> None:
        if self._frozen is not None:
            for url in urls:
                self._frozen.pop(url, None)


def _key(seen: Seen, universe: Universe, rpms: str, with_files: bool, is_thin: bool) -> PoolKey:
    revisions = {(repo.url_of(""), repomd.revision) for repo, repomd in seen.values()}
    has_files = any(repomd.filelists is not None for _, repomd in seen.values())
    without = {(str(seen[url][0]), source) for url, source in universe.without if url in seen}
    return PoolKey(
        tuple(sorted(revisions)), universe.arch, rpms, with_files and has_files, is_thin, tuple(sorted(without))
    )


def _revisions(seen: Seen) -> Mapping[str, str]:
    return {url: repomd.revision for url, (_, repomd) in seen.items()}
