"""What if an auto-signer signs, such as robosignatory? It hears of our composes; what it made is waited for."""

from typing import NoReturn

from relengotron.errors import SystemBusy
from relengotron.systems.signing.public import KnownKey


class AwaitedSigner(KnownKey):
    """A key that somebody else signs with."""

    @property
    def makes_signatures(self) -> bool:
        """Its signatures come from outside."""
        return False

    def _make_clear(self, text: bytes) -> bytes:
        self._is_waited_for()

    def _make_detached(self, data: bytes) -> bytes:
        self._is_waited_for()

    def _is_waited_for(self) -> NoReturn:
        raise SystemBusy(f"key {self._name}: the auto-signer has not signed yet")
