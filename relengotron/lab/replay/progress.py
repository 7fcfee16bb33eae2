"""How far is it? Said on standard error, and only when it takes a while."""

import time
from collections.abc import Iterable, Iterator
from typing import TypeVar

from rich.console import Console
from rich.status import Status

A_WHILE_S = 2.0
T = TypeVar("T")


def with_progress(messages: Iterable[T]) -> Iterator[T]:
    """The same messages; a terminal that has waited two seconds is told how many there were so far."""
    console = Console(stderr=True)
    status = Status("", console=console)
    began = time.monotonic()
    try:
        for number, message in enumerate(messages, 1):
            yield message
            if console.is_terminal and number % 100 == 0 and time.monotonic() - began > A_WHILE_S:
                status.update(f"{number} messages so far")
                status.start()
    finally:
        status.stop()
