"""Who signed this envelope, and is it still as it was signed?"""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA1

from relengotron.messages.limits import LARGEST_MESSAGE
from relengotron.systems.bus.doubts import Doubt
from relengotron.systems.bus.x509.authority import Authority, Sender
from relengotron.systems.bus.x509.wire import signed_bytes, unfolded

LARGEST_SIGNATURE: Final = 4096
LARGEST_CERTIFICATE: Final = 16_384
# One byte of a message in UTF-8 becomes at most three when it is written in ASCII: 0xC3 0xA9 becomes \u00e9.
_MOST_SIGNED_BYTES: Final = 3 * LARGEST_MESSAGE


class Verifier:
    """Says whose word an envelope is, by fedmsg's rules; no network, and no file is read for a single message."""

    def __init__(
        self, authority: Callable[[], Authority], clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        """Ask ``authority`` anew for each message, because its files may have been replaced."""
        self._authority = authority
        self._clock = clock

    def signer_of(self, envelope: Mapping[str, Any]) -> str:
        """The common name of the certificate that signed everything in the envelope.

        Raises:
            Untrusted: and nothing else, whatever comes in.
        """
        signature, certificate = _credentials(envelope)
        now, authority = self._clock(), self._authority()
        sender = authority.sender(certificate)
        _refuse_what_was_not_signed(envelope, signature, sender)  # first: who only looks like somebody gets no further
        if trouble := authority.trouble(now):
            raise Doubt.NO_AUTHORITY.because(f"nobody can be believed: {trouble}", sender.common_name)
        if trouble := sender.period.trouble(now):
            raise Doubt.EXPIRED.because(f"its certificate is {trouble}", sender.common_name)
        return sender.common_name


def _credentials(envelope: Mapping[str, Any]) -> tuple[str, str]:
    signature, certificate = envelope.get("signature"), envelope.get("certificate")
    match envelope.get("crypto", "x509"):
        case "gpg":
            raise Doubt.UNSUPPORTED.because("it is signed with gpg, which covers neither topic nor msg_id")
        case other if other != "x509":
            raise Doubt.UNSUPPORTED.because("its field crypto is not x509")
    if not isinstance(signature, str) or not isinstance(certificate, str):
        raise Doubt.UNSIGNED.because("it carries no signature with a certificate")
    if len(signature) > LARGEST_SIGNATURE or len(certificate) > LARGEST_CERTIFICATE:
        raise Doubt.UNSUPPORTED.because("its signature or certificate is larger than any real one")
    return signature, certificate


def _refuse_what_was_not_signed(envelope: Mapping[str, Any], signature: str, sender: Sender) -> None:
    try:
        covered = signed_bytes(envelope)
        if len(covered) > _MOST_SIGNED_BYTES:
            raise Doubt.UNSUPPORTED.because("it is larger than a message may be")
        sender.key.verify(unfolded(signature), covered, PKCS1v15(), SHA1())  # noqa: S303 - fedmsg's format
    except (InvalidSignature, ValueError, TypeError, RecursionError):
        why = f"it claims to be from {sender.common_name}, whose signature does not cover what it says"
        raise Doubt.FORGED.because(why) from None
