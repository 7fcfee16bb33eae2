"""How does a ``requests`` session speak to a WSGI application without a socket?"""

import io
from collections.abc import Callable, Iterable, Mapping
from http.client import HTTPMessage
from types import TracebackType
from typing import Any, cast
from urllib.parse import unquote_to_bytes, urlsplit
from wsgiref.types import WSGIApplication, WSGIEnvironment

from requests import ConnectionError, PreparedRequest, ReadTimeout, Response
from requests.adapters import HTTPAdapter
from urllib3 import HTTPHeaderDict, HTTPResponse
from urllib3.connectionpool import ConnectionPool
from urllib3.exceptions import MaxRetryError, NewConnectionError

IN_PROCESS = "relengotron.in_process"
CALLER_TIMEOUT = "relengotron.timeout"

Timeout = float | tuple[float | None, float | None] | None
ExcInfo = tuple[type[BaseException], BaseException, TracebackType] | tuple[None, None, None]


class ConnectionLost(Exception):
    """The stand-in hung up before the answer was sent."""


class ConnectionNotMade(Exception):
    """The stand-in did not even accept the call: nothing was done."""


class TooSlow(Exception):
    """The stand-in is slower than the caller's time-out."""


class WsgiAdapter(HTTPAdapter):
    """Answers the requests of a session by calling a WSGI application in the caller's thread.

    Mount it: ``session.mount("http://resultsdb.sim", WsgiAdapter(app))``. Redirects, cookies, streaming
    and ``iter_content`` work as over a socket; a body is complete before the caller sees its first byte.
    """

    def __init__(self, app: WSGIApplication) -> None:
        super().__init__()
        self.app = app

    def send(
        self,
        request: PreparedRequest,
        stream: bool = False,
        timeout: Timeout | Any = None,
        verify: bool | str = True,
        cert: bytes | str | tuple[bytes | str, bytes | str] | None = None,
        proxies: Mapping[str, str] | None = None,
    ) -> Response:
        """Call the application; what would break a connection raises what ``requests`` would raise."""
        environ = _environ_of(request, _read_timeout(timeout))
        try:
            answer = _run(self.app, environ)
        except ConnectionNotMade as lost:
            raise _refused(request, lost) from lost
        except ConnectionLost as lost:
            raise ConnectionError(str(lost), request=request) from lost
        except TooSlow as lost:
            raise ReadTimeout(str(lost), request=request) from lost
        response = self.build_response(request, answer)
        if not stream:
            _ = response.content
        return response


def _read_timeout(timeout: Timeout) -> float | None:
    return timeout[1] if isinstance(timeout, tuple) else timeout


def _refused(request: PreparedRequest, reason: Exception) -> ConnectionError:
    nobody = cast(Any, None)
    cause = MaxRetryError(cast(ConnectionPool, nobody), str(request.url), NewConnectionError(nobody, str(reason)))
    return ConnectionError(cause, request=request)


def _body_bytes(body: object) -> bytes:
    if body is None:
        return b""
    if isinstance(body, str):
        return body.encode()
    if isinstance(body, bytes | bytearray):
        return bytes(body)
    if hasattr(body, "read"):
        return cast(bytes, body.read())
    return b"".join(cast(Iterable[bytes], body))


def _environ_of(request: PreparedRequest, timeout: float | None) -> WSGIEnvironment:
    parts = urlsplit(str(request.url))
    body = _body_bytes(request.body)
    environ: WSGIEnvironment = {
        "REQUEST_METHOD": request.method or "GET",
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote_to_bytes(parts.path or "/").decode("latin-1"),
        "QUERY_STRING": parts.query,
        "REQUEST_URI": (parts.path or "/") + (f"?{parts.query}" if parts.query else ""),
        "SERVER_NAME": parts.hostname or "localhost",
        "SERVER_PORT": str(parts.port or (443 if parts.scheme == "https" else 80)),
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": parts.scheme,
        "wsgi.input": io.BytesIO(body),
        "wsgi.errors": io.StringIO(),
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
        IN_PROCESS: True,
        CALLER_TIMEOUT: timeout,
        "HTTP_HOST": parts.netloc.rpartition("@")[2],
    }
    for name, value in request.headers.items():
        text = value.decode("latin-1") if isinstance(value, bytes) else str(value)
        environ[f"HTTP_{name.upper().replace('-', '_')}"] = text
    environ["CONTENT_TYPE"] = environ.pop("HTTP_CONTENT_TYPE", "")
    environ.pop("HTTP_CONTENT_LENGTH", None)
    environ.pop("HTTP_TRANSFER_ENCODING", None)
    environ["CONTENT_LENGTH"] = str(len(body))
    return environ


class _Head:
    """Status and headers as urllib3 and the cookie jar want to see them."""

    def __init__(self, headers: list[tuple[str, str]]) -> None:
        self.msg = HTTPMessage()
        for name, value in headers:
            self.msg.add_header(name, value)

    def isclosed(self) -> bool:
        return True

    def close(self) -> None:
        """There is no socket to close."""


def _run(app: WSGIApplication, environ: WSGIEnvironment) -> HTTPResponse:
    started: list[tuple[str, list[tuple[str, str]]]] = []
    written: list[bytes] = []

    def start_response(
        status: str, headers: list[tuple[str, str]], exc_info: ExcInfo | None = None, /
    ) -> Callable[[bytes], object]:
        started.append((status, headers))
        return written.append

    chunks = app(environ, start_response)
    try:
        written.extend(chunks)
    finally:
        close = getattr(chunks, "close", None)
        if close is not None:
            close()
    status, headers = started[-1]
    code, _, reason = status.partition(" ")
    return HTTPResponse(
        body=io.BytesIO(b"".join(written)),
        headers=HTTPHeaderDict(headers),
        status=int(code),
        reason=reason,
        version=11,
        preload_content=False,
        request_method=environ["REQUEST_METHOD"],
        original_response=cast(Any, _Head(headers)),
    )
