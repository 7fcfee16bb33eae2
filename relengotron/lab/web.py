"""How does a stand-in answer on a real port? A web server in a thread of its own."""

import logging
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Any, Self

from waitress.server import create_server

from relengotron.lab.place import HOST

LONGEST_UPLOAD = 1 << 30
CLOSES_WITHIN = 5.0


class WebServer:
    """One WSGI application on one port of loopback."""

    def __init__(self, app: Any, port: int = 0, threads: int = 8) -> None:
        """Bind the port; nobody is answered before ``start``."""
        logging.getLogger("waitress.queue").setLevel(logging.ERROR)  # a builder and a daemon may queue
        self._server = create_server(
            app,
            host=HOST,
            port=port,
            threads=threads,
            ident=None,
            max_request_body_size=LONGEST_UPLOAD,
            clear_untrusted_proxy_headers=True,
        )
        self.url = f"http://{HOST}:{self._server.effective_port}"
        self._thread = threading.Thread(target=self._server.run, name=f"web-{self.url}", daemon=True)

    def start(self) -> Self:
        """Answer from now on, in a thread of its own."""
        self._thread.start()
        return self

    def put_before(self, wrap: Callable[[Any], Any]) -> None:
        """Let something stand between callers and the application, such as one that loses answers."""
        self._server.application = wrap(self._server.application)

    def serve(self) -> None:
        """Answer in this thread."""
        self._server.run()

    def close(self) -> None:
        """Nobody gets an answer any more, and the port is free."""
        # What is being answered ends first: a thread that comes back to a closed server stumbles.
        self._server.task_dispatcher.shutdown(timeout=CLOSES_WITHIN)
        self._server.trigger.pull_trigger(self._hang_up)
        if self._thread.ident is not None:
            self._thread.join(CLOSES_WITHIN)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _hang_up(self) -> None:
        """In the server's own loop, which ends when nothing is open any more: kept-alive connections count."""
        for channel in list(self._server.active_channels.values()):
            channel.handle_close()
        self._server.close()
