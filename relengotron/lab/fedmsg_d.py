"""Which bus configuration do hub, daemon and lab agree on?"""

from collections.abc import Callable, Mapping
from typing import Any

from relengotron.errors import Untrusted
from relengotron.lab.certificates import Authority
from relengotron.lab.place import HOST, Place
from relengotron.messages.gilmsg import ACK
from relengotron.messages.incoming import PARSERS
from relengotron.systems.bus.guard import guard_from

PREFIX, ENVIRONMENT = "org.fedoraproject", "dev"
BEGINNING = f"{PREFIX}.{ENVIRONMENT}."
DAEMON, LAB = "relengotron.lab", "lab.lab"
LAB_NAME, DAEMON_NAME = "bodhi-lab", "relengotron-lab"
SENDERS: Mapping[str, list[str]] = {topic: [LAB_NAME] for topic in PARSERS}
"""What the daemon believes: all of its topics come from the lab."""

_ANNOUNCERS: Mapping[str, list[str]] = {"relengotron.*": [DAEMON_NAME], ACK: [DAEMON_NAME]}
LOGGING: Mapping[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "plain": {"()": "relengotron.logbook.FactsBeside", "fmt": "%(asctime)s %(levelname)s %(name)s: %(message)s"},
    },
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "plain", "stream": "ext://sys.stderr"}},
    "loggers": {
        name: {"level": "INFO", "propagate": False, "handlers": ["console"]}
        for name in ("fedmsg", "moksha", "relengotron")
    },
}


def fedmsg_config(place: Place, ports: Mapping[str, int], *, is_signed: bool) -> dict[str, Any]:
    """Everything in ``fedmsg.d``; unsigned it is safe only because it never leaves this machine."""
    return {
        "topic_prefix": PREFIX,
        "environment": ENVIRONMENT,
        "endpoints": {LAB: [f"tcp://{HOST}:{ports['lab']}"], DAEMON: [f"tcp://{HOST}:{ports['daemon']}"]},
        "zmq_enabled": True,
        "zmq_reconnect_ivl": 20,
        "zmq_reconnect_ivl_max": 100,
        "post_init_sleep": 1.0,
        "high_water_mark": 0,
        "relengotron.enabled": True,
        "relengotron.settings": str(place.config),
        "logging": dict(LOGGING),
        **(_signed(place) if is_signed else _unsigned()),
    }


def gatekeeper(config: Mapping[str, Any]) -> Callable[[dict[str, Any]], bool]:
    """Says whether the lab may believe an envelope under this configuration: the daemon's, and nobody else's."""
    guard = guard_from(config, _ANNOUNCERS, is_lab=True)

    def believes(envelope: dict[str, Any]) -> bool:
        try:
            guard.sender_of(envelope)
        except Untrusted:
            return False
        return True

    return believes


def _unsigned() -> dict[str, Any]:
    return {"validate_signatures": False, "sign_messages": False}


def _signed(place: Place) -> dict[str, Any]:
    authority = Authority.make(place.keys)
    return {
        "validate_signatures": True,
        "sign_messages": True,
        "crypto_backend": "x509",
        "crypto_validate_backends": ["x509"],
        "ssldir": str(place.keys),
        "ca_cert_location": str(authority.ca_file),
        "crl_location": "",
        "certnames": {LAB: authority.sign_for(LAB_NAME), DAEMON: authority.sign_for(DAEMON_NAME)},
    }
