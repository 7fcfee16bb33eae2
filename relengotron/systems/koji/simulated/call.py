"""What does one call to the hub carry with it, and which calls exist?"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol, TypeVar

import koji

from .store import Row, Store

Handler = Callable[..., Any]
_H = TypeVar("_H", bound=Handler)

EXPOSED: dict[str, Handler] = {}


def exposed(*names: str) -> Callable[[_H], _H]:
    """Offer a function under these names to clients; its first argument is the Call."""

    def register(handler: _H) -> _H:
        for name in names:
            EXPOSED[name] = handler
        return handler

    return register


@dataclass
class Session:
    """Who is asking. ``id`` is None for an anonymous caller."""

    id: int | None = None
    user_id: int | None = None
    user_name: str | None = None
    callnum: int | None = None
    exclusive: bool = False
    lock_error: str | None = None
    authtype: int = 0
    master: int | None = None
    row: Row | None = None


class Rules(Protocol):
    """What calls ask of the policy."""

    def apply(self, call: Call, name: str, data: Row) -> str | None:
        """The action text of the first matching rule."""

    def evaluate(self, call: Call, name: str, data: Row) -> str | None:
        """The same, when such a policy exists."""

    def check(self, call: Call, name: str, data: Row, *, force: bool = False) -> tuple[bool, str]:
        """(allowed, reason)."""
        ...

    def enforce(self, call: Call, name: str, data: Row, *, force: bool = False) -> None:
        """Raise when a policy says no."""


@dataclass
class Call:
    """One request: state, rules, session, the event of this transaction and what is announced at its commit."""

    store: Store
    policy: Rules
    topdir: Path
    clock: Callable[[], float]
    session: Session
    host_password: str | None = None
    method: str = ""
    remote: str = "-"
    announcements: list[tuple[str, Row]] = field(default_factory=list)
    _event: int | None = None

    @property
    def now(self) -> float:
        """The hub's time."""
        return float(self.clock())

    @property
    def user_id(self) -> int | None:
        """Who asks; None when anonymous."""
        return self.session.user_id

    # -- permissions -------------------------------------------------------------------------------------------------

    def perms_of(self, user_id: int | None) -> list[str]:
        """Names of the permissions a user holds now."""
        if user_id is None:
            return []
        groups = self.store["user_groups"].where(user_id=user_id, active=True)
        holders = [user_id, *(row["group_id"] for row in groups)]
        rows = [row for holder in holders for row in self.store["user_perms"].where(user_id=holder, active=True)]
        return [self.store.row("permissions", perm_id)["name"] for perm_id in sorted({row["perm_id"] for row in rows})]

    def has_perm(self, name: str) -> bool:
        """True for holders and for admins."""
        held = self.perms_of(self.user_id)
        return name in held or "admin" in held

    def assert_perm(self, name: str) -> None:
        """Refuse callers without the permission."""
        if self.user_id is None:
            raise koji.ActionNotAllowed(f"{name} permission required (user not logged in)")
        if not self.has_perm(name):
            raise koji.ActionNotAllowed(f"{name} permission required (logged in as {self.session.user_name})")

    def assert_login(self) -> int:
        """The caller's user id; anonymous callers are refused."""
        if self.user_id is None:
            raise koji.ActionNotAllowed("you must be logged in for this operation")
        return self.user_id

    # -- events and history ------------------------------------------------------------------------------------------

    def event(self) -> int:
        """The event of this transaction, made on first use."""
        if self._event is None:
            self._event = self.new_event()
        return self._event

    def new_event(self) -> int:
        """Make an event that belongs to nobody else."""
        event_id = self.store.sequences.next("events")
        self.store["events"].insert({"id": event_id, "time": self.now})
        return event_id

    def forget_event(self) -> None:
        """Let the next change have its own event."""
        self._event = None

    def create(self, table: str, by: int | None = None, **columns: Any) -> Row:
        """Add a versioned row that is active from now on."""
        creator = by or self.assert_login()
        return self.store[table].insert(
            {
                **columns,
                "create_event": self.event(),
                "creator_id": creator,
                "revoke_event": None,
                "revoker_id": None,
                "active": True,
            }
        )

    def revoke(self, table: str, by: int | None = None, **equals: Any) -> int:
        """End all active rows that match; the number of rows ended. Takes an event even when nothing matches."""
        revoker = by or self.assert_login()
        event = self.event()
        self.store.undo.dirty = True
        rows = self.store[table].where(active=True, **equals)
        for row in rows:
            self.store[table].update(row, revoke_event=event, revoker_id=revoker, active=None)
        return len(rows)

    def versions(self, table: str, event: int | None = None, **equals: Any) -> list[Row]:
        """The rows that held at an event, or hold now."""
        if event is None:
            return self.store[table].where(active=True, **equals)
        if isinstance(event, bool) or not isinstance(event, int):
            raise koji.GenericError(f"Invalid event: {event!r}")
        return [row for row in self.store[table].where(**equals) if held_at(row, event)]

    # -- telling others ----------------------------------------------------------------------------------------------

    def announce(self, topic: str, body: Row) -> None:
        """Queue a bus message; it leaves after the commit."""
        self.announcements.append((topic, body))


def held_at(row: Row, event: int) -> bool:
    """Was this version in force at the event?"""
    revoked: int | None = row["revoke_event"]
    return bool(row["create_event"] <= event and (revoked is None or event < revoked))


def stamp(seconds: float | None) -> str | None:
    """A time as the hub writes it: ``2026-11-22 21:56:14.056333+00:00``."""
    if seconds is None:
        return None
    return datetime.fromtimestamp(seconds, UTC).isoformat(" ", "microseconds")


def convert(value: Any, cast: type, *, none_allowed: bool = False, check_only: bool = False) -> Any:
    """The value as that type, or the hub's ParameterError."""
    if value is None:
        if none_allowed:
            return None
        raise koji.ParameterError(f"Invalid type, expected type {cast}")
    if check_only:
        if not isinstance(value, cast):
            raise koji.ParameterError(f"Invalid type for value '{value}': {type(value)}, expected type {cast}")
        return value
    try:
        return cast(value)
    except (ValueError, TypeError) as wrong:
        raise koji.ParameterError(f"Invalid type for value '{value}': {type(value)}, expected type {cast}") from wrong
