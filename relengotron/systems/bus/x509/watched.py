"""What do some files say now, when people replace them under a daemon that runs for months?"""

import logging
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final, Generic, TypeVar

from relengotron.errors import SettingsError

log = logging.getLogger(__name__)

T = TypeVar("T")
Stamp = tuple[tuple[int, int, int] | None, ...]

LOOK_EVERY_S: Final = 1.0


class Watched(Generic[T]):
    """A value read from files, and read again when one of them changes.

    Files that belong together are never replaced in the same instant. So what cannot be used leaves the former value in
    force, is told once, and is read again after the next change.
    """

    def __init__(
        self,
        files: Sequence[Path],
        read: Callable[[Sequence[bytes]], T],
        seconds: Callable[[], float] = time.monotonic,
    ) -> None:
        """Read them for the first time.

        Raises:
            SettingsError: a file is missing, or ``read`` cannot use what is in it.
        """
        self._files = tuple(files)
        self._read = read
        self._seconds = seconds
        self._stamp = _stamp(self._files)
        self._value = self._fresh()
        self._next_look = self._seconds() + LOOK_EVERY_S

    def __call__(self) -> T:
        """The value; whether the files have changed is looked at once a second."""
        if self._seconds() >= self._next_look:
            self._look()
            self._next_look = self._seconds() + LOOK_EVERY_S
        return self._value

    def _look(self) -> None:
        stamp = _stamp(self._files)
        if stamp == self._stamp:
            return
        self._stamp = stamp
        try:
            self._value = self._fresh()
        except SettingsError as error:
            log.error(
                "the changed files of the bus cannot be used, the former ones count on", extra={"why": str(error)}
            )
        else:
            log.info("files of the bus were read again", extra={"files": [str(file) for file in self._files]})

    def _fresh(self) -> T:
        return self._read([_content(file) for file in self._files])


def _stamp(files: Sequence[Path]) -> Stamp:
    return tuple(_stamp_of(file) for file in files)


def _stamp_of(file: Path) -> tuple[int, int, int] | None:
    try:
        found = file.stat()
    except OSError:
        return None
    return found.st_ino, found.st_mtime_ns, found.st_size


def _content(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise SettingsError(f"{file}: cannot be read: {error.strerror}") from error
