"""How does one request become one answer, all or nothing?"""

from __future__ import annotations

import inspect
import shutil
import tempfile
import threading
import time
import traceback
import weakref
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, BinaryIO

import koji
from koji.xmlrpcplus import Fault

from . import (  # noqa: F401 - importing them registers their calls
    builder,
    builds_by_task,
    built,
    cloning,
    externalrepos,
    history,
    images,
    odds,
    rpms,
    snapshots,
    tasklists,
)
from .call import EXPOSED, Call, Session
from .hosts import BUILT_IN_CHANNELS, add_channel_row
from .policy import Policy
from .sessions import identify, remember_number
from .store import Row, Store
from .uploads import receive
from .users import BUILT_IN_PERMISSIONS, HOST, add_permission, add_user

Announce = Callable[[str, Row], None]
Credentials = tuple[int, str, str | None]

TRIAL_USERS: Mapping[str, str] = {
    "admin": "adminpw",
    "relengotron": "botpw",
    "plain": "plainpw",
    "kojira": "kojirapw",
    "shadow": "shadowpw",
}
TRIAL_HOST_PASSWORD = "hostpw"  # noqa: S105 - of the throw-away trial
LOGIN_METHODS = frozenset({"login", "sslLogin", "logout"})


def _silence(_topic: str, _body: Row) -> None:
    """Nobody listens."""


class Hub:
    """A Koji hub in memory, with its store of files on disk.

    Args:
        clock: seconds since 1970; every time the hub writes comes from here.
        announce: called with topic and body after each commit.
        topdir: the store (packages/, work/, repos/...); a temporary folder when not given.
        policies: policy name to rules in Koji's syntax; the others keep the trial hub's rules.
        verbose: denials name the rule that denied.
        session_life: seconds until a session must be renewed; 0 for ever.
        host_password: the password of users that ``addHost`` makes; None for no password.

    ``offline`` (a text), ``locked_out`` and ``database_down`` may be set at any time to rehearse outages.
    """

    def __init__(
        self,
        *,
        clock: Callable[[], float] = time.time,
        announce: Announce = _silence,
        topdir: Path | str | None = None,
        policies: Mapping[str, str] | None = None,
        verbose: bool = True,
        session_life: float = 86400,
        host_password: str | None = TRIAL_HOST_PASSWORD,
    ) -> None:
        self.clock = clock
        self.announce = announce
        self.store = Store()
        self.policy = Policy(policies or {}, verbose=verbose)
        self.session_life = session_life
        self.host_password = host_password
        self.offline: str | None = None
        self.locked_out = False
        self.database_down = False
        self._lock = threading.RLock()
        self.topdir = Path(topdir) if topdir else self._temporary_folder()
        for folder in ("packages", "work", "repos", "repos-dist", "scratch"):
            (self.topdir / folder).mkdir(parents=True, exist_ok=True)

    @classmethod
    def empty(
        cls,
        *,
        clock: Callable[[], float] = time.time,
        announce: Announce = _silence,
        users: Mapping[str, str] = TRIAL_USERS,
        **options: Any,
    ) -> Hub:
        """A hub as installed: users with passwords (the first is the admin), permissions, channels."""
        hub = cls(clock=clock, announce=announce, **options)
        call = hub._call("bootstrap", Session())
        for name, description in BUILT_IN_PERMISSIONS:
            add_permission(call, name, description)
        for channel in BUILT_IN_CHANNELS:
            add_channel_row(call, channel)
        for name, password in users.items():
            add_user(call, name, password=password)
        if users:
            call.create("user_perms", by=1, user_id=1, perm_id=1)
        hub.store.undo.commit()
        return hub

    def _temporary_folder(self) -> Path:
        """A store that goes when the hub goes."""
        folder = tempfile.mkdtemp(prefix="koji-")
        weakref.finalize(self, shutil.rmtree, folder, ignore_errors=True)
        return Path(folder)

    # -- outside ------------------------------------------------------------------------------------------------------

    def answer(self, method: str, params: list[Any], credentials: Credentials | None, remote: str = "-") -> Any:
        """The value of one request from a client; raises Fault or koji's errors."""
        return self._transact(method, credentials, remote, lambda call: self._dispatch(call, method, params))

    def upload(self, query: dict[str, str], body: BinaryIO, credentials: Credentials | None, remote: str = "-") -> Any:
        """Take a raw upload."""
        return self._transact("", credentials, remote, lambda call: receive(call, query, body))

    def call(self, user: str | None, method: str, *args: Any, **kwargs: Any) -> Any:
        """Call as a user without logging in; builders are taken as holding their exclusive session."""
        with self._lock:
            row = self.store["users"].one(name=user) if user is not None else None
            if user is not None and row is None:
                raise LookupError(f"the hub has no user {user}")
            session = Session()
            if row is not None:
                session = Session(user_id=row["id"], user_name=row["name"], exclusive=row["usertype"] == HOST)
            call = self._call(method, session)
            value = self._committed(call, lambda: self._run(call, method, list(args), kwargs))
        self._tell(call)
        return value

    def set_password(self, user: str, password: str | None) -> None:
        """Let a user log in with this password."""
        with self._lock:
            row = self.store["users"].one(name=user)
            if row is None:
                raise LookupError(f"the hub has no user {user}")
            self.store["users"].update(row, password=password)
            self.store.undo.commit()

    def expire_session(self, session_id: int) -> None:
        """Let a session be too old."""
        with self._lock:
            self.store["sessions"].update(self.store.row("sessions", session_id), expired=True)
            self.store.undo.commit()

    # -- inside -------------------------------------------------------------------------------------------------------

    def _call(self, method: str, session: Session, remote: str = "-") -> Call:
        return Call(self.store, self.policy, self.topdir, self.clock, session, self.host_password, method, remote)

    def _transact(self, method: str, credentials: Credentials | None, remote: str, work: Callable[[Call], Any]) -> Any:
        if self.offline is not None:
            raise koji.ServerOffline(self.offline)
        if self.database_down:
            raise koji.ServerOffline("database outage")
        with self._lock:
            if method and method != "multiCall" and method not in EXPOSED:
                raise koji.GenericError(f"Invalid method: {method}")
            call = self._call(method, Session(), remote)
            call.session = identify(call, credentials, self.session_life)
            self._refuse_when_locked_out(call)
            value = self._committed(call, lambda: work(call))
        self._tell(call)
        return value

    def _refuse_when_locked_out(self, call: Call) -> None:
        if self.locked_out and call.method not in LOGIN_METHODS and not call.has_perm("admin"):
            raise koji.ServerOffline("Server disabled for maintenance")

    def _committed(self, call: Call, work: Callable[[], Any]) -> Any:
        """Do the work and keep it, or undo all of it."""
        self.store.undo.commit()
        try:
            value = work()
        except BaseException:
            self.store.undo.rollback()
            self.store.undo.commit()
            raise
        if self.store.undo.dirty:
            remember_number(call)
        self.store.undo.commit()
        return value

    def _dispatch(self, call: Call, method: str, params: list[Any]) -> Any:
        if method == "multiCall":
            return self._multicall(call, *params)
        args, kwargs = koji.decode_args(*params)
        return self._run(call, method, list(args), kwargs)

    def _run(self, call: Call, method: str, args: list[Any], kwargs: Row) -> Any:
        handler = EXPOSED.get(method)
        if handler is None:
            raise koji.GenericError(f"Invalid method: {method}")
        try:
            bound = _signature(handler).bind(call, *args, **kwargs)
        except TypeError as wrong:
            raise koji.ParameterError(f"{handler.__name__}() {wrong}") from None
        return handler(*bound.args, **bound.kwargs)

    def _multicall(self, call: Call, calls: list[Row]) -> list[Any]:
        """Sub-calls in order in one transaction; one that fails is undone alone."""
        answers: list[Any] = []
        for one in calls:
            savepoint, announced = self.store.undo.savepoint(), len(call.announcements)
            call.method = one["methodName"]
            try:
                answers.append([self._dispatch(call, one["methodName"], one["params"])])
            except Exception as error:  # noqa: BLE001 - every failure of a sub-call is its answer
                self.store.undo.rollback(savepoint)
                del call.announcements[announced:]
                answers.append(_described(error))
            call.forget_event()
        return answers

    def _tell(self, call: Call) -> None:
        for topic, body in call.announcements:
            self.announce(topic, body)


_SIGNATURES: dict[Callable[..., Any], inspect.Signature] = {}


def _signature(handler: Callable[..., Any]) -> inspect.Signature:
    if handler not in _SIGNATURES:
        _SIGNATURES[handler] = inspect.signature(handler)
    return _SIGNATURES[handler]


def _described(error: Exception) -> Row:
    if isinstance(error, Fault):
        return {"faultCode": error.faultCode, "faultString": error.faultString}
    text = ", ".join(str(part) for part in error.args)
    code = getattr(error, "faultCode", 1)
    return {"faultCode": code, "faultString": text, "traceback": traceback.format_exception(error)}


def fault_for(error: Exception) -> Fault:
    """What a client gets to see of an error: koji's errors by code, others as a traceback with code 1."""
    if isinstance(error, Fault):
        return error
    if isinstance(error, koji.GenericError):
        return Fault(error.faultCode, str(error))
    return Fault(1, "".join(traceback.format_exception(error)))
