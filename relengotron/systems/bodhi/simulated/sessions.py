"""Who is logged in, and which token must a change carry?"""

import secrets
import threading
from collections.abc import Callable
from dataclasses import dataclass

from relengotron.systems.bodhi.simulated.refusal import Refusal


@dataclass(slots=True)
class _Session:
    user: str | None
    token: str = ""
    expires: float = 0.0


class Sessions:
    """Cookies and their CSRF tokens; a token dies after its lifetime or when told so."""

    def __init__(self, clock: Callable[[], float], lifetime: float) -> None:
        self._clock = clock
        self._lifetime = lifetime
        self._sessions: dict[str, _Session] = {}
        self._lock = threading.Lock()

    def open(self, user: str | None = None) -> str:
        """A new cookie, of nobody or of somebody who logged in."""
        cookie = secrets.token_hex(16)
        with self._lock:
            self._sessions[cookie] = _Session(user)
        return cookie

    def user_of(self, cookie: str) -> str | None:
        """Whose cookie this is."""
        with self._lock:
            session = self._sessions.get(cookie)
            return session.user if session else None

    def knows(self, cookie: str) -> bool:
        """Whether this cookie came from here."""
        with self._lock:
            return cookie in self._sessions

    def token_of(self, cookie: str) -> str:
        """The CSRF token of this session, a fresh one if the last has expired."""
        with self._lock:
            session = self._sessions[cookie]
            if not session.token or session.expires <= self._clock():
                session.token = secrets.token_hex(20)
                session.expires = self._clock() + self._lifetime
            return session.token

    def check(self, cookie: str, token: object) -> None:
        """Refuse a change whose token is missing, expired or of another session."""
        if not token:
            raise Refusal("body", "csrf_token", "Required")
        with self._lock:
            session = self._sessions.get(cookie)
            if not session or session.token != token or session.expires <= self._clock():
                raise Refusal("body", "csrf_token", "CSRF tokens do not match.")

    def end_all(self) -> None:
        """Everybody must log in again; the cookies are known no more."""
        with self._lock:
            self._sessions.clear()

    def expire_tokens(self) -> None:
        """Every token dies now."""
        with self._lock:
            for session in self._sessions.values():
                session.expires = 0.0
