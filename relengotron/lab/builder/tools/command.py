"""How do the tools of the build root read their arguments, run programs and fail?"""

import argparse
import os
import subprocess
from collections.abc import Mapping, Sequence
from typing import NoReturn, TextIO

TIMEOUT = 300


class ToolFailed(Exception):
    """A tool cannot go on; the text goes to its log and the status to whoever called it."""

    def __init__(self, text: str, status: int = 1) -> None:
        """Keep the exit status beside the text."""
        super().__init__(text)
        self.status = status


class Arguments(argparse.ArgumentParser):
    """An argument parser that raises instead of ending the process."""

    def error(self, message: str) -> NoReturn:
        """Refuse the command line as a real tool would: with usage status 2."""
        raise ToolFailed(f"{self.prog}: error: {message}", status=2)

    def exit(self, status: int = 0, message: str | None = None) -> NoReturn:
        """Never end the process that carries the tool."""
        raise ToolFailed(message or "", status=status)


def say(out: TextIO, line: str) -> None:
    """One line of the log, on its way at once."""
    out.write(f"{line}\n")
    out.flush()


def run(command: Sequence[str], environment: Mapping[str, str] | None = None, timeout: float = TIMEOUT) -> str:
    """The standard output of a program, or :class:`ToolFailed` with what it said."""
    try:
        done = subprocess.run(
            list(command),
            env={**os.environ, "LC_ALL": "C.UTF-8", **(environment or {})},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=timeout,
        )
    except FileNotFoundError as missing:
        raise ToolFailed(f"{command[0]}: command not found", status=127) from missing
    except subprocess.TimeoutExpired as late:
        raise ToolFailed(f"{command[0]}: no end after {timeout:.0f} s") from late
    if done.returncode:
        raise ToolFailed(f"{command[0]} failed with status {done.returncode}: {(done.stderr or done.stdout)[-2000:]}")
    return done.stdout
