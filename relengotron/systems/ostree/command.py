"""How is the ``ostree`` command run, and what do its failures mean to us?"""

import os
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from relengotron.errors import AnswerLost, MalformedInput, RelengError, RequestRefused, SystemBusy, SystemUnreachable

_NOT_FOUND_HERE = ("opening repo", "opendir(")
_LATER = ("Locking repo", "Resource temporarily unavailable", "No space left on device", "min-free-space")


@dataclass(frozen=True, slots=True)
class OstreeCommand:
    """The ``ostree`` command on one repo, with a limit on the time of each call."""

    repo: Path
    limit: timedelta
    binary: str = "ostree"

    def ask(self, *arguments: str) -> str:
        """Run a command that changes nothing and return what it printed."""
        try:
            return self._run(arguments)
        except subprocess.TimeoutExpired as late:
            raise SystemUnreachable(f"ostree {arguments[0]} on {self.repo} gave no answer in {self.limit}") from late

    def act(self, *arguments: str) -> str:
        """Run a command that changes the repo; after a time-out nobody knows whether it did."""
        try:
            return self._run(arguments)
        except subprocess.TimeoutExpired as late:
            raise AnswerLost(f"ostree {arguments[0]} on {self.repo} did not end in {self.limit}") from late

    def _run(self, arguments: Sequence[str]) -> str:
        try:
            done = subprocess.run(
                [self.binary, f"--repo={self.repo}", *arguments],
                capture_output=True,
                text=True,
                errors="replace",
                stdin=subprocess.DEVNULL,
                timeout=self.limit.total_seconds(),
                env={**os.environ, "LC_ALL": "C.UTF-8", "TZ": "UTC"},
            )
        except OSError as error:
            raise SystemUnreachable(f"cannot run {self.binary}: {error}") from error
        except ValueError as error:
            raise MalformedInput(f"ostree {arguments[0]}: {error}") from error
        if done.returncode != 0:
            raise _failure(arguments[0], self.repo, (done.stderr.strip() or done.stdout.strip())[-2000:])
        return done.stdout


def _failure(verb: str, repo: Path, said: str) -> RelengError:
    text = f"ostree {verb} on {repo}: {said}"
    if any(sign in said for sign in _NOT_FOUND_HERE):
        return SystemUnreachable(text)
    if any(sign in said for sign in _LATER):
        return SystemBusy(text)
    return RequestRefused(text)
