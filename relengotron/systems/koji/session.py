"""How a Koji session is opened, and what its failures mean to us."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from xmlrpc.client import Fault, ResponseError

import koji
import requests

from relengotron.errors import AnswerLost, NotTaggedThere, RequestRefused, SystemUnreachable


class _Session(koji.ClientSession):  # type: ignore[misc]
    """Koji's own session on an HTTP connection that we choose."""

    def __init__(self, hub: str, options: dict[str, Any], http: Callable[[], requests.Session]) -> None:
        self._http = http
        super().__init__(hub, options)

    def new_session(self) -> None:
        """Koji calls this at the start and after every broken connection."""
        super().new_session()
        self.rsession = self._http()


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

    Reads go anonymously (they are cheaper and may be repeated), writes logged in and without silent repeats.
    """

    def __init__(
        self,
        hub: str,
        login: Login,
        timeout: float,
        http: Callable[[], requests.Session] = requests.Session,
    ) -> None:
        """Nothing is opened before the first call; ``http`` makes the connection under every session."""
        self._hub = hub
        self._login = login
        self._timeout = timeout
        self._http = http
        self._own = threading.local()

    @property
    def reader(self) -> Any:
        """This thread's anonymous session."""
        if not hasattr(self._own, "reader"):
            self._own.reader = self._open(max_retries=2, anon_retry=True)
        return self._own.reader

    @property
    def writer(self) -> Any:
        """This thread's session under our own name."""
        if not hasattr(self._own, "writer"):
            session = self._open(max_retries=0, anon_retry=False)
            with koji_failures(acting=False):
                self._log_in(session)
            self._own.writer = session
        return self._own.writer

    def forget_writer(self) -> None:
        """Log in anew at the next write: the hub does not know this session any more."""
        if hasattr(self._own, "writer"):
            del self._own.writer

    def _open(self, *, max_retries: int, anon_retry: bool) -> Any:
        options = {
            "timeout": self._timeout,
            "auth_timeout": self._timeout,
            "max_retries": max_retries,
            "retry_interval": 1,
            "anon_retry": anon_retry,
            "offline_retry": False,
            "user": self._login.user,
            "password": self._login.password,
        }
        return _Session(self._hub, options, self._http)

    def _log_in(self, session: Any) -> None:
        login = self._login
        if login.is_anonymous:
            raise RequestRefused("Koji: this needs a login and systems.koji names none")
        if login.cert is not None:
            session.ssl_login(login.cert, None, login.serverca)
        elif login.password is not None:
            session.login()
        else:
            session.gssapi_login(principal=login.principal, keytab=login.keytab)


@contextmanager
def koji_failures(*, acting: bool) -> Iterator[None]:
    """Turn what Koji and the network raise into our own errors.

    A broken connection during an acting call means that nobody knows whether it was carried out; RetryError means that
    it was, and that its answer is lost.
    """
    unknown = AnswerLost if acting else SystemUnreachable
    try:
        yield
    except koji.RetryError as lost:
        raise AnswerLost(f"Koji did it and the answer was lost: {lost}") from lost
    except koji.ServerOffline as offline:
        raise SystemUnreachable(f"Koji is offline: {offline}") from offline
    except (koji.AuthExpired, koji.AuthLockError) as expired:
        raise SystemUnreachable(f"the Koji session is no longer good: {expired}") from expired
    except koji.TagError as refused:
        if "not in tag" in str(refused):
            raise NotTaggedThere(f"Koji: {refused}") from refused
        raise RequestRefused(f"Koji: {refused}") from refused
    except koji.GenericError as refused:
        raise RequestRefused(f"Koji: {refused}") from refused
    except requests.exceptions.ConnectTimeout as silent:
        raise SystemUnreachable(f"Koji does not answer: {silent}") from silent
    except (requests.exceptions.RequestException, ResponseError, OSError) as broken:
        raise unknown(f"Koji does not answer: {broken}") from broken
    except Fault as fault:
        last_line = str(fault.faultString).strip().rsplit("\n", 1)[-1]
        raise SystemUnreachable(f"Koji failed inside: {last_line}") from fault
