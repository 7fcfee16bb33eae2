"""How does a stand-in misbehave on request, and what was asked of it?"""

import io
import re
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from enum import Enum
from http import HTTPStatus
from typing import cast
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from waitress.channel import ClientDisconnected

from relengotron.errors import PowerCut
from relengotron.systems.inprocess import CALLER_TIMEOUT, IN_PROCESS, ConnectionLost, ConnectionNotMade, TooSlow

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


@dataclass(frozen=True, slots=True)
class Call:
    """One request as it arrived; ``url`` is the path with its query string."""

    method: str
    url: str
    body: bytes

    @property
    def path(self) -> str:
        """The path alone."""
        return self.url.partition("?")[0]


class Kind(Enum):
    """What may go wrong with one call, seen from the caller."""

    STATUS = "an error status instead of doing it"
    LOST_ANSWER = "done, but the connection breaks before the answer"
    REFUSED = "not done, no connection"
    HANG = "not done, no answer for a long time, then the connection breaks"
    DELAY = "done, but the answer comes late"
    GARBAGE = "not done, an answer that makes no sense"
    HALF = "done, but only the first half of the answer arrives"


@dataclass(slots=True)
class Rule:
    """Calls it matches, after letting ``skip`` of them pass, misbehave ``times`` times (None: always)."""

    kind: Kind
    method: str = ".*"
    url: str = ""
    body: str | None = None
    times: int | None = 1
    skip: int = 0
    status: int = 503
    text: str = "<html><body>It is not you, it is us.</body></html>"
    content_type: str = "text/html"
    seconds: float = 0.0
    seen: int = field(default=0, init=False)

    def wants(self, call: Call) -> bool:
        """Whether this call is to be spoilt; counts the matching calls. Held under the owner's lock."""
        if not re.fullmatch(self.method, call.method) or not re.search(self.url, call.url):
            return False
        if self.body is not None and not re.search(self.body.encode(), call.body):
            return False
        self.seen += 1
        return self.seen > self.skip and (self.times is None or self.seen <= self.skip + self.times)


class PowerSupply:
    """Counts effects and cuts the power before or after the n-th; several stand-ins may share one."""

    def __init__(self, *, cut_before: int | None = None, cut_after: int | None = None) -> None:
        self.cut_before = cut_before
        self.cut_after = cut_after
        self.effects = 0
        self._lock = threading.Lock()

    def begin_effect(self, name: str = "an effect") -> int:
        """Number the effect that is about to happen; ``name`` is for those who write down what there was."""
        with self._lock:
            self.effects += 1
            number = self.effects
        if number == self.cut_before:
            raise PowerCut(f"before effect {number}")
        return number

    def end_effect(self, number: int) -> None:
        """The effect is done."""
        if number == self.cut_after:
            raise PowerCut(f"after effect {number}")


def _is_effect_by_method(call: Call) -> bool:
    return call.method not in SAFE_METHODS


def _name_by_address(call: Call) -> str:
    return f"{call.method} {call.path}"


class Mischief:
    """A WSGI application around another one: keeps a log of the calls and spoils those a rule asks for.

    ``is_effect`` says which calls change something (services that read by POST need their own), and ``name_of`` how
    the power supply is told of one.
    """

    def __init__(
        self,
        app: WSGIApplication,
        *,
        power: PowerSupply | None = None,
        is_effect: Callable[[Call], bool] = _is_effect_by_method,
        name_of: Callable[[Call], str] = _name_by_address,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.app = app
        self.power = power or PowerSupply()
        self.rules: list[Rule] = []
        self.calls: list[Call] = []
        self.before_effect: list[Callable[[Call], None]] = []
        self.after_effect: list[Callable[[Call], None]] = []
        self._is_effect = is_effect
        self._name_of = name_of
        self._sleep = sleep
        self._lock = threading.Lock()

    def misbehave(self, rule: Rule) -> Rule:
        """Add one rule; the first rule that wants a call gets it."""
        with self._lock:
            self.rules.append(rule)
        return rule

    def behave(self) -> None:
        """Forget every rule."""
        with self._lock:
            self.rules.clear()

    def count(self, method: str = ".*", url: str = "") -> int:
        """How many calls of this kind arrived, spoilt ones included."""
        with self._lock:
            return sum(bool(re.fullmatch(method, c.method) and re.search(url, c.url)) for c in self.calls)

    def forget_calls(self) -> None:
        """Start counting anew."""
        with self._lock:
            self.calls.clear()

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Serve one request, well or badly."""
        call = _read_call(environ)
        with self._lock:
            self.calls.append(call)
            rule = next((r for r in self.rules if r.wants(call)), None)
        try:
            if not self._is_effect(call):
                return self._serve(rule, environ, start_response)
            return self._serve_effect(call, rule, environ, start_response)
        except (ConnectionLost, ConnectionNotMade, TooSlow) as broken:
            if environ.get(IN_PROCESS):
                raise
            raise ClientDisconnected from broken

    def _serve_effect(
        self, call: Call, rule: Rule | None, environ: WSGIEnvironment, start_response: StartResponse
    ) -> Iterable[bytes]:
        number = self.power.begin_effect(self._name_of(call))
        for hook in self.before_effect:
            hook(call)
        chunks = list(_drain(self._serve(rule, environ, start_response)))
        for hook in self.after_effect:
            hook(call)
        self.power.end_effect(number)
        return chunks

    def _serve(self, rule: Rule | None, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        if rule is None:
            return self.app(environ, start_response)
        match rule.kind:
            case Kind.STATUS:
                return _answer(rule, rule.status, start_response)
            case Kind.GARBAGE:
                return _answer(rule, 200, start_response)
            case Kind.REFUSED:
                raise ConnectionNotMade("connection refused")
            case Kind.HANG:
                self._wait(rule.seconds, environ)
                raise ConnectionLost("hung, then closed without an answer")
            case Kind.LOST_ANSWER:
                list(_drain(self.app(environ, _swallow)))
                raise ConnectionLost("closed without an answer")
            case Kind.DELAY:
                chunks = list(_drain(self.app(environ, start_response)))
                self._wait(rule.seconds, environ)
                return chunks
            case Kind.HALF:
                return _half(self.app, environ, start_response)

    def _wait(self, seconds: float, environ: WSGIEnvironment) -> None:
        if not environ.get(IN_PROCESS):
            self._sleep(seconds)
            return
        timeout = cast("float | None", environ.get(CALLER_TIMEOUT))
        if timeout is None:
            raise AssertionError(f"the caller set no time-out and would wait {seconds} s")
        if seconds > timeout:
            raise TooSlow(f"no answer within {timeout} s")


def _read_call(environ: WSGIEnvironment) -> Call:
    length = int(environ.get("CONTENT_LENGTH") or 0)
    body = environ["wsgi.input"].read(length) if length else b""
    environ["wsgi.input"] = io.BytesIO(body)
    query = environ.get("QUERY_STRING", "")
    path = environ.get("SCRIPT_NAME", "") + environ.get("PATH_INFO", "")
    return Call(environ["REQUEST_METHOD"], f"{path}?{query}" if query else path, body)


def _drain(chunks: Iterable[bytes]) -> Iterator[bytes]:
    try:
        yield from chunks
    finally:
        close = getattr(chunks, "close", None)
        if close is not None:
            close()


def _swallow(status: str, headers: list[tuple[str, str]], exc_info: object = None, /) -> Callable[[bytes], object]:
    return bytes


def _answer(rule: Rule, status: int, start_response: StartResponse) -> list[bytes]:
    body = rule.text.encode()
    start_response(
        f"{status} {HTTPStatus(status).phrase}",
        [("Content-Type", rule.content_type), ("Content-Length", str(len(body)))],
    )
    return [body]


def _half(app: WSGIApplication, environ: WSGIEnvironment, start_response: StartResponse) -> list[bytes]:
    heads: list[tuple[str, list[tuple[str, str]]]] = []

    def keep(status: str, headers: list[tuple[str, str]], exc_info: object = None, /) -> Callable[[bytes], object]:
        heads.append((status, headers))
        return bytes

    whole = b"".join(_drain(app(environ, keep)))
    part = whole[: len(whole) // 2]
    status, headers = heads[-1]
    kept = [(name, value) for name, value in headers if name.lower() != "content-length"]
    start_response(status, [*kept, ("Content-Length", str(len(part)))])
    return [part]
