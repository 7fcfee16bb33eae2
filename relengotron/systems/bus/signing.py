"""How does a message get our id and our signature?"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from relengotron.errors import SettingsError, SystemUnreachable
from relengotron.systems.bus.x509.signer import Signer


class Seal:
    """Puts our msg_id into an envelope and signs it afterwards.

    fedmsg makes the msg_id and signs in one go, before its pre_fire_hook: a hook that changes the id of a signed
    message breaks the signature. So the publisher's own signing is off, and the hook does both, in this order.
    """

    def __init__(self, config: Mapping[str, Any]) -> None:
        """Take the fedmsg configuration; the key is looked up as fedmsg does it.

        Raises:
            SettingsError: it cannot sign although it should.
        """
        self._signer = signer_of(config)

    @property
    def signs(self) -> bool:
        """Whether messages leave with a signature."""
        return self._signer is not None

    def put_on(self, envelope: dict[str, Any], msg_id: str) -> None:
        """Change the envelope in place."""
        envelope["msg_id"] = msg_id
        if self._signer is not None:
            self._signer.sign(envelope)

    def prove(self) -> None:
        """Sign a probe, so that a key that cannot sign stops the start and not the first push.

        Raises:
            SettingsError: it cannot sign, or not today.
        """
        try:
            self.put_on({"topic": "probe", "msg": {}, "i": 1, "timestamp": 0}, "probe")
        except SystemUnreachable as error:
            raise SettingsError(str(error)) from error


def signer_of(config: Mapping[str, Any]) -> Signer | None:
    """Our signer under this configuration; None where messages leave unsigned.

    Raises:
        SettingsError: it cannot sign although it should.
    """
    if not config.get("sign_messages", False):
        return None
    backend = config.get("crypto_backend", "x509")
    if backend != "x509":
        raise SettingsError(f"fedmsg.d: crypto_backend: found {backend!r}; allowed: 'x509'")
    folder, name = config.get("ssldir"), _certname(config)
    if not folder:
        raise SettingsError("fedmsg.d: ssldir: missing; allowed: the folder with our key and certificate")
    try:
        return Signer.from_files(Path(folder) / f"{name}.key", Path(folder) / f"{name}.crt")
    except SettingsError as error:
        raise SettingsError(f"cannot sign messages: {error}; check ssldir and certnames in fedmsg.d") from error


def _certname(config: Mapping[str, Any]) -> str:
    index = f"{config['cert_prefix']}.{config['hostname']}" if "cert_prefix" in config else str(config["name"])
    certnames: Mapping[str, str] = config.get("certnames", {})
    if index not in certnames:
        raise SettingsError(f"fedmsg.d: certnames: no entry {index!r}, found {sorted(certnames)}")
    return certnames[index]
