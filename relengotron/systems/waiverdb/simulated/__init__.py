"""A WaiverDB to rehearse with: the rules of API v1.0 on rows in memory."""

from relengotron.systems.waiverdb.simulated.app import create_app
from relengotron.systems.waiverdb.simulated.service import SimulatedWaiverDb

__all__ = ["SimulatedWaiverDb", "create_app"]
