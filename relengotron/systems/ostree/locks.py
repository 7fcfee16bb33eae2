"""Who may write to a ref now? OSTree protects objects, never refs: a lock file beside the repo for each of them."""

import fcntl
import getpass
import json
import os
import socket
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import get_ident
from typing import Final
from urllib.parse import unquote

from relengotron.errors import SystemBusy, SystemUnreachable
from relengotron.model.tree_history import Holder
from relengotron.systems.ostree.names import file_name_of

FOLDER: Final = ".relengotron-locks"
_ALL_REFS: Final = ".all"
_SUMMARY: Final = ".summary"
_SIGNATURES: Final = ".signatures"
_MASTERS: Final = ".masters"
"""No ref begins with a dot, so none of these names is one of a ref."""
_LOOK_AGAIN: Final = 0.02


class RefLocks:
    """The locks of one repo, which end with the process that holds them."""

    def __init__(self, repo: Path) -> None:
        """Nothing is made before the first lock is taken."""
        self._repo = repo
        self._folder = repo / FOLDER
        self._held: set[tuple[int, str]] = set()

    @contextmanager
    def hold(self, ref: str, why: str, wait: timedelta = timedelta(0)) -> Iterator[None]:
        """Nobody else writes to the ref meanwhile, and nobody collects garbage; whoever holds it may hold it again.

        Raises:
            SystemBusy: somebody else still does after ``wait``.
        """
        own = (get_ident(), ref)
        if own in self._held:
            yield
            return
        with self._taken(_ALL_REFS, fcntl.LOCK_SH, wait), self._taken(file_name_of(ref), fcntl.LOCK_EX, wait, why):
            self._held.add(own)
            try:
                yield
            finally:
                self._held.discard(own)

    @contextmanager
    def hold_all(self, why: str, wait: timedelta = timedelta(0)) -> Iterator[None]:
        """Nobody else writes to any ref of the repo meanwhile.

        Raises:
            SystemBusy: somebody else still does after ``wait``.
        """
        with self._taken(_ALL_REFS, fcntl.LOCK_EX, wait, why):
            yield

    @contextmanager
    def summarising(self, limit: timedelta) -> Iterator[None]:
        """One summary is written at a time: each lists every ref that was set before it began."""
        with self._taken(_SUMMARY, fcntl.LOCK_EX, limit, "write the summary"):
            yield

    @contextmanager
    def signing(self, limit: timedelta) -> Iterator[None]:
        """One signature is stored at a time: each is written behind those that are there."""
        with self._taken(_SIGNATURES, fcntl.LOCK_EX, limit, "store a signature"):
            yield

    @contextmanager
    def sending(self, limit: timedelta) -> Iterator[None]:
        """One summary is sent to the masters at a time: none overtakes a newer one."""
        with self._taken(_MASTERS, fcntl.LOCK_EX, limit, "bring its commits to the masters"):
            yield

    def holders(self) -> Mapping[str, Holder]:
        """By ref who writes to it now; ``*`` stands for all."""
        found = {}
        for file in sorted(self._folder.glob("*")) if self._folder.is_dir() else ():
            holder = _holder(file) if _is_taken(file) else None
            if holder is not None:
                found["*" if file.name == _ALL_REFS else unquote(file.name)] = holder
        return found

    @contextmanager
    def _taken(self, name: str, kind: int, wait: timedelta, why: str | None = None) -> Iterator[None]:
        descriptor = self._open(name)
        try:
            self._wait_for(descriptor, kind, name, wait)
            if why is not None:
                _sign(descriptor, why)
            yield
            if why is not None:
                os.ftruncate(descriptor, 0)
        finally:
            os.close(descriptor)

    def _open(self, name: str) -> int:
        try:
            self._folder.mkdir(exist_ok=True)
            folder = os.open(self._folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
            try:
                return os.open(name, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o644, dir_fd=folder)
            finally:
                os.close(folder)
        except OSError as error:
            raise SystemUnreachable(f"no lock can be taken in {self._folder}: {error}") from error

    def _wait_for(self, descriptor: int, kind: int, name: str, wait: timedelta) -> None:
        until = time.monotonic() + wait.total_seconds()
        while True:
            try:
                fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
                return
            except BlockingIOError as taken:
                if time.monotonic() >= until:
                    raise SystemBusy(self._who_has_it(name)) from taken
                time.sleep(_LOOK_AGAIN)

    def _who_has_it(self, name: str) -> str:
        subject = f"a ref of {self._repo}" if name.startswith(".") else f"ref {unquote(name)} of {self._repo}"
        holder = _holder(self._folder / name)
        if holder is None:
            return f"another writer holds {subject}"
        age = (datetime.now(UTC) - holder.since).total_seconds()
        return f"another writer holds {subject}: {holder.who}, for {age:.0f} s, to {holder.why}"


def _sign(descriptor: int, why: str) -> None:
    text = json.dumps({"who": _who(), "why": why, "since": datetime.now(UTC).isoformat()})
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, text.encode(), 0)


def _who() -> str:
    name = "somebody"
    with suppress(KeyError, OSError):
        name = getpass.getuser()
    return f"{name}@{socket.gethostname()}, process {os.getpid()}"


def _is_taken(file: Path) -> bool:
    try:
        descriptor = os.open(file, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
    except OSError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False


def _holder(file: Path) -> Holder | None:
    try:
        match json.loads(file.read_text()):
            case {"who": str(who), "why": str(why), "since": str(since)}:
                return Holder(who, why, datetime.fromisoformat(since))
    except (OSError, ValueError):
        return None
    return None
