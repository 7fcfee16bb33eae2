"""Who vouches for whom on a signed bus? A certificate authority of the lab's own, in the layout that fedmsg reads."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Authority:
    """A folder with ``ca.crt`` and a pair ``<name>.key``, ``<name>.crt`` for each name that was asked for."""

    folder: Path
    key: rsa.RSAPrivateKey
    name: x509.Name

    @classmethod
    def make(cls, folder: Path, common_name: str = "Lab CA") -> "Authority":
        """A new authority; its certificates are good for a day."""
        folder.mkdir(parents=True)
        key, name = _new_key(), _name(common_name)
        certificate = _certificate(name, name, key, key, is_authority=True)
        (folder / "ca.crt").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
        return cls(folder, key, name)

    @property
    def ca_file(self) -> Path:
        """The certificate that everybody trusts."""
        return self.folder / "ca.crt"

    def sign_for(self, common_name: str) -> str:
        """Make the pair and give back the name that fedmsg's ``certnames`` wants."""
        key = _new_key()
        certificate = _certificate(_name(common_name), self.name, key, self.key, is_authority=False)
        (self.folder / f"{common_name}.crt").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
        secret = self.folder / f"{common_name}.key"
        secret.touch(mode=0o600)
        secret.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.TraditionalOpenSSL,
                serialization.NoEncryption(),
            )
        )
        return common_name


def _new_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def _name(common_name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def _certificate(
    subject: x509.Name, issuer: x509.Name, key: rsa.RSAPrivateKey, signer: rsa.RSAPrivateKey, *, is_authority: bool
) -> x509.Certificate:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _DAY)
        .not_valid_after(now + _DAY)
        .add_extension(x509.BasicConstraints(ca=is_authority, path_length=None), critical=True)
        .sign(signer, hashes.SHA256())
    )
