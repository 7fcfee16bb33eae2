"""How do metadata come from a repo to this machine?"""

import hashlib
import os
import stat
import time
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from typing import IO

import requests
from urllib3.exceptions import HTTPError

from relengotron.errors import MalformedInput, SystemBusy, SystemUnreachable
from relengotron.systems.repodata.address import Address
from relengotron.systems.repodata.repomd import LARGEST_FILE, LARGEST_REPOMD, REPOMD, Record

_BLOCK = 1 << 18
LONGEST_DOWNLOAD = 600.0
_OK = 200
_GONE = frozenset({404, 410})
_BUSY = frozenset({408, 429})
_AS_STORED = {"Accept-Encoding": "identity", "Cache-Control": "no-cache"}
"""Files are compared as they lie there; and what stands between must not answer from memory."""


class OtherThanSaid(Exception):
    """A file is not what ``repomd.xml`` said of it: gone, or with another content."""


class Fetching:
    """Reads the files of repos, each with a time-out and a limit to its size."""

    def __init__(self, session: requests.Session, timeout: tuple[float, float]) -> None:
        """Read with the caller's session."""
        self._session = session
        self._timeout = timeout

    def repomd(self, repo: Address) -> bytes:
        """The content of ``repomd.xml`` as it is now.

        Raises:
            SystemUnreachable: it cannot be read.
            MalformedInput: it is too large to be one.
        """
        try:
            with self._opened(repo, REPOMD) as blocks:
                return _all_of(blocks, repo)
        except OtherThanSaid as gone:
            raise SystemUnreachable(str(gone)) from gone

    def bring(self, repo: Address, record: Record, target: IO[bytes]) -> None:
        """Write a file that ``repomd.xml`` names; checked by size and checksum.

        Raises:
            OtherThanSaid: it is not the file that was named.
        """
        digest, size, most = hashlib.new(record.algorithm), 0, record.size or LARGEST_FILE
        with self._opened(repo, record.href) as blocks:
            for block in blocks:
                size += len(block)
                if size > most:
                    raise OtherThanSaid(f"{repo}: {record.href} is longer than {most} bytes")
                digest.update(block)
                target.write(block)
        if digest.hexdigest() != record.checksum:
            raise OtherThanSaid(f"{repo}: {record.href} ({size} bytes) has another checksum")

    def _opened(self, repo: Address, href: str) -> AbstractContextManager[Iterator[bytes]]:
        return _file(repo, href) if repo.is_local else self._download(repo, href)

    @contextmanager
    def _download(self, repo: Address, href: str) -> Iterator[Iterator[bytes]]:
        try:
            answer = self._session.get(repo.url_of(href), stream=True, timeout=self._timeout, headers=_AS_STORED)
            with closing(answer):
                _refuse_unless_given(answer, repo, href)
                # Many servers call a .gz file an encoding of something else: it is taken as it is stored.
                yield _in_time(iter(lambda: answer.raw.read1(_BLOCK, decode_content=False), b""), f"{repo}: {href}")
        except (requests.RequestException, HTTPError) as broken:
            reason = str(broken).replace(repo.netloc, repo.host)
            raise SystemUnreachable(f"{repo}: {href} cannot be read: {reason}") from broken


def _in_time(blocks: Iterator[bytes], what: str) -> Iterator[bytes]:
    """The time-out of a connection begins anew with each byte: a server that gives a few now and then keeps no run."""
    end = time.monotonic() + LONGEST_DOWNLOAD
    for block in blocks:
        if time.monotonic() > end:
            raise SystemUnreachable(f"{what} does not come within {LONGEST_DOWNLOAD:g} seconds")
        yield block


def _refuse_unless_given(answer: requests.Response, repo: Address, href: str) -> None:
    if answer.status_code in _GONE:
        raise OtherThanSaid(f"{repo}: {href} is not there ({answer.status_code})")
    if answer.status_code in _BUSY:
        raise SystemBusy(f"{repo}: {href}: {answer.status_code} {answer.reason}")
    if answer.status_code != _OK:
        raise SystemUnreachable(f"{repo}: {href}: {answer.status_code} {answer.reason}")
    if repo.scheme == "https" and not str(answer.url).startswith("https:"):
        raise SystemUnreachable(f"{repo}: {href} is given away without https")


@contextmanager
def _file(repo: Address, href: str) -> Iterator[Iterator[bytes]]:
    try:
        # A pipe in the place of a file must not keep us waiting.
        file = os.fdopen(os.open(repo.path_of(href), os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), "rb")
    except FileNotFoundError as gone:
        raise OtherThanSaid(f"{repo}: {href} is not there") from gone
    except (OSError, ValueError) as broken:
        raise SystemUnreachable(f"{repo}: {href} cannot be read: {broken}") from broken
    with file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise MalformedInput(f"{repo}: {href} is not a file")
        yield iter(lambda: file.read(_BLOCK), b"")


def _all_of(blocks: Iterable[bytes], repo: Address) -> bytes:
    content = b""
    for block in blocks:
        content += block
        if len(content) > LARGEST_REPOMD:
            raise MalformedInput(f"{repo}: repomd.xml is longer than {LARGEST_REPOMD} bytes")
    return content
