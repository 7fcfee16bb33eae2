"""A Greenwave to rehearse with: policies as its files have them, judged by rules of its own."""

from relengotron.systems.gate.simulated.app import create_app
from relengotron.systems.gate.simulated.service import SimulatedGreenwave

__all__ = ["SimulatedGreenwave", "create_app"]
