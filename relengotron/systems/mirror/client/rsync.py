"""How are exactly these files brought to another machine, or taken away there? With ``rsync``, 3.1 or newer.

No shell sees any name: paths go in as a list that ends each with a zero byte.
"""

import os
import signal
import subprocess
from collections.abc import Iterable
from contextlib import suppress
from itertools import groupby
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from relengotron.errors import SystemUnreachable
from relengotron.systems.mirror.client.remote import Remote
from relengotron.systems.mirror.client.rsync_troubles import trouble_of
from relengotron.systems.mirror.paths import PRIVATE

_LIST: Final = ("--from0", "--files-from=-", "--no-implied-dirs")
_LIKE_OURS: Final = ("--times", "--perms", "--chmod=F0644", "--omit-dir-times")
_READ: Final = (*_LIKE_OURS, "--checksum")
"""By checksum: rsync skips a new repomd.xml that has size and time of the old one."""

_READING: Final = 20_000_000
"""Bytes that a slow disk reads in a second. Who compares by checksum says nothing while he reads, on either side."""

_AT_ONCE: Final = ("--delay-updates", f"--partial-dir={PRIVATE}-late")
"""For small files only: what did not come whole is kept there, also on a disk that is full because of it."""


class Rsync:
    """One master, through the plain command."""

    def __init__(self, remote: Remote, binary: str = "rsync") -> None:
        self._remote = remote
        self._binary = binary

    def fill(self, source: Path, paths: Iterable[str], below: str) -> None:
        """As ``bring``, for files whose names change with their content: size and time are enough, nothing is read."""
        self._run(list(_LIKE_OURS), source, paths, below)

    def bring(self, source: Path, paths: Iterable[str], below: str, *, at_once: bool = False) -> None:
        """These files of the source are there with the same content; ``at_once``: all get their names at the end."""
        self._run([*_READ, *(_AT_ONCE if at_once else ())], source, paths, below)

    def differing(self, source: Path, paths: Iterable[str], below: str) -> dict[str, bool]:
        """Which of these files are not there as they are in the source, and whether there is another under the name."""
        said = self._run(["--checksum", "--dry-run", "--8-bit-output", "--out-format=%i %n"], source, paths, below)
        lines = (line.partition(" ") for line in said.splitlines())
        return {path: "+" not in flags for flags, _, path in lines if flags[:2] == "<f"}

    def read(self, names: Iterable[str], below: str, at_most: int) -> dict[str, bytes]:
        """What the plain files of these names hold, in a folder that is there; the others left out."""
        wanted = list(names)
        with TemporaryDirectory() as folder:
            only = [f"--include=/{name}" for name in wanted]
            words = ["--dirs", f"--max-size={at_most}", *only, "--exclude=*"]
            self._ask([*words, *self._there(), self._remote.place(below), f"{folder}/"], b"")
            return {name: Path(folder, name).read_bytes() for name in wanted if Path(folder, name).is_file()}

    def make_folder(self, path: str) -> None:
        """The folder is there, and those above it."""
        with TemporaryDirectory() as empty:
            Path(empty, path).mkdir(parents=True)
            above = path.split("/")
            steps = ["/".join(above[:count]) for count in range(1, len(above) + 1)]
            self._run(["--dirs", "--chmod=D0755"], Path(empty), steps, "")

    def remove(self, paths: Iterable[str], below: str) -> None:
        """These are not there any more, files before the folders that held them; a folder only if nothing is in it."""
        gone = sorted(paths, key=lambda path: path.count("/"), reverse=True)
        for _, each in groupby(gone, lambda path: path.count("/")):
            self._remove(list(each), below)

    def _remove(self, paths: list[str], below: str) -> None:
        """rsync takes away what it is asked for and does not find here, where only the folder above is."""
        with TemporaryDirectory() as empty:
            for path in paths:
                Path(empty, path).parent.mkdir(parents=True, exist_ok=True)
            self._run(["--delete-missing-args"], Path(empty), paths, below)

    def _run(self, words: list[str], source: Path, paths: Iterable[str], below: str) -> str:
        asked = list(paths)
        if not asked:
            return ""
        # From the place where it begins: a line of a list that begins with # or ; is a comment to rsync.
        given = "".join(f"./{path}\0" for path in asked).encode()
        there = self._there(_size(source, asked) // _READING if "--checksum" in words else 0)
        return self._ask([*words, *_LIST, *there, f"{source}/", self._remote.place(below)], given)

    def _there(self, reading: int = 0) -> list[str]:
        return [f"--timeout={max(1, round(self._remote.silence.total_seconds())) + reading}", *self._remote.login()]

    def _ask(self, words: list[str], given: bytes) -> str:
        status, out, err = self._ended([self._binary, *words], given)
        if trouble := trouble_of(status, f"{err}\n{out}" if status else f"{err}{_skipped(out)}"):
            raise trouble
        return out

    def _ended(self, command: list[str], given: bytes) -> tuple[int, str, str]:
        try:
            running = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                env=_environment(),
                cwd="/",
                start_new_session=True,
            )
        except OSError as error:
            raise SystemUnreachable(f"cannot run {self._binary}: {error}") from error
        with running:
            try:
                out, err = running.communicate(given, self._remote.longest.total_seconds())
            except BaseException as over:
                with suppress(ProcessLookupError):
                    os.killpg(running.pid, signal.SIGKILL)  # with its ssh
                if isinstance(over, subprocess.TimeoutExpired):
                    raise SystemUnreachable(f"it took longer than {self._remote.longest}") from over
                raise
        return running.returncode, out.decode("utf-8", "replace"), err.decode("utf-8", "replace")


def _size(source: Path, paths: Iterable[str]) -> int:
    """How many bytes there are to read; what is not there is none of them, and rsync says so itself."""
    size = 0
    for path in paths:
        with suppress(OSError):
            size += (source / path).lstat().st_size
    return size


def _skipped(out: str) -> str:
    """What rsync tells among the names that it sends, and with status 0."""
    return "\n".join(line for line in out.splitlines() if line.startswith("skipping non-regular file"))


def _environment() -> dict[str, str]:
    """Ours without a word that would lead rsync to another shell, password or option."""
    return {key: value for key, value in os.environ.items() if not key.startswith("RSYNC_")} | {"LC_ALL": "C.UTF-8"}
