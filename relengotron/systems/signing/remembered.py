"""Which signatures were found good a moment ago? A push looks at each of them five times, and each look starts gpg."""

import time
from collections.abc import Callable
from hashlib import sha256
from typing import Final

from relengotron.systems.signing.port import Proof

_MOMENT: Final = 60.0
"""Seconds; a key or a signature that expires meanwhile was good when it was looked at."""
_MOST: Final = 1000


class GoodProofs:
    """Good proofs by all that they are about: key, content, signature. What is not good is asked about each time."""

    def __init__(self) -> None:
        """Nothing is known."""
        self._known: dict[bytes, tuple[float, Proof]] = {}

    def of(self, about: tuple[bytes, ...], ask: Callable[[], Proof]) -> Proof:
        """The proof of a moment ago, or what is found now."""
        key = b"".join(sha256(each).digest() for each in about)
        since, proof = self._known.get(key, (0.0, None))
        if proof is not None and time.monotonic() - since < _MOMENT:
            return proof
        found = ask()
        if found.is_good:
            if len(self._known) >= _MOST:
                self._known.clear()
            self._known[key] = (time.monotonic(), found)
        return found
