"""What do we ask of a key that signs artifacts? No secret ever comes so far as here."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Proof:
    """What a signature says to somebody who has the public key only; ``why`` is for people."""

    is_good: bool
    why: str


@dataclass(frozen=True, slots=True)
class KeyFacts:
    """What the public half says of itself; ``expires`` is None when it never does."""

    expires: datetime | None
    is_revoked: bool


class Signer(Protocol):
    """One key. Reading verbs use its public half alone; what a making verb returns was read so before."""

    @property
    def name(self) -> str:
        """What the configuration calls the key."""

    @property
    def fingerprint(self) -> str:
        """The whole fingerprint of the primary key: 40 or 64 hex digits, capital letters."""

    @property
    def makes_signatures(self) -> bool:
        """Whether signatures are made when asked for; else somebody else makes them, and they are waited for."""

    def look(self) -> KeyFacts:
        """What the public half says of itself.

        Raises:
            RequestRefused: it is not the key of this fingerprint.
        """

    def clear_sign(self, text: bytes) -> bytes:
        """The text with its signature around it.

        Raises:
            Transient: nobody can sign now.
            RequestRefused: the key cannot sign, or what came is not its signature of this text.
        """

    def detach(self, data: bytes) -> bytes:
        """A signature of the data, without the data, in binary.

        Raises:
            Transient: nobody can sign now.
            RequestRefused: the key cannot sign, or what came is not its signature of this data.
        """

    def read_clear(self, document: bytes, text: bytes) -> Proof:
        """Whether the document is nothing but this text, signed by this key."""

    def read_detached(self, data: bytes, signature: bytes) -> Proof:
        """Whether it is a signature of this data by this key, in binary or in armor."""
