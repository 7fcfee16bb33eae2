"""What does the hub look like from the network: XML-RPC over POST at /kojihub?"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from io import BytesIO
from typing import Any
from urllib.parse import parse_qs

from koji import xmlrpcplus

from .hub import Credentials, Hub, fault_for

Environ = dict[str, Any]
StartResponse = Callable[..., Any]
Application = Callable[[Environ, StartResponse], Iterable[bytes]]

PATH = "/kojihub"


def wsgi_app(hub: Hub) -> Application:
    """A WSGI application that serves this hub."""

    def serve(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        path = environ.get("SCRIPT_NAME", "") + environ.get("PATH_INFO", "")
        if not path.rstrip("/").endswith(PATH):
            return _plain(start_response, "404 Not Found", "No such page here.\n")
        if environ["REQUEST_METHOD"] != "POST":
            text = "Method Not Allowed\nThis is an XML-RPC server. Only POST requests are accepted.\n"
            return _plain(start_response, "405 Method Not Allowed", text, ("Allow", "POST"))
        body = _answer(hub, environ).encode()
        headers = [("Content-Type", "text/xml"), ("Content-Length", str(len(body)))]
        start_response("200 OK", headers)
        return [body]

    return serve


def _plain(start_response: StartResponse, status: str, text: str, *more: tuple[str, str]) -> list[bytes]:
    body = text.encode()
    start_response(status, [("Content-Type", "text/plain"), ("Content-Length", str(len(body))), *more])
    return [body]


def _answer(hub: Hub, environ: Environ) -> str:
    try:
        value = _value(hub, environ)
        return str(xmlrpcplus.dumps((value,), methodresponse=1))
    except Exception as error:  # noqa: BLE001 - every failure travels to the client as a fault
        return str(xmlrpcplus.dumps(fault_for(error)))


def _value(hub: Hub, environ: Environ) -> Any:
    query = {key: values[0] for key, values in parse_qs(environ.get("QUERY_STRING", "")).items()}
    remote, credentials = environ.get("REMOTE_ADDR", "-"), _credentials(environ, query)
    body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    if environ.get("CONTENT_TYPE", "").startswith("application/octet-stream"):
        return hub.upload(query, BytesIO(body), credentials, remote)
    params, method = xmlrpcplus.loads(body)
    return hub.answer(method, list(params), credentials, remote)


def _credentials(environ: Environ, query: dict[str, str]) -> Credentials | None:
    """Session id, key and call number: in headers, or in the URL as clients before 1.31 did."""
    if "HTTP_KOJI_SESSION_ID" in environ:
        number = environ.get("HTTP_KOJI_SESSION_CALLNUM", environ.get("HTTP_KOJI_CALLNUM"))
        return int(environ["HTTP_KOJI_SESSION_ID"]), environ.get("HTTP_KOJI_SESSION_KEY", ""), number
    if "session-id" in query and "session-key" in query:
        return int(query["session-id"]), query["session-key"], query.get("callnum")
    return None
