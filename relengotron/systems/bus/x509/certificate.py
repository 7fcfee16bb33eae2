"""What does a certificate say, and is it plain enough for us to check all of it?"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final, Self

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.x509.oid import ExtensionOID, NameOID
from cryptography.x509.oid import SignatureAlgorithmOID as Algorithm

FEWEST_BITS: Final = 1024
MOST_BITS: Final = 16384

# SHA-1 because the certificates of fedmsg's time are signed with it; MD5 is broken for certificates since 2008.
_HASHES: Final = {
    Algorithm.RSA_WITH_SHA1: hashes.SHA1(),  # noqa: S303
    Algorithm.RSA_WITH_SHA224: hashes.SHA224(),
    Algorithm.RSA_WITH_SHA256: hashes.SHA256(),
    Algorithm.RSA_WITH_SHA384: hashes.SHA384(),
    Algorithm.RSA_WITH_SHA512: hashes.SHA512(),
}

# What may be marked critical: what we check, and what says nothing in a chain of one as fedmsg checks it.
_UNDERSTOOD: Final = frozenset(
    {
        ExtensionOID.BASIC_CONSTRAINTS,
        ExtensionOID.KEY_USAGE,
        ExtensionOID.EXTENDED_KEY_USAGE,
        ExtensionOID.SUBJECT_ALTERNATIVE_NAME,
        ExtensionOID.CERTIFICATE_POLICIES,
        ExtensionOID.CRL_DISTRIBUTION_POINTS,
        ExtensionOID.SUBJECT_KEY_IDENTIFIER,
        ExtensionOID.AUTHORITY_KEY_IDENTIFIER,
    }
)


@dataclass(frozen=True, slots=True)
class Period:
    """From when until when something is good; both ends belong to it, no end means for ever."""

    begins: datetime
    ends: datetime | None

    @classmethod
    def of(cls, certificate: x509.Certificate) -> Self:
        """When the certificate is good."""
        return cls(certificate.not_valid_before_utc, certificate.not_valid_after_utc)

    def trouble(self, now: datetime) -> str | None:
        """Why it is not good now; nothing when it is."""
        if now < self.begins:
            return f"not valid before {self.begins:%Y-%m-%d %H:%M:%S} UTC"
        if self.ends is not None and now > self.ends:
            return f"expired on {self.ends:%Y-%m-%d %H:%M:%S} UTC"
        return None


def common_name(certificate: x509.Certificate) -> str:
    """The one name that senders are known by.

    Raises:
        ValueError: there is none, more than one, or one that cannot be shown to people.
    """
    names = [each.value for each in certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)]
    match names:
        case [str(name)] if name and name.isprintable():
            return name
    raise ValueError(f"should hold one common name, holds {len(names)}")


def rsa_key(certificate: x509.Certificate) -> RSAPublicKey:
    """The public key.

    Raises:
        ValueError: it is of another kind, or of a size that nobody should trust or has the time to check.
    """
    key = certificate.public_key()
    if not isinstance(key, RSAPublicKey):
        raise ValueError("its key is no RSA key")
    if not FEWEST_BITS <= key.key_size <= MOST_BITS:
        raise ValueError(f"its key has {key.key_size} bits, allowed are {FEWEST_BITS} to {MOST_BITS}")
    return key


def refuse_what_is_no_root(certificate: x509.Certificate) -> None:
    """Let only those vouch for others who may: a root certificate of today's kind.

    Raises:
        ValueError: it is something else, or restricts itself in a way that we do not check.
    """
    if certificate.issuer != certificate.subject:
        raise ValueError("the authority's certificate is no root: somebody else issued it")
    if not is_authority(certificate):
        raise ValueError("the certificate belongs to no authority: its basic constraints do not say so")
    if not may_be_used(certificate, "key_cert_sign"):
        raise ValueError("the authority's key usage does not let it issue certificates")
    refuse_what_is_not_understood(certificate.extensions)


def refuse_what_is_not_understood(extensions: x509.Extensions) -> None:
    """Take critical extensions at their word: who does not know one must not go on.

    Raises:
        ValueError: there is one, or one that restricts names, critical or not.
    """
    for each in extensions:
        if each.oid == ExtensionOID.NAME_CONSTRAINTS or (each.critical and each.oid not in _UNDERSTOOD):
            raise ValueError(f"its extension {each.oid.dotted_string} is not understood here")


def is_authority(certificate: x509.Certificate) -> bool:
    """Whether it says of itself that it may issue others."""
    try:
        return certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except x509.ExtensionNotFound:
        return False


def may_be_used(certificate: x509.Certificate, to: str) -> bool:
    """Whether its key usage, if it has any, allows this."""
    try:
        return bool(getattr(certificate.extensions.get_extension_for_class(x509.KeyUsage).value, to))
    except x509.ExtensionNotFound:
        return True


def is_signed(by: RSAPublicKey, what: x509.Certificate | x509.CertificateRevocationList) -> bool:
    """Whether certificate or list carries the signature of this key.

    ``verify_directly_issued_by`` would refuse SHA-1.
    """
    algorithm = _HASHES.get(what.signature_algorithm_oid)
    if algorithm is None:
        return False
    covered = what.tbs_certificate_bytes if isinstance(what, x509.Certificate) else what.tbs_certlist_bytes
    try:
        by.verify(what.signature, covered, PKCS1v15(), algorithm)
    except InvalidSignature:
        return False
    return True
