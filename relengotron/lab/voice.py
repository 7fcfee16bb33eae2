"""How does a lab say what it does just now, on a terminal and in a pipe?"""

import time
from collections.abc import Callable
from types import TracebackType
from typing import Protocol, Self

from rich.console import Console, RenderableType
from rich.live import Live
from rich.spinner import Spinner
from rich.text import Text

A_WHILE = 2.0


class Voice(Protocol):
    """Hears what is done now, and how far it is."""

    def say(self, text: str) -> None:
        """Something else is done from now on."""

    def count(self, done: int, total: int) -> None:
        """So much of it is done."""


class PlainVoice:
    """Passes each sentence on; counts are told only now and then."""

    def __init__(self, tell: Callable[[str], None]) -> None:
        """``tell`` gets every line."""
        self._tell = tell
        self._quiet_until = 0.0

    def say(self, text: str) -> None:
        """Tell it."""
        self._quiet_until = time.monotonic() + A_WHILE
        self._tell(text)

    def count(self, done: int, total: int) -> None:
        """Tell it when nothing was told for a while."""
        if time.monotonic() >= self._quiet_until:
            self._quiet_until = time.monotonic() + A_WHILE
            self._tell(f"  {done} of {total}")


class ConsoleVoice:
    """One line for each thing, with the time since the beginning; on a terminal the last one moves while it is done."""

    def __init__(self, console: Console) -> None:
        """Begin to count the time."""
        self._console = console
        self._began = self._since = time.monotonic()
        self._plain = PlainVoice(self._print)
        self._text, self._far = "", ""
        self._spinner = Spinner("dots")
        self._live: Live | None = None

    def say(self, text: str) -> None:
        """Something else is done from now on."""
        self._text, self._far, self._since = text, "", time.monotonic()
        self._plain.say(text)

    def count(self, done: int, total: int) -> None:
        """So much of it is done."""
        self._far = f"{done} of {total}"
        if self._live is None:
            self._plain.count(done, total)

    def __enter__(self) -> Self:
        """A terminal shows the moving line within this block."""
        if self._console.is_terminal:
            self._live = Live(get_renderable=self._now, console=self._console, refresh_per_second=8, transient=True)
            self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._live is not None:
            self._live.stop()
            self._live = None

    def _print(self, text: str) -> None:
        line = Text(f"{time.monotonic() - self._began:6.1f} s  ", style="bright_black")
        self._console.print(line.append(text, style="default"), soft_wrap=True)

    def _now(self) -> RenderableType:
        far = f" · {self._far}" if self._far else ""
        self._spinner.update(text=Text(f"       {self._text}{far} · {time.monotonic() - self._since:.0f} s", "cyan"))
        return self._spinner
