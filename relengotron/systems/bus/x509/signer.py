"""How does an envelope get our signature?"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key

from relengotron.errors import SettingsError, SystemUnreachable
from relengotron.systems.bus.x509.certificate import Period, common_name, rsa_key
from relengotron.systems.bus.x509.watched import Watched
from relengotron.systems.bus.x509.wire import folded, signed_bytes


@dataclass(frozen=True, slots=True)
class KeyPair:
    """A private key, and the certificate that goes with each message it signs."""

    key: RSAPrivateKey
    certificate: str
    common_name: str
    period: Period

    @classmethod
    def read(cls, key_pem: bytes, certificate_pem: bytes) -> Self:
        """Load both once; checking an RSA key costs more than signing with it.

        Raises:
            ValueError: they are unreadable, of another kind, or do not belong together.
        """
        key = load_pem_private_key(key_pem, password=None)
        certificate = x509.load_pem_x509_certificate(certificate_pem)
        if not isinstance(key, RSAPrivateKey) or key.public_key() != rsa_key(certificate):
            raise ValueError("the key is not the one of the certificate")
        text = folded(certificate.public_bytes(Encoding.PEM))
        return cls(key, text, common_name(certificate), Period.of(certificate))


class Signer:
    """Signs as fedmsg does, bit for bit, with a key that stays in memory."""

    def __init__(self, pair: Callable[[], KeyPair], clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        """Ask ``pair`` anew for each message, because its files may have been replaced."""
        self._pair = pair
        self._clock = clock

    @classmethod
    def from_files(cls, key_file: Path, certificate_file: Path) -> Self:
        """Sign with these files; they are read again when they change.

        Raises:
            SettingsError: they cannot be used.
        """

        def read(contents: Sequence[bytes]) -> KeyPair:
            try:
                return KeyPair.read(*contents)
            except Exception as error:
                raise SettingsError(f"{key_file} and {certificate_file}: {error}") from error

        return cls(Watched([key_file, certificate_file], read))

    @property
    def common_name(self) -> str:
        """Who signs."""
        return self._pair().common_name

    def sign(self, envelope: dict[str, Any]) -> None:
        """Put ``crypto``, ``signature`` and ``certificate`` into the envelope.

        Raises:
            SystemUnreachable: our certificate is not valid now; nobody would believe the message, so it has to wait.
            TypeError, ValueError: the envelope cannot be written as JSON.
        """
        pair = self._pair()
        if trouble := pair.period.trouble(self._clock()):
            raise SystemUnreachable(f"cannot sign: the certificate of {pair.common_name} is {trouble}")
        envelope["crypto"] = "x509"
        signature = pair.key.sign(signed_bytes(envelope), PKCS1v15(), SHA1())  # noqa: S303 - fedmsg's format
        envelope["signature"] = folded(signature)
        envelope["certificate"] = pair.certificate
