"""Would a hub on this machine start with its fedmsg.d, and whom would it believe?"""

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any

from relengotron.examination.finding import Finding, NotWell, look
from relengotron.settings import Settings
from relengotron.systems.bus import fedmsg_d
from relengotron.systems.bus.selfcheck import mistakes_of, nobodys_topics
from relengotron.systems.world import bus_config

REMEDY = "mend what each names and look again with relengotron check-config: the hub does not start so"


def findings(settings: Settings, config: Callable[[], Mapping[str, Any]]) -> Iterator[Finding]:
    """The bus's configuration, keys, authority, revocation list and table of senders, proved as the hub proves them."""
    if settings.lab and not fedmsg_d.files():
        yield Finding("bus", True, "a lab's hub is examined in the lab's own directory, where its fedmsg.d lies")
        return
    yield look("bus", partial(_fit, settings, config), REMEDY)


def mistakes(
    settings: Settings, config: Callable[[], Mapping[str, Any]] = bus_config, *, examine_keys: bool = True
) -> list[str]:
    """Everything that would stop a hub here.

    Raises:
        SettingsError: its configuration cannot be read at all.
    """
    return mistakes_of(config(), settings, examine_keys=examine_keys)


def unheard(settings: Settings, config: Callable[[], Mapping[str, Any]] = bus_config) -> str:
    """What is not listened to because nobody may say it, in words; empty where the table names every topic."""
    topics = nobodys_topics(config(), settings)
    return f"nobody may send {', '.join(topics)}: bus.senders has no entry" if topics else ""


def _fit(settings: Settings, config: Callable[[], Mapping[str, Any]]) -> str:
    found = mistakes(settings, config)
    if found:
        raise NotWell("; ".join(found))
    read = sorted({str(file.parent) for file in fedmsg_d.files()})
    believed = "certificates of the bus's authority" if config().get("validate_signatures") else "anybody"
    fit = f"{', '.join(read) or 'fedmsg.d'} is fit to start with; {believed} may speak"
    return "; ".join(filter(None, (fit, unheard(settings, config))))
