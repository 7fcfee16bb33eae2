"""How does a sigul server sign? Through its command line, whose bridge is often away: that is waited for."""

from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final, Literal

from relengotron.errors import RequestRefused, SystemUnreachable
from relengotron.systems.signing.command import run
from relengotron.systems.signing.public import KnownKey

_NEVER: Final = ("Authentication failed", "Specified key not found", "does not exist")
"""A wrong passphrase, a key that we may not use, a key that there is not; all else is the bridge, and comes back."""


class SigulSigner(KnownKey):
    """A key on a sigul server, used with a passphrase that the server gave to us alone."""

    def __init__(
        self,
        name: str,
        fingerprint: str,
        public_key: Path,
        passphrase_file: Path,
        *,
        sigul_key: str | None = None,
        config: Path | None = None,
        limit: timedelta = timedelta(minutes=1),
        binary: str = "sigul",
    ) -> None:
        """``sigul_key`` is what the server calls the key, when it is not the name here."""
        super().__init__(name, fingerprint, public_key)
        self._passphrase_file = passphrase_file
        self._key_there = sigul_key or name
        self._config = config
        self._limit = limit
        self._command = binary

    def _make_clear(self, text: bytes) -> bytes:
        return self._sign("sign-text", text)

    def _make_detached(self, data: bytes) -> bytes:
        return self._sign("sign-data", data)

    def _sign(self, verb: Literal["sign-text", "sign-data"], given: bytes) -> bytes:
        config = () if self._config is None else ("--config-file", str(self._config))
        with TemporaryDirectory(prefix="relengotron-sigul-") as folder:
            source, signed = Path(folder) / "to-sign", Path(folder) / "signed"
            source.write_bytes(given)
            words = ("--batch", *config, verb, "-o", str(signed), self._key_there, str(source))
            ended = run((self._command, *words), self._passphrase() + b"\0", self._limit)
            if ended.status != 0:
                kind = RequestRefused if any(sign in ended.said for sign in _NEVER) else SystemUnreachable
                raise kind(f"key {self._name}: sigul {verb} does not sign: {ended.said}")
            if not signed.is_file():
                raise SystemUnreachable(f"key {self._name}: sigul {verb} ended well and wrote nothing")
            return signed.read_bytes()

    def _passphrase(self) -> bytes:
        """The first line of the file; in batch mode it goes to the client's standard input, with a zero behind it."""
        try:
            lines = self._passphrase_file.read_bytes().splitlines()
        except OSError as error:
            why = error.strerror
            raise SystemUnreachable(f"key {self._name}: its passphrase file cannot be read: {why}") from error
        first = lines[0] if lines else b""
        if not first or b"\0" in first:
            raise RequestRefused(f"key {self._name}: its passphrase file holds no passphrase")
        return first
