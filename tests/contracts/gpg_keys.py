"""Keys to sign with, each in a home of its own: good ones, and those that nobody should trust."""

import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

PASSPHRASE = "a secret that nobody may see"
LONG_AGO = ("--faked-system-time", "20200101T120000")


@dataclass(frozen=True)
class Key:
    """One key: its home, its fingerprint, and its public half as a file."""

    home: Path
    fingerprint: str
    public: Path

    def run(self, *words: str, given: bytes = b"") -> bytes:
        """gpg in the key's home, as whoever owns it."""
        return gpg(self.home, *words, given=given)

    def detach(self, data: bytes, *words: str) -> bytes:
        """A signature of the data, made by hand."""
        return self.run(*words, "--output", "-", "--detach-sign", given=data)


def gpg(home: Path, *words: str, given: bytes = b"") -> bytes:
    command = ["gpg", "--homedir", str(home), "--batch", "--yes", "--no-tty", "--quiet", *words]
    return subprocess.run(command, check=True, capture_output=True, input=given).stdout


@contextmanager
def homes() -> Iterator[Path]:
    """A place for keys: short, because an agent's socket must have a short name; its agents end with it."""
    place = Path(tempfile.mkdtemp(prefix="gpg-"))
    try:
        yield place
    finally:
        for home in place.iterdir():
            forget(home)
        shutil.rmtree(place, ignore_errors=True)


def forget(home: Path) -> None:
    """The agent of a home ends, with every passphrase that it remembers."""
    subprocess.run(["gpgconf", "--homedir", str(home), "--kill", "gpg-agent"], check=False)


def make_key(
    place: Path,
    name: str,
    *,
    algo: str = "ed25519",
    expires: str = "never",
    passphrase: str = "",
    at: Sequence[str] = (),
) -> Key:
    """A new key in a home of its own below the place."""
    home = place / name
    home.mkdir(mode=0o700)
    (home / "gpg-agent.conf").write_text("s2k-count 65536\n")  # or each signature takes half a second
    secret = ("--pinentry-mode", "loopback", "--passphrase-fd", "0")
    owner = f"{name} <{name}@example.org>"
    gpg(home, *at, *secret, "--quick-gen-key", owner, algo, "sign", expires, given=passphrase.encode())
    rows = gpg(home, "--with-colons", "--list-keys").decode().splitlines()
    fingerprint = next(row.split(":")[9] for row in rows if row.startswith("fpr:"))
    return exported(Key(home, fingerprint, home / "public.asc"))


def exported(key: Key) -> Key:
    """The same key, its public half written anew."""
    key.public.write_bytes(key.run("--armor", "--export", key.fingerprint))
    return key


def revoked(place: Path, name: str) -> Key:
    """A key that its owner has revoked."""
    key = make_key(place, name)
    certificate = (key.home / "openpgp-revocs.d" / f"{key.fingerprint}.rev").read_text()
    (key.home / "revocation.asc").write_text(certificate.replace(":-----BEGIN", "-----BEGIN"))
    return key
