"""How does a push begin, and how does it end?"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from relengotron.systems.bodhi.simulated.era import Era
from relengotron.systems.bodhi.simulated.rows import ComposeRow, Release, Update
from relengotron.systems.bodhi.simulated.state import BodhiState

Message = tuple[str, dict[str, Any]]
STATES_FOR_STABLE = frozenset({"current", "pending"})
STATES_FOR_TESTING = STATES_FOR_STABLE | {"frozen"}


@dataclass(frozen=True, slots=True)
class PushOrder:
    """What was ordered: the compose rows, and the updates left behind because they are not signed."""

    composes: tuple[ComposeRow, ...]
    unsigned: tuple[Update, ...] = ()
    message: dict[str, Any] = field(default_factory=dict)


class Pushes:
    """Starts pushes and finishes them when relengotron says so."""

    def __init__(self, state: BodhiState) -> None:
        self._state = state

    def start(
        self,
        releases: Iterable[str] | None,
        requests: tuple[str, ...],
        updates: Iterable[str] | None,
        resume: bool,
        agent: str,
    ) -> PushOrder:
        """Lock, make rows, announce. Resuming orders the rows that are there once more."""
        wanted = frozenset(releases) if releases is not None else frozenset(self._state.releases)
        with self._state.lock:
            self._drop_empty_rows()
            unsigned: tuple[Update, ...] = ()
            if resume:
                rows = self._rows_to_resume(wanted, requests)
            else:
                rows, unsigned = self._new_rows(wanted, requests, updates)
            rows.sort(key=lambda row: (not row.security, row.request != "stable", row.key))
            message = self._order(rows, resume, agent)
        if rows:
            self._state.announce(self._state.era.start_topic, message)
        return PushOrder(tuple(rows), unsigned, message)

    def hear(self, topic: str, body: dict[str, Any]) -> None:
        """Finish or fail the rows of the lane in the message; doubled and stale messages change nothing."""
        messages: list[Message] = []
        with self._state.lock:
            rows = [row for row in self._state.composes.values() if _is_lane(row, body)]
            if topic == "relengotron.push.complete":
                for row in rows:
                    messages.extend(self._finish(row, body.get("updates", [])))
            elif topic == "relengotron.push.failed":
                for row in rows:
                    messages.extend(self._fail(row, str(body.get("reason") or body.get("error") or "push failed")))
        for suffix, message in messages:
            self._state.announce(suffix, message)

    def _drop_empty_rows(self) -> None:
        for key in [key for key, row in self._state.composes.items() if not row.updates]:
            del self._state.composes[key]

    def _rows_to_resume(self, releases: frozenset[str], requests: tuple[str, ...]) -> list[ComposeRow]:
        rows = [
            row for row in self._state.composes.values() if row.release.name in releases and row.request in requests
        ]
        for row in rows:
            row.state, row.state_date, row.error_message = "requested", self._state.clock(), None
        return rows

    def _new_rows(
        self, releases: frozenset[str], requests: tuple[str, ...], names: Iterable[str] | None
    ) -> tuple[list[ComposeRow], tuple[Update, ...]]:
        named = frozenset(names) if names is not None else None
        ready = [
            update
            for update in self._state.updates
            if update.release.name in releases
            and update.request in requests
            and not update.locked
            and (named is None or update.alias in named or update.title in named)
            and _is_pushable(update.release, str(update.request), is_named=named is not None)
        ]
        groups: dict[tuple[str, str, str], list[Update]] = defaultdict(list)
        for update in ready:
            key = (update.release.name, str(update.request), update.content_type)
            if update.is_signed and key not in self._state.composes:
                groups[key].append(update)
        unsigned = tuple(update for update in ready if not update.is_signed)
        return [self._new_row(updates) for updates in groups.values()], unsigned

    def _new_row(self, updates: list[Update]) -> ComposeRow:
        first, now = updates[0], self._state.clock()
        row = ComposeRow(first.release, str(first.request), first.content_type, updates, created=now, state_date=now)
        for update in updates:
            update.locked = True
        self._state.composes[row.key] = row
        return row

    def _order(self, rows: list[ComposeRow], resume: bool, agent: str) -> dict[str, Any]:
        if self._state.era is Era.MASHER_TITLES:
            titles = [update.title for row in rows for update in row.updates]
            return {"updates": titles, "resume": resume, "agent": agent}
        return {"api_version": 2, "composes": [row.ordered() for row in rows], "resume": resume, "agent": agent}

    def _finish(self, row: ComposeRow, outcomes: Iterable[dict[str, Any]]) -> list[Message]:
        messages: list[Message] = []
        for said in outcomes:
            names = {said.get("alias"), said.get("title")} - {None, ""}
            update = next((u for u in row.updates if names & {u.alias, u.title}), None)
            if update is None:
                continue
            if said.get("outcome") == "pushed":
                messages.append(self._pushed(row, update))
            elif said.get("outcome") == "ejected":
                messages.append(self._ejected(row, update, str(said.get("reason") or "the push left it out")))
        if not row.updates:
            del self._state.composes[row.key]
            messages.append(self._complete(row, success=True))
        return messages

    def _pushed(self, row: ComposeRow, update: Update) -> Message:
        now = self._state.clock()
        update.status, update.request, update.locked, update.pushed = row.request, None, False, True
        update.dates |= {f"date_{row.request}": now, "date_pushed": now}
        self._state.add_comment(update, f"This update has been pushed to {row.request}.")
        row.updates.remove(update)
        return f"bodhi.update.complete.{row.request}", {"update": update.shown(), "agent": "masher"}

    def _ejected(self, row: ComposeRow, update: Update, reason: str) -> Message:
        update.request, update.locked = None, False
        self._state.add_comment(update, f"{update.title} ejected from the push because: {reason!r}")
        row.updates.remove(update)
        return "bodhi.update.eject", {
            "repo": row.release.tag_of(row.request),
            "update": update.shown(),
            "reason": reason,
            "request": row.request,
            "release": row.release.shown(),
            "agent": "masher",
        }

    def _fail(self, row: ComposeRow, reason: str) -> list[Message]:
        if row.state == "failed":
            return []
        row.state, row.state_date, row.error_message = "failed", self._state.clock(), reason
        return [self._complete(row, success=False)]

    def _complete(self, row: ComposeRow, *, success: bool) -> Message:
        body = {"success": success, "repo": row.release.tag_of(row.request), "agent": "masher"}
        if self._state.era is not Era.MASHER_TITLES:
            body["ctype"] = row.content_type
        return f"{self._state.era.task_prefix}.complete", body


def _is_lane(row: ComposeRow, body: dict[str, Any]) -> bool:
    return row.release.name == body.get("release") and row.request == body.get("request")


def _is_pushable(release: Release, request: str, *, is_named: bool) -> bool:
    if not release.fields.get("composed_by_bodhi", True):
        return False
    states = STATES_FOR_TESTING if request == "testing" or is_named else STATES_FOR_STABLE
    return release.state in states
