"""How is a Koji session opened, and who are we in it?"""

import threading
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any

import koji
import requests

from relengotron.errors import RequestRefused, SystemUnreachable
from relengotron.systems.koji.failures import SessionGone, koji_failures


class _Session(koji.ClientSession):  # type: ignore[misc]
    """Koji's own session on an HTTP connection that we choose."""

    opts: dict[str, Any]

    def __init__(self, hub: str, options: dict[str, Any], http: Callable[[], requests.Session]) -> None:
        self._http = http
        super().__init__(hub, options)

    def new_session(self) -> None:
        """Koji calls this at the start and after every broken connection."""
        super().new_session()
        self.rsession = self._http()

    def gssapi_login(self, *words: Any, **named: Any) -> Any:
        """Koji's own tries ``max_retries`` times: never, in a session that must not repeat itself."""
        own = self.opts
        self.opts = {**own, "max_retries": max(1, own["max_retries"])}
        try:
            return super().gssapi_login(*words, **named)
        finally:
            self.opts = own


@dataclass(frozen=True, slots=True)
class Login:
    """One way to prove who we are; without any field the session stays anonymous."""

    user: str | None = None
    password: str | None = None
    cert: str | None = None
    serverca: str | None = None
    principal: str | None = None
    keytab: str | None = None

    @property
    def is_anonymous(self) -> bool:
        """Whether there is nothing to log in with."""
        return self.password is None and self.cert is None and self.keytab is None and self.principal is None


class Sessions:
    """One reading and one writing session per thread: a Koji session may not be shared.

    Reads go anonymously (they are cheaper and may be repeated), writes logged in and without silent repeats. The
    sessions of a thread are closed when it ends.
    """

    def __init__(
        self,
        hub: str,
        login: Login,
        timeout: float,
        http: Callable[[], requests.Session] = requests.Session,
        *,
        pause: float = 1.0,
    ) -> None:
        """Nothing is opened before the first call; ``http`` makes the connection under every session.

        ``pause`` is the time in seconds before a read that got no answer is asked for the last time.
        """
        self._hub = hub
        self._login = login
        self._timeout = timeout
        self._http = http
        self._pause = pause
        self._own = threading.local()
        self._one_keytab_at_a_time = threading.Lock()

    @property
    def are_anonymous(self) -> bool:
        """Whether nobody is logged in anywhere: good for looking only."""
        return self._login.is_anonymous

    @property
    def reader(self) -> Any:
        """This thread's anonymous session."""
        if not hasattr(self._own, "reader"):
            self._own.reader = self._open(max_retries=2, anon_retry=True)
        return self._own.reader

    @property
    def writer(self) -> Any:
        """This thread's session under our own name.

        Raises:
            SystemUnreachable: we could not log in. A refused login is no verdict on what was to be done, and Koji
                tells an outage during a login by ticket or certificate as a refusal too.
        """
        if not hasattr(self._own, "writer"):
            session = self._open(max_retries=0, anon_retry=False)
            self._log_in(session)
            self._own.writer = session
        return self._own.writer

    def forget_writer(self) -> None:
        """Log in anew at the next write: the hub does not know this session any more."""
        if hasattr(self._own, "writer"):
            self._own.writer.setSession(None)
            del self._own.writer

    def _open(self, *, max_retries: int, anon_retry: bool) -> Any:
        options = {
            "timeout": self._timeout,
            "auth_timeout": self._timeout,
            "max_retries": max_retries,
            "retry_interval": self._pause,
            "anon_retry": anon_retry,
            "offline_retry": False,
            "user": self._login.user,
            "password": self._login.password,
        }
        return _Session(self._hub, options, self._http)

    def _log_in(self, session: Any) -> None:
        if self._login.is_anonymous:
            raise RequestRefused("Koji: this needs a login and systems.koji names none")
        try:
            with koji_failures(acting=False), self._turn():
                self._prove_who_we_are(session)
        except (RequestRefused, SessionGone) as refused:
            raise SystemUnreachable(f"Koji: cannot log in: {refused}") from refused
        except ImportError as missing:
            raise RequestRefused("Koji: to log in by keytab, install requests-gssapi") from missing

    def _turn(self) -> Any:
        """Koji names the keytab in the environment of the whole process."""
        return self._one_keytab_at_a_time if self._login.keytab is not None else nullcontext()

    def _prove_who_we_are(self, session: Any) -> None:
        login = self._login
        if login.cert is not None:
            session.ssl_login(login.cert, None, login.serverca)
        elif login.password is not None:
            session.login()
        else:
            session.gssapi_login(principal=login.principal, keytab=login.keytab)
