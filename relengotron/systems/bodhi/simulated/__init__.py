"""A Bodhi to rehearse with: updates, releases and pushes in memory behind the real interface."""

from relengotron.systems.bodhi.simulated.app import create_app
from relengotron.systems.bodhi.simulated.era import Era
from relengotron.systems.bodhi.simulated.rows import Bug, Build
from relengotron.systems.bodhi.simulated.service import SimulatedBodhi

__all__ = ["Bug", "Build", "Era", "SimulatedBodhi", "create_app"]
