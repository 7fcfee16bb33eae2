"""Who may write a file that several hosts write? A lock file on the storage that all of them see."""

import fcntl
import getpass
import json
import os
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from relengotron.errors import SystemBusy, SystemUnreachable

_LOOK_AGAIN: Final = 0.02
_LONGEST_SIGN: Final = 4096


@contextmanager
def held(place: Path, why: str, wait: timedelta) -> Iterator[None]:
    """Nobody else who asks for this lock writes meanwhile; it ends with the process that holds it.

    Raises:
        SystemBusy: somebody else still has it after ``wait``; the text says who, why and for how long.
        SystemUnreachable: there can be no lock in that place.
    """
    descriptor = _opened(place)
    try:
        _wait_for(descriptor, place, wait)
        _sign(descriptor, why)
        try:
            yield
        finally:
            os.ftruncate(descriptor, 0)  # the next one may be somebody who leaves no name
    finally:
        os.close(descriptor)


def _opened(place: Path) -> int:
    try:
        return os.open(place, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o644)
    except OSError as error:
        raise SystemUnreachable(f"no lock can be taken at {place}: {error}") from error


def _wait_for(descriptor: int, place: Path, wait: timedelta) -> None:
    until = time.monotonic() + wait.total_seconds()
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        except BlockingIOError as taken:
            if time.monotonic() >= until:
                raise SystemBusy(f"{_holder(descriptor)} holds {place}; ask them, or wait") from taken
            time.sleep(_LOOK_AGAIN)


def _sign(descriptor: int, why: str) -> None:
    name = "somebody"
    with suppress(KeyError, OSError):
        name = getpass.getuser()
    who = f"{name}@{socket.gethostname()}, process {os.getpid()}"
    text = json.dumps({"who": who, "why": why, "since": datetime.now(UTC).isoformat()})
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, text.encode(), 0)


def _holder(descriptor: int) -> str:
    """Whoever signed it; programs of others take the lock and sign nothing."""
    try:
        match json.loads(os.pread(descriptor, _LONGEST_SIGN, 0)):
            case {"who": str(who), "why": str(why), "since": str(since)}:
                return f"{who} (to {why}, since {since})"
    except (OSError, ValueError):
        return "somebody who left no name (fuser -v says which process of this machine)"
    return "somebody who left no name (fuser -v says which process of this machine)"
