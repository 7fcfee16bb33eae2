"""Can this fedmsg configuration carry us, or would the hub run on half-subscribed and believe anybody?"""

import logging
import socket
from collections.abc import Callable, Iterator, Mapping
from itertools import pairwise
from typing import Any, Final

from relengotron.errors import SettingsError
from relengotron.messages.gilmsg import ACK
from relengotron.messages.incoming import ONLY_TELL, PARSERS
from relengotron.messages.orders import ORDERS
from relengotron.messages.subscribing import full_topics
from relengotron.settings import Settings
from relengotron.settings.daemon import RunnerPlace
from relengotron.settings.mistakes import nearest
from relengotron.systems.bus import selftest
from relengotron.systems.bus.fedmsg_d import mistakes_of_a_publisher
from relengotron.systems.bus.guard import AnybodysWord, authority_of, guard_from
from relengotron.systems.bus.port import Guard
from relengotron.systems.bus.senders import Rows, row_of, rows_for_nothing
from relengotron.systems.bus.signing import signer_of
from relengotron.systems.bus.stomp_config import is_stomp
from relengotron.systems.bus.stomp_config import mistakes as stomp_mistakes

log = logging.getLogger(__name__)

ENABLED_KEY: Final = "relengotron.enabled"
SETTINGS_KEY: Final = "relengotron.settings"


def topics_of(config: Mapping[str, Any]) -> list[str]:
    """List the full topics to subscribe to; no topic is the beginning of another, or it would arrive twice.

    Raises:
        SettingsError: two topics overlap.
    """
    topics = full_topics(f"{config['topic_prefix']}.{config['environment']}.")
    for shorter, longer in pairwise(topics):
        if longer.startswith(shorter):
            raise SettingsError(f"the topic {shorter} is the beginning of {longer}: messages would arrive twice")
    return topics


def check(config: Mapping[str, Any]) -> None:
    """Refuse a fedmsg configuration under which messages would be lost or doubled.

    Raises:
        SettingsError: with every mistake in one text.
    """
    _refuse(list(_mistakes_of_hub(config)))


def guard_of(config: Mapping[str, Any], settings: Settings) -> Guard:
    """Whom the intake may ask for the sender of each message, once a self-test has shown that it can tell.

    Raises:
        SettingsError: with every mistake in one text; or the self-test failed.
    """
    _refuse([*_mistakes_of_hub(config), *_mistakes_of_trust(config, settings)])
    guard = _proved(config, settings)
    if isinstance(guard, AnybodysWord):
        log.warning("signatures are not validated: anybody on the bus can order a push")
    return guard


def mistakes_of(config: Mapping[str, Any], settings: Settings, *, examine_keys: bool = True) -> list[str]:
    """Everything that would stop the hub with this configuration, or the runner beside it; empty when they can start.

    Args:
        examine_keys: look at keys and certificates too, and let them prove themselves.
    """
    mistakes = [*_mistakes_of_switch(config, settings), *mistakes_of_a_publisher(config, settings.systems.bus.name)]
    mistakes += _mistakes_of_trust(config, settings) if examine_keys else _mistakes_of_senders(config, settings)
    if not mistakes and examine_keys:
        mistakes += _told(lambda: _proved(config, settings))
    return list(dict.fromkeys(mistakes))


def nobodys_topics(config: Mapping[str, Any], settings: Settings) -> list[str]:
    """Topics that nobody may send, because the table does not name them, and without which all goes on."""
    if config.get("validate_signatures") is not True:
        return []
    return [suffix for suffix in ONLY_TELL if row_of(settings.systems.bus.senders, suffix) is None]


def _proved(config: Mapping[str, Any], settings: Settings) -> Guard:
    guard = guard_from(config, settings.systems.bus.senders, is_lab=settings.lab)
    if not isinstance(guard, AnybodysWord):
        selftest.prove_validation(authority_of(config), signer_of(_as_publisher(config, settings)))
    return guard


def _refuse(mistakes: list[str]) -> None:
    if mistakes:
        raise SettingsError("; ".join(dict.fromkeys(mistakes)))


def _mistakes_of_switch(config: Mapping[str, Any], settings: Settings) -> Iterator[str]:
    """A machine where only the runner works has no hub that could be wrong."""
    if config.get(ENABLED_KEY):
        yield from _mistakes_of_hub(config)
    elif settings.runner is not RunnerPlace.SEPARATE:
        found = config.get(ENABLED_KEY)
        yield f"fedmsg.d: {ENABLED_KEY}: must be True, found {found!r}; the hub would go on without us"


def _mistakes_of_hub(config: Mapping[str, Any]) -> Iterator[str]:
    yield from (f"fedmsg.d: {mistake}" for mistake in _mistakes(config))


def _mistakes(config: Mapping[str, Any]) -> Iterator[str]:
    for key in ("topic_prefix", "environment", "endpoints", SETTINGS_KEY):
        if not config.get(key):
            yield f"{key}: missing"
    if is_stomp(config):
        yield from stomp_mistakes(config)
    elif not config.get("zmq_enabled"):
        yield "zmq_enabled: must be True, or stomp_uri must name a broker"
    yield from _wrong_workers(config)
    # fedmsg reads this key only after it has subscribed: without it the hub would consume unvalidated messages.
    match config.get("validate_signatures"):
        case bool():
            pass
        case None:
            yield "validate_signatures: missing, must be True or False"
        case other:
            yield f"validate_signatures: must be True or False, found {other!r}"


def _wrong_workers(config: Mapping[str, Any]) -> Iterator[str]:
    workers = config.get("moksha.workers_per_consumer", 1)
    if workers != 1:
        yield f"moksha.workers_per_consumer: must be 1, found {workers!r}; more workers lose the order and gain nothing"


def _mistakes_of_trust(config: Mapping[str, Any], settings: Settings) -> Iterator[str]:
    if config.get("validate_signatures") is not True:
        yield from _mistakes_of_senders(config, settings)
        return
    backends = config.get("crypto_validate_backends", ["x509"])
    if "x509" not in backends:
        yield f"fedmsg.d: crypto_validate_backends: found {backends!r}; allowed: ['x509']; gpg covers no topic"
    yield from _told(lambda: authority_of(config))
    yield from _told(lambda: signer_of(_as_publisher(config, settings)))
    yield from _mistakes_of_senders(config, settings)


def _mistakes_of_senders(config: Mapping[str, Any], settings: Settings) -> Iterator[str]:
    """The table alone: what can be seen on a machine without keys."""
    if config.get("validate_signatures") is not True:
        yield from _told(lambda: AnybodysWord(is_lab=settings.lab))
        return
    place = f"{settings.directory / 'systems.yaml'}: bus.senders"
    yield from (f"{place}: {mistake}" for mistake in _wrong_rows(settings.systems.bus.senders))
    answering = row_of(settings.systems.bus.senders, ACK) or ()
    for name in settings.systems.bodhi.acknowledges_as:
        if name not in answering:
            yield f"{place}: {ACK}: does not name {name}, whose answers bodhi.acknowledges_as waits for"


def _as_publisher(config: Mapping[str, Any], settings: Settings) -> dict[str, Any]:
    return {**config, "name": settings.systems.bus.name, "hostname": socket.gethostname().split(".", 1)[0]}


def _told(attempt: Callable[[], object]) -> Iterator[str]:
    try:
        attempt()
    except SettingsError as error:
        yield str(error)


def _wrong_rows(rows: Rows) -> Iterator[str]:
    missing = [suffix for suffix in PARSERS if suffix not in ONLY_TELL and row_of(rows, suffix) is None]
    if missing:
        orders = [suffix for suffix in ORDERS if suffix in missing]
        worst = f"; {', '.join(orders)} would order a push" if orders else ""
        yield f"no entry for {', '.join(missing)}{worst}; allowed: a list of common names, of those who may send it"
    for row in rows_for_nothing(rows, tuple(PARSERS)):
        yield f"{row}: fits no topic that we listen to{nearest(row, PARSERS)}"
