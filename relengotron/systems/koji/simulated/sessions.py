"""Who is logged in, and which call of theirs is this?

A call number is stored only together with a change. So an equal number means: the earlier attempt was carried out and
its answer was lost. Reads may be repeated.
"""

from __future__ import annotations

import secrets
import string
from typing import Any

import koji

from .call import Call, Session, exposed, stamp
from .store import Row
from .users import NORMAL

MAY_BE_REPEATED = frozenset(
    {
        "host.taskWait", "host.taskUnwait", "host.taskSetWait", "host.updateHost", "host.setBuildRootState",
        "repoExpire", "repoDelete", "repoProblem",
    }
)  # fmt: skip
AUTH_METHODS = frozenset({"login", "sslLogin"})
FREE_OF_LOCK = frozenset({"exclusiveSession", "login", "logout"})


def identify(call: Call, credentials: tuple[int, str, str | None] | None, renewal: float) -> Session:
    """The session behind the credentials of a request; anonymous without any. ``renewal`` is its life in seconds."""
    if credentials is None:
        return Session()
    session_id, key, number = credentials
    row = call.store["sessions"].one(id=session_id)
    if row is None or row["key"] != key or row["closed"] or row["hostip"] != call.remote:
        raise koji.AuthError("Invalid session or bad credentials")
    _expire_when_old(call, row, renewal)
    if row["expired"] and call.method not in AUTH_METHODS:
        raise koji.AuthExpired(f'session "{session_id}" has expired')
    callnum = _checked_number(call.method, row, number)
    if row["expired"]:
        return Session(id=session_id, master=row["master"], row=row)
    return _logged_in(call, row, callnum)


def _expire_when_old(call: Call, row: Row, renewal: float) -> None:
    since = row["renew_ts"] or row["start_ts"]
    if not row["expired"] and renewal and call.now > since + renewal:
        for one in (row, *call.store["sessions"].where(master=row["id"])):
            call.store["sessions"].update(one, expired=True)
        call.store.undo.commit()


def _checked_number(method: str, row: Row, number: str | None) -> int | None:
    if number is None:
        return None
    try:
        callnum = int(number)
    except ValueError:
        raise koji.AuthError(f"Invalid callnum: {number!r}") from None
    last = row["callnum"]
    if last is not None and last > callnum:
        raise koji.SequenceError(f"{last} > {callnum} (session {row['id']})")
    if last is not None and last == callnum and method not in MAY_BE_REPEATED:
        raise koji.RetryError(f"unable to retry call {callnum} (method {method}) for session {row['id']}")
    return callnum


def _logged_in(call: Call, row: Row, callnum: int | None) -> Session:
    user = call.store.row("users", row["user_id"])
    if user["status"] != NORMAL:
        raise koji.AuthError(f"logins by {user['name']} are not allowed")
    session = Session(
        id=row["id"], user_id=user["id"], user_name=user["name"], callnum=callnum, master=row["master"], row=dict(row)
    )
    holder = _exclusive_holder(call, user["id"])
    if holder is not None:
        session.exclusive = holder["id"] in (row["id"], row["master"])
        session.lock_error = None if session.exclusive else "User locked by another session"
    call.store["sessions"].update(row, update_ts=call.now)
    call.store.undo.commit()
    if session.lock_error and call.method not in FREE_OF_LOCK:
        raise koji.AuthLockError(session.lock_error)
    return session


def _exclusive_holder(call: Call, user_id: int) -> Row | None:
    return call.store["sessions"].one(user_id=user_id, exclusive=True, closed=False)


def remember_number(call: Call) -> None:
    """Store the call number; done together with a change only."""
    session = call.session
    if session.id is not None and session.callnum is not None:
        row = call.store["sessions"].one(id=session.id)
        if row is not None:
            call.store["sessions"].update(row, callnum=session.callnum)


# -- calls -----------------------------------------------------------------------------------------------------------


@exposed("login")
def login(
    call: Call, username: Any, password: Any, opts: Row | None = None, renew: bool = False, exclusive: bool = False
) -> Row | None:
    """Begin a session, or renew an expired one, by password."""
    if call.user_id is not None:
        raise koji.AuthError("Already logged in")
    user = call.store["users"].one(name=username) if isinstance(password, str) and password else None
    if user is None or user["password"] != password:
        raise koji.AuthError("invalid username or password")
    if user["status"] != NORMAL:
        raise koji.AuthError(f"logins by {user['name']} are not allowed")
    answer = _renewed(call, user) if renew and call.session.id is not None else _begun(call, user, None)
    if exclusive:
        _take_lock(call, user["id"], answer["session-id"], force=False)
    return answer


def _key(user_id: int) -> str:
    alphabet = string.ascii_letters + string.digits
    return f"{user_id}-" + "".join(secrets.choice(alphabet) for _ in range(19))


def _begun(call: Call, user: Row, master: int | None) -> Row:
    session_id, key = call.store.sequences.next("sessions"), _key(user["id"])
    row = {
        "id": session_id, "user_id": user["id"], "key": key, "hostip": call.remote, "authtype": 0, "master": master,
        "callnum": None, "exclusive": None, "expired": False, "closed": False, "start_ts": call.now,
        "update_ts": call.now, "renew_ts": None,
    }  # fmt: skip
    call.store["sessions"].insert(row)
    return {"session-id": session_id, "session-key": key, "header-auth": True}


def _renewed(call: Call, user: Row) -> Row:
    row = call.store.row("sessions", call.session.id or 0)
    key = _key(user["id"])
    call.store["sessions"].update(row, key=key, expired=False, callnum=None, renew_ts=call.now)
    return {"session-id": row["id"], "session-key": key, "header-auth": True}


@exposed("sslLogin")
def ssl_login(call: Call, proxyuser: Any = None, **_options: Any) -> None:
    """Certificates and tickets are not known here."""
    raise koji.AuthError("could not verify client: no certificate or ticket")


@exposed("subsession")
def subsession(call: Call) -> Row:
    """A session that ends with its master and shares its lock."""
    user_id = call.assert_login()
    return _begun(call, call.store.row("users", user_id), call.session.master or call.session.id)


@exposed("logout")
def logout(call: Call, session_id: int | None = None) -> None:
    """End this session, or another of one's own."""
    if call.user_id is None:
        raise koji.AuthError("Not logged in")
    target = session_id or call.session.id
    row = call.store["sessions"].one(id=target)
    if session_id and not call.has_perm("admin") and (row is None or row["user_id"] != call.user_id):
        raise koji.ActionNotAllowed("only admins or owner may logout other session")
    for one in call.store["sessions"].where(id=target) + call.store["sessions"].where(master=target):
        _close(call, one)


@exposed("logoutChild")
def logout_child(call: Call, session_id: int) -> None:
    """End a subsession."""
    if call.user_id is None:
        raise koji.AuthError("Not logged in")
    for row in call.store["sessions"].where(id=session_id, master=call.session.id):
        _close(call, row)


def _close(call: Call, row: Row) -> None:
    call.store["sessions"].update(row, expired=True, exclusive=None, closed=True)


@exposed("exclusiveSession")
def exclusive_session(call: Call, force: bool = False) -> None:
    """Lock all other sessions of this user out."""
    user_id = call.assert_login()
    if call.session.master is not None:
        raise koji.GenericError("subsessions cannot become exclusive")
    if call.session.exclusive:
        raise koji.GenericError("session is already exclusive")
    _take_lock(call, user_id, call.session.id or 0, force=force)


def _take_lock(call: Call, user_id: int, session_id: int, *, force: bool) -> None:
    holder = _exclusive_holder(call, user_id)
    if holder is not None:
        if not force:
            raise koji.AuthLockError("Cannot get exclusive session")
        _close(call, holder)
    call.store["sessions"].update(call.store.row("sessions", session_id), exclusive=True)


@exposed("sharedSession")
def shared_session(call: Call) -> None:
    """Give the lock back."""
    call.assert_login()
    call.store["sessions"].update(call.store.row("sessions", call.session.id or 0), exclusive=None)


@exposed("getSessionInfo")
def get_session_info(call: Call, details: bool = False, user_id: Any = None) -> Any:
    """This session as it was before this call."""
    row = call.session.row
    if row is None or call.user_id is None:
        return None
    shown = {key: row[key] for key in ("user_id", "expired", "master", "authtype", "callnum", "exclusive")}
    for moment in ("start", "update", "renew"):
        shown[f"{moment}_time"] = stamp(row[f"{moment}_ts"])
        shown[f"{moment}_ts"] = row[f"{moment}_ts"]
    return {**shown, "id": row["id"], "hostip": row["hostip"]} if details else shown


@exposed("showSession")
def show_session(call: Call) -> str:
    """A line about this session."""
    return "session: not logged in" if call.user_id is None else f"session {call.session.id}: {call.session.user_name}"
