"""How do readers reach the lab's mirror?"""

import threading
from pathlib import Path
from types import TracebackType
from typing import Self

from waitress.server import create_server

from relengotron.systems.mirror.simulated import static_app

_PATIENCE = 5.0


class MirrorServer:
    """A web server in front of a folder, on loopback, in a thread of its own."""

    def __init__(self, root: Path, *, host: str = "127.0.0.1", port: int = 0, threads: int = 4) -> None:
        root.mkdir(parents=True, exist_ok=True)
        self._server = create_server(static_app(root), host=host, port=port, threads=threads, ident=None)
        self._thread = threading.Thread(target=self._server.run, name="lab-mirror", daemon=True)
        self.url = f"http://{host}:{self._server.effective_port}"

    def start(self) -> Self:
        """Readers get answers from now on."""
        self._thread.start()
        return self

    def close(self) -> None:
        """No reader gets an answer any more, and the port is free."""
        self._server.trigger.pull_trigger(self._hang_up)
        self._thread.join(_PATIENCE)
        self._server.task_dispatcher.shutdown(timeout=_PATIENCE)

    def _hang_up(self) -> None:
        """In the server's own loop, which ends when nothing is open any more: kept-alive connections count."""
        for channel in list(self._server.active_channels.values()):
            channel.handle_close()
        self._server.close()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
