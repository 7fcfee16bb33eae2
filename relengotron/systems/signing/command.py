"""How is a command that signs, or that checks, run? Without a shell, with few variables, and with an end."""

import os
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from relengotron.errors import MalformedInput, SystemUnreachable

_KEPT: Final = ("PATH", "HOME")
_MOST_SAID: Final = 1000


@dataclass(frozen=True, slots=True)
class Ended:
    """How a command ended, and what it said; its output is not a text."""

    status: int
    output: bytes
    said: str


def run(command: Sequence[str], given: bytes, limit: timedelta) -> Ended:
    """Run it with these bytes on its standard input.

    Raises:
        SystemUnreachable: it cannot be run, or it did not end in time.
    """
    environment = {name: os.environ[name] for name in _KEPT if name in os.environ}
    try:
        done = subprocess.run(
            command,
            input=given,
            capture_output=True,
            timeout=limit.total_seconds(),
            env={**environment, "LC_ALL": "C.UTF-8", "TZ": "UTC"},
        )
    except subprocess.TimeoutExpired as late:
        raise SystemUnreachable(f"{command[0]} did not end in {limit}") from late
    except OSError as error:
        raise SystemUnreachable(f"cannot run {command[0]}: {error.strerror}") from error
    except ValueError as error:
        raise MalformedInput(f"{command[0]}: {error}") from error
    return Ended(done.returncode, done.stdout, _printable(done.stderr))


def _printable(said: bytes) -> str:
    text = " ".join(said.decode(errors="replace").split())[-_MOST_SAID:]
    return "".join(letter if letter.isprintable() else "?" for letter in text)
