"""How does gpg sign with a key of ours? In its own home, with the passphrase read from a file by gpg itself."""

from datetime import timedelta
from pathlib import Path
from typing import Final

from relengotron.errors import RequestRefused, SystemUnreachable
from relengotron.systems.signing.command import run
from relengotron.systems.signing.public import KnownKey

_NEVER: Final = ("No secret key", "Bad passphrase", "Unusable secret key")
"""What does not become better by waiting."""


class GpgSigner(KnownKey):
    """A key in a private GNUPGHOME on this machine."""

    def __init__(
        self,
        name: str,
        fingerprint: str,
        public_key: Path,
        home: Path,
        *,
        passphrase_file: Path | None = None,
        limit: timedelta = timedelta(minutes=1),
        binary: str = "gpg",
    ) -> None:
        super().__init__(name, fingerprint, public_key, binary)
        self._home = home
        self._passphrase_file = passphrase_file
        self._limit = limit

    def _make_clear(self, text: bytes) -> bytes:
        return self._sign("--clear-sign", text)

    def _make_detached(self, data: bytes) -> bytes:
        return self._sign("--detach-sign", data)

    def _sign(self, how: str, given: bytes) -> bytes:
        if not self._home.is_dir():
            raise SystemUnreachable(f"key {self._name}: its GNUPGHOME {self._home} is not there")
        words = ("--homedir", str(self._home), "--batch", "--no-tty", "--quiet", "--no-auto-check-trustdb")
        passphrase: tuple[str, ...] = ("--pinentry-mode", "loopback")
        if self._passphrase_file is not None:
            passphrase = (*passphrase, "--passphrase-file", str(self._passphrase_file))
        signing = ("--local-user", self._fingerprint, "--digest-algo", "SHA512", "--output", "-", how)
        ended = run((self._binary, *words, *passphrase, *signing), given, self._limit)
        if ended.status == 0:
            return ended.output
        kind = RequestRefused if any(sign in ended.said for sign in _NEVER) else SystemUnreachable
        raise kind(f"key {self._name}: gpg does not sign: {ended.said}")
