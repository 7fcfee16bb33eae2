"""How do we get the solver data of a repo or of some packages, whoever made them and when?"""

import hashlib
import json
import os
import tempfile
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from typing import IO, Any

from relengotron.errors import MalformedInput, SystemBusy, SystemUnreachable
from relengotron.systems.repodata.address import Address
from relengotron.systems.repodata.cache import Cache, shelf_of
from relengotron.systems.repodata.converting import Convert
from relengotron.systems.repodata.fetching import Fetching
from relengotron.systems.repodata.repomd import Record, Repomd, read_repomd, revision_of

_RPMS = "rpms"
_Make = Callable[[Path, Path], None]
_UNDERSTOOD = 256
_LOCKS = 64
TURN_COMES_WITHIN = 300.0
_COMPRESSIONS = frozenset({".gz", ".xz", ".zst", ".bz2"})


class Stock:
    """Solver data from the cache, or made now and kept there."""

    def __init__(self, cache: Cache, fetching: Fetching, convert: Convert) -> None:
        """Nothing is read yet."""
        self._cache = cache
        self._fetching = fetching
        self._convert = convert
        self._understood: OrderedDict[tuple[Address, str], Repomd] = OrderedDict()
        self._one_at_a_time = tuple(Lock() for _ in range(_LOCKS))

    def look(self, repo: Address) -> Repomd:
        """What the repo says of itself now."""
        content = self._fetching.repomd(repo)
        key = (repo, revision_of(content))
        known = self._understood.get(key)
        if known is None:
            known = self._understood[key] = _understand(content, repo)
            while len(self._understood) > _UNDERSTOOD:
                self._understood.popitem(last=False)
        return known

    def of_repo(self, repo: Address, repomd: Repomd, with_files: bool) -> IO[bytes]:
        """The solver data of one revision, with the lists of all files if it has them.

        Raises:
            OtherThanSaid: a file of the revision is not there any more.
        """
        records = [repomd.primary]
        if with_files and repomd.filelists is not None:
            records.append(repomd.filelists)
        name = "+".join([repomd.revision, *(each.kind for each in records[1:])])

        def make(target: Path, scratch: Path) -> None:
            files = {each.kind: str(self._bring(repo, each, scratch)) for each in records}
            self._make(str(repo), {"files": files, "rpms": []}, target, scratch)

        return self._found_or_made(shelf_of(repo.url_of("")), name, make)

    def of_rpms(self, rpms: Iterable[Path], identity: str) -> IO[bytes]:
        """The solver data of packages that no repo has yet; ``identity`` is what ``identity_of`` said of them."""
        order = {"files": {}, "rpms": [str(each) for each in rpms]}
        return self._found_or_made(_RPMS, identity, lambda target, scratch: self._make("", order, target, scratch))

    def _found_or_made(self, shelf: str, name: str, make: _Make) -> IO[bytes]:
        try:
            with _turn_of(self._one_at_a_time[hash((shelf, name)) % _LOCKS]):
                return self._cache.find(shelf, name) or self._cache.keep(shelf, name, make)
        except OSError as broken:
            raise SystemUnreachable(f"solver data cannot be kept on this machine: {broken}") from broken

    def _bring(self, repo: Address, record: Record, scratch: Path) -> Path:
        # Only the end of the name is the repo's: it tells the compression.
        file = scratch / f"{record.kind}.xml{_compression(record.href)}"
        with file.open("xb") as target:
            self._fetching.bring(repo, record, target)
        return file

    def _make(self, repo: str, order: Mapping[str, Any], target: Path, scratch: Path) -> None:
        try:
            self._convert({**order, "target": str(target), "scratch": str(scratch)})
        except MalformedInput as wrong:
            raise MalformedInput(": ".join(filter(None, [repo, str(wrong)]))) from wrong


@contextmanager
def _turn_of(lock: Lock) -> Iterator[None]:
    """Who makes the same solver data is waited for, but not as long as a bad server can keep them."""
    if not lock.acquire(timeout=TURN_COMES_WITHIN):
        raise SystemBusy(f"solver data are being made by another for more than {TURN_COMES_WITHIN:g} seconds")
    try:
        yield
    finally:
        lock.release()


def identity_of(rpms: Iterable[Path]) -> str:
    """A name that is another one when a file was exchanged; MalformedInput when one is not there."""
    return hashlib.sha256(json.dumps([_file_identity(each) for each in rpms]).encode()).hexdigest()


def _file_identity(rpm: Path) -> tuple[str, int, int, int, int]:
    try:
        found = rpm.stat()
    except (OSError, ValueError) as wrong:
        raise MalformedInput(f"{rpm} is no package: {wrong}") from wrong
    return os.path.abspath(rpm), found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns


def _understand(content: bytes, repo: Address) -> Repomd:
    with tempfile.NamedTemporaryFile(prefix="repomd-", suffix=".xml") as file:
        file.write(content)
        file.flush()
        return read_repomd(content, Path(file.name), str(repo))


def _compression(href: str) -> str:
    suffix = Path(href).suffix
    return suffix if suffix in _COMPRESSIONS else ""
