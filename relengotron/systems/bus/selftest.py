"""Does validation work here and now: is a genuine message believed, and a forged one refused?"""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Final

from relengotron.errors import SettingsError, SystemUnreachable, Untrusted
from relengotron.systems.bus.doubts import Doubt
from relengotron.systems.bus.x509.authority import Authority
from relengotron.systems.bus.x509.signer import KeyPair, Signer
from relengotron.systems.bus.x509.throwaway import ThrowAwayAuthority
from relengotron.systems.bus.x509.verifier import Verifier

_PROBE: Final[dict[str, Any]] = {"topic": "probe", "msg": {"genuine": True}, "msg_id": "probe", "i": 1, "timestamp": 0}


def prove_validation(authority: Callable[[], Authority], signer: Signer | None) -> None:
    """Sign a message, have it believed, forge it, have it refused.

    Args:
        authority: whom the bus trusts.
        signer: our own; where we sign nothing, a key that was made for this test is used beside the real authority.

    Raises:
        SettingsError: it went any other way.
    """
    if trouble := authority().trouble(datetime.now(UTC)):
        raise SettingsError(f"self-test: nobody can be believed: {trouble}")
    if signer is not None:
        _prove(Verifier(authority), signer)
        return
    passing = ThrowAwayAuthority.make("self-test")
    pems = passing.issue("self-test")
    pair = KeyPair.read(pems.key, pems.certificate)
    _prove(Verifier(lambda: Authority(passing.certificate, None)), Signer(lambda: pair))
    _expect(Doubt.UNTRUSTED_CERTIFICATE, Verifier(authority), _signed(Signer(lambda: pair)))


def _prove(verifier: Verifier, signer: Signer) -> None:
    envelope = _signed(signer)
    try:
        name = verifier.signer_of(envelope)
    except Untrusted as refused:
        raise SettingsError(
            f"self-test: a message that {signer.common_name} signed is not believed: {refused}"
        ) from None
    if name != signer.common_name:
        raise SettingsError(f"self-test: a message that {signer.common_name} signed is taken for one of {name}")
    _expect(Doubt.FORGED, verifier, {**envelope, "msg": {"genuine": False}})
    _expect(Doubt.UNSIGNED, verifier, _PROBE)


def _signed(signer: Signer) -> dict[str, Any]:
    envelope = dict(_PROBE)
    try:
        signer.sign(envelope)
    except SystemUnreachable as error:
        raise SettingsError(f"self-test: {error}") from error
    return envelope


def _expect(doubt: Doubt, verifier: Verifier, envelope: dict[str, Any]) -> None:
    try:
        name = verifier.signer_of(envelope)
    except Untrusted as refused:
        if refused.kind == doubt.value:
            return
        raise SettingsError(f"self-test: should be refused as {doubt}, was refused: {refused}") from None
    raise SettingsError(f"self-test: a message that is {doubt} was believed to be of {name}")
