"""Who says whether a message may be believed by now? A guard like the one at the daemon's door."""

from relengotron.settings import Settings
from relengotron.systems.bus.guard import guard_from
from relengotron.systems.bus.port import Guard
from relengotron.systems.world import bus_config


def open_guard(settings: Settings) -> Guard:
    """The guard that fedmsg.d and ``bus.senders`` describe.

    Raises:
        SettingsError: nothing would be proved with them.
    """
    return guard_from(bus_config(), settings.systems.bus.senders, is_lab=settings.lab)
