"""What does a cache in front of a mirror answer? It keeps every answer for ever, until it is told to forget it."""

import threading
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

Answer = tuple[str, list[tuple[str, str]], bytes]


class SimulatedCache:
    """A WSGI app before another one. With ``token`` only who shows it may purge; ``forgets`` off, it lies about it."""

    def __init__(self, origin: "WSGIApplication", *, token: str | None = None, header: str = "Fastly-Key") -> None:
        """Nothing is kept yet."""
        self.origin = origin
        self.token = token
        self.forgets = True
        self.purged: list[str] = []
        self._header = f"HTTP_{header.upper().replace('-', '_')}"
        self._kept: dict[str, Answer] = {}
        self._lock = threading.Lock()

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        """Answer from what is kept, or ask; ``PURGE`` forgets one address."""
        path = str(environ.get("PATH_INFO", ""))
        if environ["REQUEST_METHOD"] == "PURGE":
            status, headers, body = self._purge(path, environ)
        else:
            status, headers, body = self._get(path, environ)
        start_response(status, headers)
        return [b"" if environ["REQUEST_METHOD"] == "HEAD" else body]

    def _purge(self, path: str, environ: "WSGIEnvironment") -> Answer:
        if self.token is not None and environ.get(self._header) != self.token:
            return _said("403 Forbidden", b"you may not purge\n")
        with self._lock:
            self.purged.append(path.removeprefix("/"))
            if self.forgets:
                self._kept.pop(path, None)
        return _said("200 OK", b'{"status": "ok"}\n')

    def _get(self, path: str, environ: "WSGIEnvironment") -> Answer:
        with self._lock:
            known = self._kept.get(path)
        if known is not None:
            return known
        answer = self._ask({**environ, "REQUEST_METHOD": "GET"})
        with self._lock:
            self._kept[path] = answer
        return answer

    def _ask(self, environ: "WSGIEnvironment") -> Answer:
        environ = {key: value for key, value in environ.items() if not key.startswith("HTTP_IF_")}
        heads: list[tuple[str, list[tuple[str, str]]]] = []

        def begin(status: str, headers: list[tuple[str, str]], exc_info: object = None, /) -> Callable[[bytes], object]:
            heads.append((status, headers))
            return bytes

        chunks = self.origin(environ, begin)
        try:
            body = b"".join(chunks)
        finally:
            if close := getattr(chunks, "close", None):
                close()
        status, headers = heads[-1]
        return status, headers, body


def _said(status: str, body: bytes) -> Answer:
    return status, [("Content-Type", "text/plain"), ("Content-Length", str(len(body)))], body
