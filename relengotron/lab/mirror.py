"""How do readers reach the lab's mirror?"""

from pathlib import Path

from relengotron.lab.web import WebServer
from relengotron.systems.mirror.simulated import static_app


class MirrorServer(WebServer):
    """A web server in front of a folder, on loopback, in a thread of its own."""

    def __init__(self, root: Path, *, port: int = 0, threads: int = 4) -> None:
        """Bind the port; readers get answers from ``start`` on."""
        root.mkdir(parents=True, exist_ok=True)
        super().__init__(static_app(root), port, threads)
