"""How is a git repo asked? With the ``git`` command, 2.39 or newer, on a clone that somebody else keeps fresh."""

import os
import subprocess
from datetime import timedelta
from pathlib import Path
from typing import Final

from relengotron.errors import MalformedInput, RequestRefused, SystemUnreachable
from relengotron.systems.git.names import checked_branch, checked_commit, checked_path, is_commit

LARGEST_FILE: Final = 4 * 1024 * 1024
_PLACES: Final = ("refs/heads/", "refs/tags/", "refs/remotes/origin/")
_NO_NETWORK: Final = ("-c", "protocol.allow=never", "-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null")
"""A clone that left objects behind must not fetch them while it is read, nor run what its own configuration names."""
_OURS: Final = {
    "LC_ALL": "C.UTF-8",
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": "/dev/null",
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_NO_REPLACE_OBJECTS": "1",
    "GIT_NO_LAZY_FETCH": "1",
}


class GitCli:
    """One clone on a local file system, through the plain command line; it never asks the network."""

    def __init__(
        self,
        path: Path,
        *,
        limit: timedelta = timedelta(seconds=30),
        largest_file: int = LARGEST_FILE,
        binary: str = "git",
    ) -> None:
        self._path = path.absolute()
        self._limit = limit
        self._largest_file = largest_file
        self._binary = binary

    def commit_of(self, branch: str) -> str:
        """The commit that a branch (or tag, or commit) names; RequestRefused when there is none."""
        name = checked_branch(branch)
        for revision in [name] if is_commit(name) else [f"{place}{name}" for place in _PLACES]:
            found = self._ask("rev-parse", "--verify", "--quiet", f"{revision}^{{commit}}", may_fail=True).strip()
            if found:
                return checked_commit(found.decode("ascii", "replace"))
        raise RequestRefused(f"no branch, tag or commit {branch} in {self._path}")

    def read(self, commit: str, path: str) -> bytes:
        """A file of a commit; RequestRefused when the commit has no such file."""
        wanted = f"{checked_commit(commit)}:{checked_path(path)}"
        about = self._ask("cat-file", "--batch-check", "--follow-symlinks", given=f"{wanted}\n".encode())
        match about.split(b"\n")[0].split(b" "):
            case [name, b"blob", size] if is_commit(name.decode("ascii", "replace")):
                self._refuse_what_is_too_large(path, int(size))
                return self._ask("cat-file", "blob", name.decode("ascii"))
        raise RequestRefused(f"commit {commit[:12]} of {self._path} has no file {path}")

    def _refuse_what_is_too_large(self, path: str, size: int) -> None:
        if size > self._largest_file:
            raise MalformedInput(f"{path} in {self._path} has {size} bytes; a file of {self._largest_file} is read")

    def _ask(self, *arguments: str, given: bytes = b"", may_fail: bool = False) -> bytes:
        """Run a command that changes nothing and return what it printed."""
        command = [self._binary, *_NO_NETWORK, f"--git-dir={self._directory()}", *arguments]
        try:
            done = subprocess.run(
                command,
                input=given,
                capture_output=True,
                timeout=self._limit.total_seconds(),
                env=_environment(),
                cwd="/",
            )
        except subprocess.TimeoutExpired as late:
            raise SystemUnreachable(f"git {arguments[0]} on {self._path} gave no answer in {self._limit}") from late
        except OSError as error:
            raise SystemUnreachable(f"cannot run {self._binary}: {error}") from error
        said = done.stderr.decode("utf-8", "replace").strip()[-500:]
        is_refusal = done.returncode != 0 and not (may_fail and not said)
        if is_refusal or said.startswith(("error:", "fatal:")):  # a torn object is told with status 0
            raise SystemUnreachable(f"git {arguments[0]} on {self._path}: {said or f'status {done.returncode}'}")
        return done.stdout if done.returncode == 0 else b""

    def _directory(self) -> Path:
        """The clone's own directory; named outright, git neither searches for it nor asks who owns it."""
        inside = self._path / ".git"
        return inside if inside.exists() else self._path


def _environment() -> dict[str, str]:
    """Ours without a word that would lead git to another repo, another configuration or another program."""
    return {key: value for key, value in os.environ.items() if not key.startswith("GIT_")} | _OURS
