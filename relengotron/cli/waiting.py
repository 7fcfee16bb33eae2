"""What is being looked at just now? Said on standard error, and only to somebody who waits."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Timer
from typing import Final

from rich.console import Console
from rich.status import Status

A_WHILE_S: Final = 2.0


@contextmanager
def told_after_a_while() -> Iterator[Callable[[str], None]]:
    """Take sentences; a terminal that has waited for two seconds shows the newest until the end."""
    console = Console(stderr=True)
    status = Status("", console=console)
    timer = Timer(A_WHILE_S, status.start)
    timer.daemon = True
    if console.is_terminal:
        timer.start()
    try:
        yield status.update
    finally:
        timer.cancel()
        status.stop()
