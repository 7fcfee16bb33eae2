"""Our consumer in a hub that gives its journal no time at its end, so that no test must wait for it."""

from relengotron.consumers import doorway
from relengotron.consumers.fedmsg_hub import Relengotron as Ours

doorway.CLOSES_WITHIN_S = 0.0  # type: ignore[misc]


class Relengotron(Ours):
    """Lives in a module of its own, by whose name the hub finds it."""
