"""How is a REST service asked, and what do its failures mean for us?"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import quote

import requests
from urllib3.exceptions import MaxRetryError, NewConnectionError

from relengotron.errors import AnswerLost, MalformedInput, RequestRefused, SystemBusy, SystemUnreachable

CONNECT_TIMEOUT = 10.0
READ_TIMEOUT = 60.0
LONGEST_URL = 8000
_SAID_BY_SOMETHING_ELSE = frozenset({301, 302, 303, 307, 308, 401, 403, 404, 407})
"""Answers to a read that no service gives by itself: a proxy, a wall or a moved address does."""

Query = Mapping[str, str | Sequence[str]]


class HttpRefusal(RequestRefused):
    """A service said no with this status and this text."""

    def __init__(self, message: str, status: int, body: str) -> None:
        super().__init__(message)
        self.status = status
        self.body = body


class RestService:
    """One base URL that speaks JSON; every call has a time-out and ends in an answer or one of our errors."""

    def __init__(
        self,
        base_url: str,
        session: requests.Session | None = None,
        *,
        timeout: tuple[float, float] = (CONNECT_TIMEOUT, READ_TIMEOUT),
    ) -> None:
        self.base_url = base_url.rstrip("/")
        self._session = session or requests.Session()
        self._timeout = timeout

    def get(self, path: str, query: Query | None = None) -> Any:
        """The JSON answer to a question about something that is always there.

        Raises:
            SystemUnreachable: also when what stands before the service answers in its place.
        """
        try:
            return self._read(path, query)
        except HttpRefusal as refusal:
            if refusal.status in _SAID_BY_SOMETHING_ELSE:
                raise SystemUnreachable(str(refusal)) from refusal
            raise

    def _read(self, path: str, query: Query | None) -> Any:
        url = self.url(path, query)
        try:
            answer = self._session.get(url, headers={"Accept": "application/json"}, timeout=self._timeout)
        except requests.RequestException as broken:
            raise SystemUnreachable(f"GET {url}: {broken}") from broken
        if answer.status_code >= 500:
            raise SystemUnreachable(f"GET {url}: {_said(answer)}")
        _refuse_unless_answered(answer, f"GET {url}")
        try:
            return answer.json()
        except ValueError as wrong:
            raise SystemUnreachable(f"GET {url}: something else answered: {_said(answer)}") from wrong

    def find(self, path: str, query: Query | None = None) -> Any | None:
        """The JSON answer, or None when the service does not know this."""
        try:
            return self._read(path, query)
        except HttpRefusal as refusal:
            if refusal.status == 404:
                return None
            if refusal.status in _SAID_BY_SOMETHING_ELSE:
                raise SystemUnreachable(str(refusal)) from refusal
            raise

    def post(self, path: str, body: Mapping[str, Any]) -> Any:
        """The JSON answer to an effect; AnswerLost when nobody knows whether it happened."""
        url = self.url(path)
        try:
            answer = self._session.post(
                url, json=body, headers={"Accept": "application/json"}, timeout=self._timeout, allow_redirects=False
            )
        except requests.RequestException as broken:
            error = SystemUnreachable if _never_connected(broken) else AnswerLost
            raise error(f"POST {url}: {broken}") from broken
        if answer.status_code >= 500:
            error = SystemUnreachable if answer.status_code == 503 else AnswerLost
            raise error(f"POST {url}: {_said(answer)}")
        _refuse_unless_answered(answer, f"POST {url}")
        try:
            return answer.json()
        except ValueError as wrong:
            raise AnswerLost(f"POST {url}: something else answered: {_said(answer)}") from wrong

    def log_in(self, login: Callable[[str, requests.Session, tuple[float, float]], None]) -> None:
        """Let a way to log in put its cookies into the session."""
        login(self.base_url, self._session, self._timeout)

    def url(self, path: str, query: Query | None = None) -> str:
        """The whole URL; lists are joined by commas."""
        return f"{self.base_url}{path}{encoded(query)}"


def encoded(query: Query | None) -> str:
    """A query string with its question mark; commas and colons stay readable."""
    pairs = ((key, value if isinstance(value, str) else ",".join(value)) for key, value in (query or {}).items())
    text = "&".join(f"{quote(key, safe=':')}={quote(value, safe=',:')}" for key, value in pairs)
    return f"?{text}" if text else ""


def path_segment(text: str) -> str:
    """Text from outside as one segment of a path."""
    if text in {"", ".", ".."}:
        raise MalformedInput(f"not usable in a URL: {text!r}")
    return quote(text, safe="")


def searchable(values: Collection[str], what: str) -> tuple[str, ...]:
    """The values, each once, if a comma-separated parameter can carry them."""
    for value in values:
        if not value.strip() or value != value.strip() or "," in value:
            raise MalformedInput(f"cannot be searched as {what}: {value!r}")
    return tuple(dict.fromkeys(values))


def chunks(values: Sequence[str], room: int, most: int | None = None) -> Iterator[tuple[str, ...]]:
    """The values in as few lists as fit into ``room`` bytes of URL, with at most ``most`` values each."""
    taken: list[str] = []
    used = 0
    for value in values:
        size = len(quote(value, safe=":")) + 1
        if size > room:
            raise MalformedInput(f"too long for a URL: {value[:60]!r}")
        if taken and (used + size > room or len(taken) == most):
            yield tuple(taken)
            taken, used = [], 0
        taken.append(value)
        used += size
    if taken:
        yield tuple(taken)


def _refuse_unless_answered(answer: requests.Response, what: str) -> None:
    if answer.status_code in {408, 429}:
        raise SystemBusy(f"{what}: {_said(answer)}")
    if answer.status_code >= 400 or 300 < answer.status_code < 400:
        raise HttpRefusal(f"{what}: {_said(answer)}", answer.status_code, answer.text)


def _said(answer: requests.Response) -> str:
    return f"{answer.status_code} {' '.join(answer.text[:300].split())}"


def _never_connected(broken: requests.RequestException) -> bool:
    if isinstance(broken, requests.ConnectTimeout):
        return True
    cause = broken.args[0] if broken.args else None
    return isinstance(cause, MaxRetryError) and isinstance(cause.reason, NewConnectionError)
