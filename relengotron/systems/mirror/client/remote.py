"""Where is a master on another machine, and how do we log in there?"""

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Final

from relengotron.errors import RequestRefused
from relengotron.settings.kinds import MASTER_URL

_CONNECT_S: Final = 10


@dataclass(frozen=True, slots=True)
class Remote:
    """One master: ``rsync://[USER@]HOST[:PORT]/MODULE[/PATH]``, or ``ssh://[USER@]HOST[:PORT]/PATH``.

    ``silence`` is how long it may say nothing, ``longest`` how long one transfer may take. ``ssh`` is the program.
    """

    name: str
    url: str
    password_file: Path | None = None
    key_file: Path | None = None
    known_hosts: Path | None = None
    silence: timedelta = timedelta(minutes=1)
    longest: timedelta = timedelta(hours=4)
    ssh: str = "ssh"

    def place(self, below: str = "") -> str:
        """The folder as rsync names it."""
        parts = self._parts()
        path = f"{parts['path']}/{below}".rstrip("/")
        user = f"{parts['user']}@" if parts["user"] else ""
        if parts["how"] == "ssh":
            return f"{user}{parts['host']}:{path}/"
        port = f":{parts['port']}" if parts["port"] else ""
        return f"rsync://{user}{parts['host']}{port}{path}/"

    def login(self) -> list[str]:
        """The words that tell rsync how to get there; never a secret, only where it lies."""
        if self._parts()["how"] == "ssh":
            return [f"--rsh={' '.join(self._ssh())}"]
        word = [] if self.password_file is None else [f"--password-file={self.password_file}"]
        return [f"--contimeout={_CONNECT_S}", "--no-motd", *word]

    def _ssh(self) -> list[str]:
        """A host whose key is not known is never trusted, and nobody is asked anything."""
        words = [_quoted(self.ssh), "-oBatchMode=yes", "-oStrictHostKeyChecking=yes", "-oClearAllForwardings=yes"]
        words += [f"-oConnectTimeout={_CONNECT_S}", f"-oServerAliveInterval={_CONNECT_S}"]
        if self.known_hosts is not None:
            words.append(f"-oUserKnownHostsFile={_quoted(str(self.known_hosts))}")
        if self.key_file is not None:
            words += ["-oIdentitiesOnly=yes", "-i", _quoted(str(self.key_file))]
        port = self._parts()["port"]
        return [*words, "-p", port] if port else words

    def _parts(self) -> dict[str, str]:
        found = MASTER_URL.fullmatch(self.url)
        if found is None:
            raise RequestRefused(f"not the address of a master: {self.url!r}")
        return found.groupdict(default="")


def _quoted(path: str) -> str:
    """As rsync, which splits these words itself and asks no shell, reads one word with blanks in it."""
    if not path.isprintable() or any(mark in path for mark in "'\"\\"):
        raise RequestRefused(f"a path that rsync cannot hand on to ssh: {path!r}")
    return f"'{path}'" if " " in path else path
