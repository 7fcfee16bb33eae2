"""What does the web server in front of a mirror's tree answer?"""

import mimetypes
import os
import stat
from collections.abc import Iterable, Iterator
from email.utils import formatdate
from io import BufferedReader
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

_CHUNK = 1 << 16
_HIDDEN = ".relengotron"


def static_app(root: Path) -> "WSGIApplication":
    """A WSGI app that shows the plain files below a root, and nothing outside or hidden."""
    top = root.resolve()

    def app(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        if environ["REQUEST_METHOD"] not in {"GET", "HEAD"}:
            return _refuse(start_response, "405 Method Not Allowed")
        file = _opened(top, environ.get("PATH_INFO", ""))
        if file is None:
            return _refuse(start_response, "404 Not Found")
        return _answer(file, environ, start_response)

    return app


def _refuse(start_response: "StartResponse", status: str) -> Iterable[bytes]:
    body = f"{status}\n".encode()
    start_response(status, [("Content-Type", "text/plain"), ("Content-Length", str(len(body)))])
    return [body]


def _opened(top: Path, path_info: str) -> BufferedReader | None:
    """The plain file behind a path, opened once: what happens to its name later does not matter to this reader."""
    try:
        path = path_info.encode("latin-1").decode("utf-8").removeprefix("/")
        parts = path.split("/")
        if any(part in {"", ".", ".."} or part.startswith(_HIDDEN) for part in parts):
            return None
        place = (top / path).resolve()
        if not place.is_relative_to(top):
            return None
        return _plain(place)
    except (OSError, ValueError):
        return None


def _plain(place: Path) -> BufferedReader | None:
    descriptor = os.open(place, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        return None
    return os.fdopen(descriptor, "rb")


def _answer(file: BufferedReader, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
    facts = os.fstat(file.fileno())
    etag = f'"{facts.st_ino:x}-{facts.st_mtime_ns:x}-{facts.st_size:x}"'
    headers = [("ETag", etag), ("Last-Modified", formatdate(facts.st_mtime, usegmt=True))]
    if etag in environ.get("HTTP_IF_NONE_MATCH", "").split(", "):
        file.close()
        start_response("304 Not Modified", headers)
        return []
    kind = mimetypes.guess_type(environ.get("PATH_INFO", ""))[0] or "application/octet-stream"
    headers += [("Content-Type", kind), ("Content-Length", str(facts.st_size))]
    start_response("200 OK", headers)
    if environ["REQUEST_METHOD"] == "HEAD":
        file.close()
        return []
    return _Chunks(file)


class _Chunks:
    """A file's content in pieces; the server closes it whether or not the reader stayed to the end."""

    def __init__(self, file: BufferedReader) -> None:
        self._file = file

    def __iter__(self) -> Iterator[bytes]:
        while chunk := self._file.read(_CHUNK):
            yield chunk

    def close(self) -> None:
        self._file.close()
