"""What would Debian's ``dnf`` command install into an empty root, and how long does it take to say so?"""

import re
import shutil
import subprocess
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from relengotron.model.package import Package

NOT_HERE = "dnf, with its Python API, is not here; `scripts/bench-setup` installs it where Debian's packages are"
SYSTEM_PYTHON = "/usr/bin/python3"
_UNTIL = "Transaction Summary"
_ROW = re.compile(r"^ (\S+)\s+(\w+)\s+(\S+)\s+(\w+)\s+[\d.]+ +[kMGT]?\s*$", re.MULTILINE)  # long names break the line


class DnfRefused(Exception):
    """It ended without a transaction; the text is what it said."""


def is_here() -> bool:
    """Whether this machine has the command, and the API that came with it."""
    if shutil.which("dnf") is None or not Path(SYSTEM_PYTHON).exists():
        return False
    return not subprocess.run((SYSTEM_PYTHON, "-c", "import dnf.base"), capture_output=True, check=False).returncode


@dataclass(frozen=True, slots=True)
class DnfCommand:
    """The command with a set of repos and a cache of its own below ``folder``; it never looks at this machine's own."""

    folder: Path
    repos: Mapping[str, str]
    arch: str

    def warm(self) -> None:
        """Fill the cache: the repos' metadata, and what the solver makes of them."""
        for each in ("root", "cache", "log"):
            (self.folder / each).mkdir(parents=True)
        subprocess.run(("dnf", *self._options(), "makecache"), check=True, capture_output=True)

    def install(self, names: Iterable[str]) -> frozenset[Package]:
        """Everything that it would install for the names, read from what it prints for people.

        Raises:
            DnfRefused: the names cannot be installed.
        """
        command = ("dnf", "--cacheonly", *self._options(), "--assumeno", "install", *names)
        said = subprocess.run(command, capture_output=True, text=True, check=False)
        table, summary, _ = said.stdout.partition(_UNTIL)
        if not summary:
            raise DnfRefused(said.stderr.strip())
        return frozenset(Package.of(name, evr, arch) for name, arch, evr, _ in _ROW.findall(table))

    def _options(self) -> Iterator[str]:
        yield from (
            f"--installroot={self.folder / 'root'}",
            "--noplugins",
            "--releasever=1",
            f"--forcearch={self.arch}",
        )
        settings = {
            "reposdir": "/dev/null",
            "varsdir": "/dev/null",
            "cachedir": str(self.folder / "cache"),
            "logdir": str(self.folder / "log"),
        }
        settings |= {"install_weak_deps": "False", "gpgcheck": "0", "metadata_expire": "never"}
        yield from (f"--setopt={name}={value}" for name, value in settings.items())
        yield from (f"--repofrompath={name},{url}" for name, url in self.repos.items())
