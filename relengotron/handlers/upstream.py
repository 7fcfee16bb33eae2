"""What news from upstream leads to: the version is remembered, for the build that will follow it."""

from collections.abc import Iterable

from relengotron.model.events import UpstreamReleased
from relengotron.model.intents import Intent, NoteUpstream


def released(event: UpstreamReleased) -> Iterable[Intent]:
    """Remember it for each of the packages."""
    yield NoteUpstream(event.packages, event.version, event.old_version, event.url, event.bug)
