"""How does the lab hear what the daemon says?"""

import json
import logging
from collections.abc import Callable
from typing import Any

from relengotron.lab.subscription import Subscription

log = logging.getLogger(__name__)


class Listener(Subscription):
    """Hears one publisher's messages and passes topic suffix and envelope on."""

    def __init__(
        self,
        address: str,
        beginning: str,
        hear: Callable[[str, dict[str, Any]], None],
        believes: Callable[[dict[str, Any]], bool] = lambda _envelope: True,
    ) -> None:
        """``beginning`` is what every topic starts with; it is cut off. What is not to be believed is not passed on."""

        def receive(frames: list[bytes]) -> None:
            topic, envelope = frames[0].decode(), dict(json.loads(frames[1]))
            if believes(envelope):
                hear(topic.removeprefix(beginning), envelope)
            else:
                log.warning("the lab does not believe a message", extra={"topic": topic})

        super().__init__("lab-listener", [address], beginning, receive)
