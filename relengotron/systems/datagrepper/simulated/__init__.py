"""A datagrepper to rehearse with: it forgets, stores late and pages over a list that grows."""

from relengotron.systems.datagrepper.simulated.app import create_app
from relengotron.systems.datagrepper.simulated.service import SimulatedDatagrepper

__all__ = ["SimulatedDatagrepper", "create_app"]
