"""A signer made of paper: quick, and as unreliable as it is told to be. Its signatures prove nothing to others."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from relengotron.errors import MalformedInput, RequestRefused, SystemBusy, SystemUnreachable
from relengotron.systems.signing.armor import is_armored, unarmored
from relengotron.systems.signing.port import KeyFacts, Proof

_BEGIN: Final = b"-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA512\n\n"
_END: Final = b"\n-----BEGIN PGP SIGNATURE-----\n\n"


def _nothing_happens(_verb: str) -> None:
    return None


@dataclass
class SimulatedSigner:
    """A key whose signatures are checksums over its fingerprint and the content, each of them numbered.

    ``is_down`` and ``is_refused`` are what a signer says; ``signs_as`` is the key that it really signs with.
    """

    name: str = "fedora-24"
    fingerprint: str = "0123456789ABCDEF0123456789ABCDEF01234567"
    makes_signatures: bool = True
    is_down: bool = False
    is_refused: bool = False
    signs_as: str | None = None
    expires: datetime | None = None
    before: Callable[[str], object] = _nothing_happens
    made: list[bytes] = field(default_factory=list)

    def look(self) -> KeyFacts:
        """What the public half says of itself."""
        return KeyFacts(self.expires, is_revoked=False)

    def clear_sign(self, text: bytes) -> bytes:
        """The text with its signature around it."""
        document = _BEGIN + text.rstrip(b"\n") + _END + self._sign("clear", text.rstrip(b"\n")).hex().encode() + b"\n"
        return self._handed_out(document, self.read_clear(document, text))

    def detach(self, data: bytes) -> bytes:
        """A signature of the data, without the data."""
        signature = self._sign("detached", data)
        return self._handed_out(signature, self.read_detached(data, signature))

    def read_clear(self, document: bytes, text: bytes) -> Proof:
        """Whether the document is this text, signed by this key."""
        shown, found, signature = document.removeprefix(_BEGIN).partition(_END)
        if not document.startswith(_BEGIN) or not found:
            return Proof(False, "it is not a signed text and nothing else")
        if shown != text.rstrip(b"\n"):
            return Proof(False, "it signs another text")
        try:
            return self._proof("clear", shown, bytes.fromhex(signature.decode()))
        except ValueError:
            return Proof(False, "there is no signature")

    def read_detached(self, data: bytes, signature: bytes) -> Proof:
        """Whether it is a signature of this data by this key."""
        return self._proof("detached", data, _binary(signature))

    def _sign(self, how: str, content: bytes) -> bytes:
        self.before(how)
        if not self.makes_signatures:
            raise SystemBusy(f"key {self.name}: the auto-signer has not signed yet")
        if self.is_down:
            raise SystemUnreachable(f"key {self.name}: the bridge is down")
        if self.is_refused:
            raise RequestRefused(f"key {self.name}: Authentication failed")
        self.made.append(content)
        return _signature(self.signs_as or self.fingerprint, how, content, len(self.made))

    def _handed_out(self, made: bytes, proof: Proof) -> bytes:
        if not proof.is_good:
            raise RequestRefused(f"key {self.name}: what the signer made is refused: {proof.why}")
        return made

    def _proof(self, how: str, content: bytes, signature: bytes) -> Proof:
        number = int.from_bytes(signature[-4:], "big")
        if signature == _signature(self.fingerprint, how, content, number):
            return Proof(True, f"signed by {self.fingerprint}")
        return Proof(False, "the content is not what was signed, or it is of another key")


def _binary(signature: bytes) -> bytes:
    try:
        return unarmored(signature) if is_armored(signature) else signature
    except MalformedInput:
        return b""


def _signature(fingerprint: str, how: str, content: bytes, number: int) -> bytes:
    counted = number.to_bytes(4, "big")
    return hashlib.sha256(b"\0".join((fingerprint.encode(), how.encode(), content, counted))).digest() + counted
