"""What does a task handler get to work with?"""

import io
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TextIO

from relengotron.lab.builder.hub import Hub

RunChild = Callable[[int], Any]


class Abandoned(Exception):
    """The task was cancelled or given to somebody else: stop without a word."""


class JobLog(io.TextIOBase):
    """A log file that refuses the next line once the task was called off."""

    def __init__(self, file: TextIO, called_off: threading.Event) -> None:
        """Write to ``file`` until ``called_off`` is set."""
        self._file = file
        self._called_off = called_off

    def write(self, text: str) -> int:
        """Write, or raise :class:`Abandoned`."""
        if self._called_off.is_set():
            raise Abandoned
        return self._file.write(text)

    def flush(self) -> None:
        """Bring everything to disk."""
        if not self._file.closed:
            self._file.flush()


@dataclass(frozen=True, slots=True)
class Job:
    """One opened task with the places it may use."""

    id: int
    method: str
    request: list[Any]
    owner: str
    hub: Hub
    topdir: Path
    compose_dir: Path
    tools: frozenset[str]
    scratch: Path
    run_child: RunChild
    called_off: threading.Event = field(default_factory=threading.Event)

    def argument(self, position: int, default: Any = None) -> Any:
        """A positional argument of the request; the trailing struct of keywords does not count."""
        plain = [each for each in self.request if not _is_keywords(each)]
        return plain[position] if position < len(plain) else default

    @property
    def keywords(self) -> dict[str, Any]:
        """The keyword arguments of the request."""
        last = self.request[-1] if self.request and _is_keywords(self.request[-1]) else {}
        return {key: value for key, value in last.items() if key != "__starstar"}

    def check_inside(self, path: Path) -> Path:
        """The path, if the build root of this task can see it."""
        resolved = path.resolve()
        seen = (self.topdir.resolve(), self.compose_dir.resolve(), self.scratch.resolve())
        if not any(resolved.is_relative_to(folder) for folder in seen):
            raise FileNotFoundError(f"{path}: No such file or directory (not mounted in the build root)")
        return path


def _is_keywords(value: Any) -> bool:
    return isinstance(value, dict) and bool(value.get("__starstar"))
