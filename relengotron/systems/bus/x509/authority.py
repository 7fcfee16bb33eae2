"""Whom does the bus's authority vouch for, and whom no longer?"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Final, TypeVar

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from relengotron.errors import SettingsError, Untrusted
from relengotron.systems.bus.doubts import Doubt
from relengotron.systems.bus.x509 import certificate as reading
from relengotron.systems.bus.x509.certificate import Period
from relengotron.systems.bus.x509.watched import Watched
from relengotron.systems.bus.x509.wire import unfolded

REMEMBERED: Final = 256
"""How many certificates of senders are kept, checked; a bus has some dozens."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Sender:
    """Somebody the authority vouches for."""

    common_name: str
    key: RSAPublicKey
    period: Period


class Authority:
    """A root certificate and, where there is one, its revocation list; both are checked when it is made."""

    def __init__(
        self,
        root: x509.Certificate,
        revocations: x509.CertificateRevocationList | None,
        places: Sequence[str] = ("the authority's certificate", "the revocation list"),
    ) -> None:
        """Take both as they are read; ``places`` is how people find them.

        Raises:
            ValueError: the root is none, or the list is not its own.
        """
        reading.refuse_what_is_no_root(root)
        self._key = reading.rsa_key(root)
        self._name = root.subject
        self._revocations = revocations
        self._periods = [(places[0], Period.of(root))]
        if revocations is not None:
            self._refuse_a_strange_list(revocations, root)
            self._periods.append((places[1], Period(revocations.last_update_utc, revocations.next_update_utc)))
        self.sender: Callable[[str], Sender] = lru_cache(REMEMBERED)(self._sender)

    def trouble(self, now: datetime) -> str | None:
        """Why nobody can be believed now; nothing when all is well."""
        for what, period in self._periods:
            if trouble := period.trouble(now):
                return f"{what}: {trouble}"
        return None

    def _sender(self, text: str) -> Sender:
        """Whom the certificate of an envelope names.

        Raises:
            Untrusted: it is unreadable, not of this authority, or revoked.
        """
        try:
            certificate = x509.load_pem_x509_certificate(unfolded(text))
            sender = Sender(reading.common_name(certificate), reading.rsa_key(certificate), Period.of(certificate))
            self._refuse_a_stranger(certificate, sender)
        except Untrusted:
            raise
        except Exception as error:
            why = f"its certificate cannot be used: {error}"
            raise Doubt.UNTRUSTED_CERTIFICATE.because(why[:_LONGEST_REASON]) from error
        return sender

    def _refuse_a_stranger(self, certificate: x509.Certificate, sender: Sender) -> None:
        if certificate.issuer != self._name or not reading.is_signed(self._key, certificate):
            why = f"the certificate of {sender.common_name} was not issued by our authority"
            raise Doubt.UNTRUSTED_CERTIFICATE.because(why)
        reading.refuse_what_is_not_understood(certificate.extensions)
        if reading.is_authority(certificate):
            raise ValueError("it belongs to an authority, and those send nothing")
        if self._has_revoked(certificate):
            raise Doubt.REVOKED.because(f"the certificate of {sender.common_name} was revoked")

    def _has_revoked(self, certificate: x509.Certificate) -> bool:
        if self._revocations is None:
            return False
        return self._revocations.get_revoked_certificate_by_serial_number(certificate.serial_number) is not None

    def _refuse_a_strange_list(self, revocations: x509.CertificateRevocationList, root: x509.Certificate) -> None:
        if not reading.may_be_used(root, "crl_sign"):
            raise ValueError("the authority's key usage does not let it sign a revocation list")
        if revocations.issuer != self._name or not reading.is_signed(self._key, revocations):
            raise ValueError("the revocation list was not signed by the authority")
        if any(each.critical for each in revocations.extensions):
            raise ValueError("the revocation list has a critical extension: it is only a part of a list")
        if self._has_revoked(root):
            raise ValueError("the revocation list revokes the authority itself")


_LONGEST_REASON: Final = 300


def watched(ca_file: Path, crl_file: Path | None) -> Watched[Authority]:
    """The authority as its files say, now and after they have been replaced.

    Raises:
        SettingsError: they cannot be used now; the text names the file.
    """
    files = [ca_file] if crl_file is None else [ca_file, crl_file]

    def read(contents: Sequence[bytes]) -> Authority:
        root = _read(ca_file, "one certificate", _only_certificate, contents[0])
        revocations = None
        if crl_file is not None:
            revocations = _read(crl_file, "a revocation list", x509.load_pem_x509_crl, contents[1])
        return _joined(root, revocations, [str(file) for file in files])

    return Watched(files, read)


def _joined(
    root: x509.Certificate, revocations: x509.CertificateRevocationList | None, places: Sequence[str]
) -> Authority:
    try:
        return Authority(root, revocations, places)
    except Exception as error:
        raise SettingsError(f"{' and '.join(places)}: {error}") from error


def _only_certificate(content: bytes) -> x509.Certificate:
    match x509.load_pem_x509_certificates(content):
        case [certificate]:
            return certificate
        case several:
            raise ValueError(f"it holds {len(several)} certificates")


def _read(file: Path, allowed: str, read: Callable[[bytes], T], content: bytes) -> T:
    try:
        return read(content)
    except Exception as error:
        raise SettingsError(f"{file}: {error}; allowed: {allowed}, as PEM") from error
