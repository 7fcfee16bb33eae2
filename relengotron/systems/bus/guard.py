"""Whose word is a message, and may its sender say it?"""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

from relengotron.errors import SettingsError
from relengotron.systems.bus.port import Guard
from relengotron.systems.bus.senders import Rows, Senders
from relengotron.systems.bus.x509.authority import Authority, watched
from relengotron.systems.bus.x509.verifier import Verifier

AUTHORITY_KEY: Final = "ca_cert_location"
REVOCATIONS_KEY: Final = "crl_location"


class CertificateGuard:
    """Believes what a certificate of the bus's authority has signed, on the topics that the table opens to it."""

    def __init__(self, verifier: Verifier, senders: Senders) -> None:
        """Ask the one who it is, the other whether that is enough."""
        self._verifier = verifier
        self._senders = senders

    def sender_of(self, message: Mapping[str, Any]) -> str | None:
        """The common name that signed it and may speak on its topic."""
        name = self._verifier.signer_of(message)
        self._senders.refuse_others(name, message.get("topic"))
        return name


class AnybodysWord:
    """Believes everybody, because on the bus of a lab nobody signs."""

    def __init__(self, *, is_lab: bool) -> None:
        """Exist only in a lab.

        Raises:
            SettingsError: this is none.
        """
        if not is_lab:
            raise SettingsError(
                "fedmsg.d: validate_signatures: found False; allowed: True, so that not everybody on the bus can order "
                "a push; only a lab, whose relengotron.yaml says `lab: true`, may do without"
            )

    def sender_of(self, message: Mapping[str, Any]) -> str | None:
        """Nobody in particular."""
        return None


def guard_from(config: Mapping[str, Any], rows: Rows, *, is_lab: bool) -> Guard:
    """The guard that fedmsg's configuration and our table of senders ask for.

    Raises:
        SettingsError: nothing would be proved with them.
    """
    if config.get("validate_signatures") is False:
        return AnybodysWord(is_lab=is_lab)
    return CertificateGuard(Verifier(authority_of(config)), Senders.of(config, rows))


def authority_of(config: Mapping[str, Any]) -> Callable[[], Authority]:
    """Whom the bus trusts, as the files say that fedmsg's configuration names.

    Raises:
        SettingsError: with every mistake in one text.
    """
    mistakes = [mistake for key in (AUTHORITY_KEY, REVOCATIONS_KEY) if (mistake := _mistake(config, key))]
    if mistakes:
        raise SettingsError("; ".join(mistakes))
    revocations = config[REVOCATIONS_KEY]
    return watched(Path(config[AUTHORITY_KEY]), Path(revocations) if revocations else None)


def _mistake(config: Mapping[str, Any], key: str) -> str | None:
    found = config.get(key)
    allowed = "a file" if key == AUTHORITY_KEY else "a file, or an empty text for no revocation list"
    if found is None:
        return f"fedmsg.d: {key}: missing; allowed: {allowed}"
    if not isinstance(found, str) or (not found and key == AUTHORITY_KEY):
        return f"fedmsg.d: {key}: found {found!r}; allowed: {allowed}"
    if "://" in found:
        return (
            f"fedmsg.d: {key}: found {found!r}; allowed: {allowed}. Let a timer download it to a file, which is "
            "read again when it changes"
        )
    if found and not Path(found).is_file():
        return f"fedmsg.d: {key}: no file {found}"
    return None
