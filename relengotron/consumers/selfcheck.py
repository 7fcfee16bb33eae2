"""Can this fedmsg configuration carry us, or would the hub run on half-subscribed?"""

import importlib
from collections.abc import Iterator, Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

from relengotron.errors import SettingsError
from relengotron.messages.incoming import PARSERS

SETTINGS_KEY: Final = "relengotron.settings"
ANY_SENDER_KEY: Final = "relengotron.allow_any_sender"
ORDERS: Final = ("bodhi.masher.start", "bodhi.composer.start", "relengotron.push.request")


def topics_of(config: Mapping[str, Any]) -> list[str]:
    """List the full topics to subscribe to; no topic is the beginning of another, or it would arrive twice.

    Raises:
        SettingsError: two topics overlap.
    """
    beginning = f"{config['topic_prefix']}.{config['environment']}."
    topics = sorted(beginning + suffix for suffix in PARSERS)
    for shorter, longer in pairwise(topics):
        if longer.startswith(shorter):
            raise SettingsError(f"the topic {shorter} is the beginning of {longer}: messages would arrive twice")
    return topics


def check(config: Mapping[str, Any]) -> None:
    """Refuse a configuration under which messages would be lost, doubled or believed too easily.

    Raises:
        SettingsError: with every mistake in one text.
    """
    mistakes = list(_mistakes(config))
    if mistakes:
        raise SettingsError("fedmsg.d: " + "; ".join(mistakes))


def _mistakes(config: Mapping[str, Any]) -> Iterator[str]:
    for key in ("topic_prefix", "environment", "endpoints", SETTINGS_KEY):
        if not config.get(key):
            yield f"{key}: missing"
    if not config.get("zmq_enabled"):
        yield "zmq_enabled: must be True"
    yield from _wrong_workers(config)
    # fedmsg reads this key only after it has subscribed: without it the hub would consume unvalidated messages.
    match config.get("validate_signatures"):
        case True:
            yield from _wrong_crypto(config)
        case False:
            pass
        case None:
            yield "validate_signatures: missing, must be True or False"
        case other:
            yield f"validate_signatures: must be True or False, found {other!r}"


def _wrong_workers(config: Mapping[str, Any]) -> Iterator[str]:
    workers = config.get("moksha.workers_per_consumer", 1)
    if workers != 1:
        yield f"moksha.workers_per_consumer: must be 1, found {workers!r}; more workers lose the order and gain nothing"


def _wrong_crypto(config: Mapping[str, Any]) -> Iterator[str]:
    if "x509" in config.get("crypto_validate_backends", ["x509"]):
        if not _x509_works():
            yield "validate_signatures: fedmsg cannot validate here and would refuse everything; install pyOpenSSL<24.3"
        yield from _unreadable(config, "ca_cert_location", may_be_empty=False)
        yield from _unreadable(config, "crl_location", may_be_empty=True)
    yield from _unprotected(config)


def _x509_works() -> bool:
    return bool(importlib.import_module("fedmsg.crypto.x509_ng")._cryptography)


def _unreadable(config: Mapping[str, Any], key: str, *, may_be_empty: bool) -> Iterator[str]:
    location = config.get(key)
    if location is None:
        yield f"{key}: missing; fedmsg would fetch one from fedoraproject.org"
    elif not location and not may_be_empty:
        yield f"{key}: must not be empty"
    elif location and not str(location).startswith("https://") and not Path(location).is_file():
        yield f"{key}: no file {location}"


def _unprotected(config: Mapping[str, Any]) -> Iterator[str]:
    if config.get(ANY_SENDER_KEY) or config.get("routing_nitpicky"):
        return
    policy: Mapping[str, object] = config.get("routing_policy", {})
    beginning = f"{config.get('topic_prefix')}.{config.get('environment')}."
    for suffix in ORDERS:
        if beginning + suffix not in policy:
            yield (
                f"routing_policy: names nobody who may send {beginning}{suffix}, so every certificate could order a "
                f"push; name the senders, or set {ANY_SENDER_KEY} = True"
            )
