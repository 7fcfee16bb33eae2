"""How does the lab's datagrepper hear what is said on the bus? As the real one does: it listens like anybody."""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from relengotron.lab.subscription import Subscription


class Historian(Subscription):
    """Listens to every publisher and passes whole envelopes on."""

    def __init__(self, addresses: Sequence[str], beginning: str, hear: Callable[[Mapping[str, Any]], object]) -> None:
        """``beginning`` is what every topic starts with."""
        super().__init__("lab-historian", addresses, beginning, lambda frames: hear(json.loads(frames[1])))
