"""A ResultsDB to rehearse with: the rules of API v2.0 on rows in memory."""

from relengotron.systems.resultsdb.simulated.app import create_app
from relengotron.systems.resultsdb.simulated.service import SimulatedResultsDb

__all__ = ["SimulatedResultsDb", "create_app"]
