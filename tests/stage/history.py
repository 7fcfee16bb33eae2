"""What datanommer heard of the bus, and how the daemon of a rehearsal asks for what it did not hear."""

from collections.abc import Mapping, Sequence
from typing import Any

import requests

from relengotron.settings import Settings
from relengotron.systems.datagrepper.port import Datagrepper
from relengotron.systems.datagrepper.simulated import SimulatedDatagrepper, create_app
from relengotron.systems.inprocess import WsgiAdapter
from relengotron.systems.world import open_datagrepper
from tests.stage.configuration import URLS
from tests.stage.weather import Clock


class History:
    """Everything that was said; datanommer is a listener that had better luck than we."""

    def __init__(self, clock: Clock) -> None:
        self._kept = SimulatedDatagrepper(clock.seconds)
        self._heard = 0

    def hear(self, sent: Sequence[Mapping[str, Any]]) -> None:
        """Keep what was sent since the last time."""
        for envelope in sent[self._heard :]:
            self._kept.hear(envelope)
        self._heard = len(sent)

    def open(self, settings: Settings) -> Datagrepper | None:
        """The daemon's way to it."""
        return open_datagrepper(settings, self._session)

    def _session(self) -> requests.Session:
        session = requests.Session()
        session.mount(URLS["datagrepper"], WsgiAdapter(create_app(self._kept)))
        return session
