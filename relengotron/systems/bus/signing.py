"""How does a message get our id and our signature?"""

import copy
import warnings
from collections.abc import Mapping
from typing import Any, Final

import fedmsg.crypto

from relengotron.errors import SettingsError

_HOW_TO_MEND: Final = "install pyOpenSSL<24.3 (fedmsg needs its load_crl) and check ssldir and certnames in fedmsg.d"


class Seal:
    """Puts our msg_id into an envelope and signs it afterwards.

    fedmsg makes the msg_id and signs in one go, before its pre_fire_hook: a hook that changes the id of a signed
    message breaks the signature. So the publisher's own signing is off, and the hook does both, in this order.
    """

    def __init__(self, config: Mapping[str, Any]) -> None:
        """Take the fedmsg configuration; the key is looked up as fedmsg does it."""
        self._signs = bool(config.get("sign_messages", False))
        self._config = dict(copy.deepcopy({key: config[key] for key in config if key in _CRYPTO_KEYS}))
        if self._signs and config.get("crypto_backend", "x509") != "gpg":
            self._config["certname"] = _certname(config)

    @property
    def signs(self) -> bool:
        """Whether messages leave with a signature."""
        return self._signs

    def put_on(self, envelope: dict[str, Any], msg_id: str) -> None:
        """Change the envelope in place."""
        envelope["msg_id"] = msg_id
        if not self._signs:
            return
        signed = self._signed(dict(envelope))
        envelope.clear()
        envelope.update(signed)

    def prove(self) -> None:
        """Sign a probe, so that a key or library that cannot sign stops the start and not the first push."""
        if self._signs:
            self._signed({"topic": "probe", "msg": {}, "msg_id": "probe", "i": 1, "timestamp": 0})

    def _signed(self, envelope: dict[str, Any]) -> dict[str, Any]:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                signed = fedmsg.crypto.sign(envelope, **self._config)
        except (OSError, ValueError, KeyError) as error:
            raise SettingsError(f"cannot sign messages: {error}; {_HOW_TO_MEND}") from error
        if not isinstance(signed, dict) or "signature" not in signed:
            raise SettingsError(f"cannot sign messages: fedmsg's sign() gave nothing; {_HOW_TO_MEND}")
        return signed


_CRYPTO_KEYS: Final = frozenset({"crypto_backend", "ssldir", "gpg_home", "gpg_signing_key", "crypto_validate_backends"})


def _certname(config: Mapping[str, Any]) -> str:
    index = f"{config['cert_prefix']}.{config['hostname']}" if "cert_prefix" in config else str(config["name"])
    certnames: Mapping[str, str] = config.get("certnames", {})
    if index not in certnames:
        raise SettingsError(f"fedmsg.d: certnames: no entry {index!r}, found {sorted(certnames)}")
    return certnames[index]
