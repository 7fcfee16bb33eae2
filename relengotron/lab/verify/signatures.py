"""Would somebody who has the public key take what is published? Asked of gpgv."""

import subprocess
from pathlib import Path

from relengotron.lab.verify.report import Wrong

_TIMEOUT = 60


class Keyring:
    """One public key, in a place of its own."""

    def __init__(self, public_key: Path, scratch: Path) -> None:
        self.public_key = public_key
        self._home = scratch
        self._ring = scratch / "key.gpg"
        self._home.chmod(0o700)
        _run(["gpg", "--homedir", str(scratch), "--batch", "--output", str(self._ring), "--dearmor", str(public_key)])

    def check_detached(self, data: Path, signature: Path) -> str:
        """Wrong unless the signature is of this file."""
        self._gpgv(str(signature), str(data))
        return f"{data.name} is signed, {signature.name} is good"

    def check_clear(self, document: Path) -> str:
        """What a clear-signed file says; wrong unless its signature is good."""
        text = self._home / f"{document.name}.text"
        self._gpgv("--output", str(text), str(document))
        return text.read_text(encoding="utf-8")

    def _gpgv(self, *words: str) -> None:
        _run(["gpgv", "--homedir", str(self._home), "--keyring", str(self._ring), *words])


def _run(command: list[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=_TIMEOUT)
    if done.returncode:
        raise Wrong(f"{command[0]}: {done.stderr.strip()[-500:]}")
