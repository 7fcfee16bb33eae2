"""Which bus configuration do hub, daemon and lab agree on?"""

from collections.abc import Callable, Mapping
from typing import Any

import fedmsg.crypto

from relengotron.lab.certificates import Authority
from relengotron.lab.place import HOST, Place

PREFIX, ENVIRONMENT = "org.fedoraproject", "dev"
BEGINNING = f"{PREFIX}.{ENVIRONMENT}."
DAEMON, LAB = "relengotron.lab", "lab.lab"
ORDERS = ("bodhi.masher.start", "bodhi.composer.start", "relengotron.push.request")
LOGGING: Mapping[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"plain": {"format": "%(asctime)s %(levelname)s %(name)s: %(message)s"}},
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
    """Says whether an envelope may be believed under this configuration."""
    if not config["validate_signatures"]:
        return lambda _envelope: True
    return lambda envelope: bool(fedmsg.crypto.validate(envelope, **config))


def _unsigned() -> dict[str, Any]:
    return {"validate_signatures": False, "sign_messages": False, "relengotron.allow_any_sender": True}


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
        "certnames": {LAB: authority.sign_for("bodhi-lab"), DAEMON: authority.sign_for("relengotron-lab")},
        "routing_policy": {BEGINNING + topic: ["bodhi-lab"] for topic in ORDERS},
    }
