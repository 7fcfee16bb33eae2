"""What does ``dnf repoclosure`` find in a repo? Debian packages it apart from ``dnf``."""

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

from bench import dnf_command

NOT_HERE = "`dnf repoclosure` is not here; `scripts/bench-setup` installs it where Debian's packages are"
_PACKAGE = re.compile(r"package: (\S+) from ")
_REQUIREMENT = re.compile(r" {4}(\S.*)")


def is_here() -> bool:
    """Whether this machine has the command and its plugin."""
    if not dnf_command.is_here():
        return False
    return not subprocess.run(("dnf", "repoclosure", "--help"), capture_output=True, check=False).returncode


class Repoclosure:
    """The command with one repo and a cache of its own below ``folder``, which is warm."""

    def __init__(self, folder: Path, url: str, arch: str) -> None:
        """Fill the cache: the repo's metadata, and what the solver makes of them."""
        for each in ("root", "cache", "log"):
            (folder / each).mkdir(parents=True)
        self._command = ("dnf", "--cacheonly", *_options(folder, url, arch), "repoclosure")
        subprocess.run(("dnf", *_options(folder, url, arch), "makecache"), check=True, capture_output=True)

    def broken(self) -> set[tuple[str, str]]:
        """Every package with every requirement of it that nothing provides."""
        said = subprocess.run(self._command, capture_output=True, text=True, check=False)
        return set(_pairs(said.stdout))


def _pairs(text: str) -> Iterator[tuple[str, str]]:
    package = ""
    for line in text.splitlines():
        if found := _PACKAGE.match(line):
            package = found[1]
        elif found := _REQUIREMENT.match(line):
            yield package, found[1]


def _options(folder: Path, url: str, arch: str) -> Iterator[str]:
    yield from (f"--installroot={folder / 'root'}", "--releasever=1", f"--forcearch={arch}")
    settings = {
        "reposdir": "/dev/null",
        "varsdir": "/dev/null",
        "cachedir": str(folder / "cache"),
        "logdir": str(folder / "log"),
        "metadata_expire": "never",
    }
    yield from (f"--setopt={name}={value}" for name, value in settings.items())
    yield f"--repofrompath=base,{url}"
