"""Where do keys come from that need to be good for a day and for nobody else? For self-tests and labs."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Self

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Pems:
    """A key and its certificate, as files hold them."""

    key: bytes
    certificate: bytes


@dataclass(frozen=True, slots=True)
class ThrowAwayAuthority:
    """Vouches for whom it likes; lives in memory and is never written down by itself."""

    key: rsa.RSAPrivateKey
    certificate: x509.Certificate

    @classmethod
    def make(cls, common_name: str) -> Self:
        """A new authority; it and its certificates are good for a day."""
        key, name = _new_key(), _name(common_name)
        return cls(key, _certificate(name, name, key.public_key(), key, is_authority=True))

    @property
    def pem(self) -> bytes:
        """The certificate that everybody trusts."""
        return self.certificate.public_bytes(Encoding.PEM)

    def issue(self, common_name: str) -> Pems:
        """A new key and a certificate for somebody."""
        key = _new_key()
        issued = _certificate(
            _name(common_name), self.certificate.subject, key.public_key(), self.key, is_authority=False
        )
        secret = key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())
        return Pems(secret, issued.public_bytes(Encoding.PEM))


def _new_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def _name(common_name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def _certificate(
    subject: x509.Name, issuer: x509.Name, key: rsa.RSAPublicKey, signer: rsa.RSAPrivateKey, *, is_authority: bool
) -> x509.Certificate:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _DAY)
        .not_valid_after(now + _DAY)
        .add_extension(x509.BasicConstraints(ca=is_authority, path_length=None), critical=True)
        .sign(signer, SHA256())
    )
