"""What does a signature say to somebody who has nothing but the public key? Asked of gpg with a throw-away keyring."""

import re
from abc import ABC, abstractmethod
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from relengotron.errors import MalformedInput, RequestRefused, SystemUnreachable
from relengotron.systems.signing.armor import is_armored, is_same_text, text_in_clear, unarmored
from relengotron.systems.signing.command import run
from relengotron.systems.signing.key_facts import read_key
from relengotron.systems.signing.port import KeyFacts, Proof
from relengotron.systems.signing.reading import OF_DATA, OF_TEXT, read_status
from relengotron.systems.signing.remembered import GoodProofs

_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.+-]{0,127}")
_FINGERPRINT = re.compile(r"[0-9A-F]{40}|[0-9A-F]{64}")
_LIMIT: Final = timedelta(seconds=30)
_LARGEST_KEY: Final = 1 << 20


class KnownKey(ABC):
    """A key as its public half shows it; who signs with it fills in the two ways to make a signature."""

    def __init__(self, name: str, fingerprint: str, public_key: Path, binary: str = "gpg") -> None:
        """Take what the configuration says; nothing is read before it is needed.

        Raises:
            MalformedInput: no key can be called so, or it is not a whole fingerprint.
        """
        if not _NAME.fullmatch(name):
            raise MalformedInput(f"not the name of a key: {name[:128]!r}")
        if not _FINGERPRINT.fullmatch(fingerprint):
            raise MalformedInput(f"{name}: not a whole fingerprint: {fingerprint[:128]!r}")
        self._name = name
        self._fingerprint = fingerprint
        self._public_key = public_key
        self._binary = binary
        self._proofs = GoodProofs()

    @property
    def name(self) -> str:
        """What the configuration calls the key."""
        return self._name

    @property
    def fingerprint(self) -> str:
        """The whole fingerprint of the primary key."""
        return self._fingerprint

    @property
    def makes_signatures(self) -> bool:
        """Say whether signatures are made when they are asked for."""
        return True

    def look(self) -> KeyFacts:
        """What the public half says of itself."""
        with TemporaryDirectory(prefix="relengotron-key-") as folder:
            quiet = ("--homedir", folder, "--batch", "--no-tty", "--no-options", "--no-autostart", "--with-colons")
            ended = run((self._binary, *quiet, "--show-keys"), self._key(), _LIMIT)
        return read_key(ended.output.decode(errors="replace"), self._fingerprint)

    def clear_sign(self, text: bytes) -> bytes:
        """The text with its signature around it, read with the public key before anybody gets it."""
        document = self._make_clear(text)
        self._must_be_good(self.read_clear(document, text))
        return document

    def detach(self, data: bytes) -> bytes:
        """A binary signature of the data, read with the public key before anybody gets it."""
        signature = self._make_detached(data)
        self._must_be_good(self.read_detached(data, signature))
        return unarmored(signature) if is_armored(signature) else signature

    def read_clear(self, document: bytes, text: bytes) -> Proof:
        """Whether the document is nothing but this text, signed by this key."""
        found = text_in_clear(document)
        if found is None:
            return Proof(False, "it is not a signed text and nothing else")
        if not is_same_text(found, text):
            return Proof(False, "it signs another text")
        key = self._key()
        return self._proofs.of((key, b"text", text, document), lambda: self._ask_of_text(key, document, text))

    def read_detached(self, data: bytes, signature: bytes) -> Proof:
        """Whether it is a signature of this data by this key, in binary or in armor."""
        try:
            binary = unarmored(signature) if is_armored(signature) else signature
        except MalformedInput as wrong:
            return Proof(False, str(wrong))
        key = self._key()
        return self._proofs.of((key, b"data", data, binary), lambda: self._ask_of_data(key, data, binary))

    @abstractmethod
    def _make_clear(self, text: bytes) -> bytes:
        """What the signer gives for a text, not looked at yet."""

    @abstractmethod
    def _make_detached(self, data: bytes) -> bytes:
        """What the signer gives for data, in binary or in armor, not looked at yet."""

    def _must_be_good(self, proof: Proof) -> None:
        if not proof.is_good:
            raise RequestRefused(f"key {self._name}: what the signer made is refused: {proof.why}")

    def _ask_of_text(self, key: bytes, document: bytes, text: bytes) -> Proof:
        printed, signed = self._ask(key, ("--output", "-", "--decrypt"), document)
        proof = read_status(printed, self._fingerprint, OF_TEXT)
        if proof.is_good and not is_same_text(signed, text):
            return Proof(False, "it signs another text than it shows")
        return proof

    def _ask_of_data(self, key: bytes, data: bytes, signature: bytes) -> Proof:
        printed, _ = self._ask(key, ("--verify",), data, signature)
        return read_status(printed, self._fingerprint, OF_DATA)

    def _ask(self, key: bytes, words: Sequence[str], given: bytes, signature: bytes | None = None) -> tuple[str, bytes]:
        """gpg's status lines and its output, in a home that holds this one public key and is thrown away."""
        with TemporaryDirectory(prefix="relengotron-signature-") as folder:
            home = Path(folder)
            (home / "key.gpg").write_bytes(key)
            files: tuple[str, ...] = ()
            if signature is not None:
                (home / "signature").write_bytes(signature)
                files = (str(home / "signature"), "-")
            own = ("--no-default-keyring", "--keyring", str(home / "key.gpg"), "--trust-model", "always")
            quiet = ("--batch", "--no-tty", "--no-options", "--no-autostart", "--no-auto-key-retrieve")
            status = ("--status-file", str(home / "status"))
            ended = run((self._binary, "--homedir", folder, *quiet, *own, *status, *words, *files), given, _LIMIT)
            printed = home / "status"
            if not printed.is_file():
                raise SystemUnreachable(f"{self._binary} cannot check signatures: {ended.said}")
            return printed.read_text(errors="replace"), ended.output

    def _key(self) -> bytes:
        try:
            with self._public_key.open("rb") as file:
                found = file.read(_LARGEST_KEY + 1)
        except OSError as error:
            raise SystemUnreachable(f"the public key of {self._name} cannot be read: {error}") from error
        if len(found) > _LARGEST_KEY:
            raise MalformedInput(f"{self._public_key} is larger than a public key")
        return unarmored(found) if is_armored(found) else found
