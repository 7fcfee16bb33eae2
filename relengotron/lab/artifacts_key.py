"""Which key signs what a lab publishes? One of its own, with a passphrase, made anew for each life of the lab."""

import os
import secrets
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from relengotron.errors import Permanent
from relengotron.lab.place import Place

NAME: Final = "lab"
OWNER: Final = "What a lab of relengotron publishes <lab@example.org>"
QUICK: Final = "s2k-count 65536\n"
"""How often a passphrase is hashed; as often as agents like it, each signature would take half a second."""
TIMEOUT: Final = 60
LONGEST_HOME: Final = 80
"""An agent's socket lies in its home, and the name of a socket has 108 bytes at most."""


@dataclass(frozen=True, slots=True)
class ArtifactsKey:
    """The key as the daemon's configuration names it."""

    fingerprint: str
    home: Path
    passphrase_file: Path
    public_key: Path

    def as_settings(self) -> dict[str, Any]:
        """What stands in ``signing.keys``."""
        return {
            "signer": "gpg",
            "fingerprint": self.fingerprint,
            "public_key": str(self.public_key),
            "homedir": str(self.home),
            "passphrase_file": str(self.passphrase_file),
        }


def make_artifacts_key(place: Place) -> ArtifactsKey:
    """A new key in the lab's own directory."""
    place.gnupg.mkdir(mode=0o700, parents=True, exist_ok=True)
    (place.gnupg / "gpg-agent.conf").write_text(QUICK)
    passphrase = place.secrets / "artifacts-passphrase"
    passphrase.touch(mode=0o600)
    passphrase.write_text(secrets.token_hex(16))
    home = _short(place.gnupg)
    secret = ("--pinentry-mode", "loopback", "--passphrase-file", str(passphrase))
    _gpg(home, *secret, "--quick-gen-key", OWNER, "ed25519", "sign", "never")
    rows = _gpg(home, "--with-colons", "--list-keys").splitlines()
    fingerprint = next(row.split(":")[9] for row in rows if row.startswith("fpr:"))
    _gpg(home, "--armor", "--output", str(place.artifacts_key), "--export", fingerprint)
    return ArtifactsKey(fingerprint, home, passphrase, place.artifacts_key)


def end_agent(place: Place) -> None:
    """Nobody signs with the key any more; what was started for it ends."""
    if place.gnupg.is_dir():
        home = _short(place.gnupg)
        command = ["gpgconf", "--homedir", str(home), "--kill", "gpg-agent"]
        subprocess.run(command, capture_output=True, timeout=TIMEOUT, check=False)
        if home != place.gnupg:
            home.unlink()
            home.parent.rmdir()


def _short(home: Path) -> Path:
    """Another name for the home where its own is too long for a socket."""
    if len(str(home)) <= LONGEST_HOME:
        return home
    link = home.parent / "gnupg-is-called"
    if not link.exists():
        made = Path(tempfile.mkdtemp(prefix="lab-")) / "gpg"
        os.symlink(home, made)
        link.write_text(str(made))
    return Path(link.read_text())


def _gpg(home: Path, *words: str) -> str:
    done = subprocess.run(
        ["gpg", "--homedir", str(home), "--batch", "--no-tty", "--quiet", *words],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=TIMEOUT,
        check=False,
    )
    if done.returncode:
        raise Permanent(f"gpg ended with {done.returncode}: {done.stderr[-1000:]}")
    return done.stdout
