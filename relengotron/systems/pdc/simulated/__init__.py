"""A PDC server to rehearse with: plain rows in memory behind the real REST interface."""

from relengotron.systems.pdc.simulated.app import wsgi_app
from relengotron.systems.pdc.simulated.state import PdcState

__all__ = ["PdcState", "wsgi_app"]
