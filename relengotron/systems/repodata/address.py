"""Where is a repo, and where are the files that it names?"""

from dataclasses import dataclass
from pathlib import Path
from typing import Self
from urllib.parse import SplitResult, quote, unquote, urlsplit

from relengotron.errors import MalformedInput

_OVER_HTTP = frozenset({"http", "https"})
_SPACE = " "
_DELETE = "\x7f"


@dataclass(frozen=True, slots=True)
class Address:
    """The directory that holds ``repodata/``, reached by ``http``, ``https`` or ``file``."""

    scheme: str
    netloc: str
    path: str

    @classmethod
    def parse(cls, url: str) -> Self:
        """Read a repo's URL.

        Raises:
            MalformedInput: it is no such URL.
        """
        parts = _split(url)
        if not _is_usable(parts):
            raise MalformedInput(f"not the URL of a repo (http, https or file, no query): {_shown(parts)}")
        return cls(parts.scheme, parts.netloc, parts.path.rstrip("/"))

    @property
    def is_local(self) -> bool:
        """Whether the repo is a directory of this machine."""
        return self.scheme == "file"

    @property
    def host(self) -> str:
        """The host and the port, without a name and a password."""
        return self.netloc.rpartition("@")[2]

    def url_of(self, href: str) -> str:
        """The URL of a file of the repo."""
        return f"{self.scheme}://{self.netloc}{self.path}/{quote(href)}"

    def path_of(self, href: str) -> Path:
        """The place of a file of a local repo."""
        return Path(unquote(self.path) or "/", href)

    def __str__(self) -> str:
        """For people and logs: a password in the URL is not shown."""
        return f"{self.scheme}://{self.host}{self.path}"


def is_inside(href: str) -> bool:
    """Whether a name from metadata stays below the repo, wherever it is read: a relative path of ordinary segments."""
    segments = href.split("/")
    return (
        not any(each in {"", ".", ".."} for each in segments)
        and ":" not in segments[0]
        and not any(sign < _SPACE or sign == _DELETE or sign == "\\" for sign in href)
    )


def _split(url: str) -> SplitResult:
    try:
        return urlsplit(url)
    except ValueError as wrong:
        raise MalformedInput(f"not the URL of a repo: {wrong}") from wrong


def _is_usable(parts: SplitResult) -> bool:
    if parts.query or parts.fragment:
        return False
    if parts.scheme == "file":
        return parts.netloc in {"", "localhost"} and parts.path.startswith("/")
    return parts.scheme in _OVER_HTTP and bool(parts.hostname)


def _shown(parts: SplitResult) -> str:
    return repr(parts._replace(netloc=parts.netloc.rpartition("@")[2], query="").geturl())
