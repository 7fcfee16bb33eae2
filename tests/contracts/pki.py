"""Certificates of every kind, good and bad, made on the spot."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

DAY = timedelta(days=1)
NOW = datetime.now(UTC)
_RSA_WITH = bytes.fromhex("2a864886f70d0101")
_SHA256 = _RSA_WITH + b"\x0b"
_OLDER: dict[int, tuple[bytes, hashes.HashAlgorithm]] = {2012: (b"\x05", hashes.SHA1()), 2004: (b"\x04", hashes.MD5())}


@cache
def a_key(_which: str) -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def a_name(*common_names: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, each) for each in common_names])


def pem_of(key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())


@dataclass(frozen=True)
class Root:
    """An authority; what it issues is good by default and bad where that is said."""

    name: str
    key: rsa.RSAPrivateKey

    def certificate(self, **changed: Any) -> x509.Certificate:
        own: dict[str, Any] = {"key": self.key, "is_authority": True, "serial": 1}
        return self.issue(self.name, **own | changed)

    def issue(
        self,
        *common_names: str,
        key: Any = None,
        serial: int = 1000,
        begins: datetime = NOW - DAY,
        ends: datetime = NOW + DAY,
        is_authority: bool | None = False,
        extensions: Sequence[tuple[x509.ExtensionType, bool]] = (),
    ) -> x509.Certificate:
        builder = (
            x509.CertificateBuilder()
            .subject_name(a_name(*common_names))
            .issuer_name(a_name(self.name))
            .public_key((key or a_key("leaf")).public_key())
            .serial_number(serial)
            .not_valid_before(begins)
            .not_valid_after(ends)
        )
        if is_authority is not None:
            builder = builder.add_extension(x509.BasicConstraints(ca=is_authority, path_length=None), critical=True)
        for extension, critical in extensions:
            builder = builder.add_extension(extension, critical=critical)
        return builder.sign(self.key, hashes.SHA256())

    def revocations(
        self,
        *serials: int,
        begins: datetime = NOW - DAY,
        ends: datetime = NOW + DAY,
        signed_by: rsa.RSAPrivateKey | None = None,
    ) -> bytes:
        builder = (
            x509.CertificateRevocationListBuilder().issuer_name(a_name(self.name)).last_update(begins).next_update(ends)
        )
        for serial in serials:
            revoked = x509.RevokedCertificateBuilder().serial_number(serial).revocation_date(begins).build()
            builder = builder.add_revoked_certificate(revoked)
        return builder.sign(signed_by or self.key, hashes.SHA256()).public_bytes(Encoding.PEM)

    def as_in(self, year: int, certificate: x509.Certificate) -> x509.Certificate:
        """The same, signed with the hash of the time, which today's builder refuses to do."""
        last, algorithm = _OLDER[year]
        covered = certificate.tbs_certificate_bytes.replace(_SHA256, _RSA_WITH + last)
        signature = self.key.sign(covered, padding.PKCS1v15(), algorithm)
        whole = certificate.public_bytes(Encoding.DER).replace(certificate.tbs_certificate_bytes, covered)
        whole = whole.replace(_SHA256, _RSA_WITH + last).replace(certificate.signature, signature)
        return x509.load_der_x509_certificate(whole)


def pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(Encoding.PEM)
