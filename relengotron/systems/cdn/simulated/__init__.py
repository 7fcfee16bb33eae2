"""What does a cache in front of a mirror answer, on good days and on bad ones?"""

from relengotron.systems.cdn.simulated.app import SimulatedCache

__all__ = ["SimulatedCache"]
