"""What does the stand-in know, and how does one request change it?"""

import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from threading import Lock
from typing import Any

from relengotron.systems.pdc.simulated.call import Answer, Call
from relengotron.systems.pdc.simulated.catalogue import RESOURCES
from relengotron.systems.pdc.simulated.refusals import Refusal
from relengotron.systems.pdc.simulated.rows import KeyOf, Table, Undo, all_or_nothing, key_of
from relengotron.systems.pdc.simulated.stock import add_administrator_rows, add_stock_rows

Announce = Callable[[str, dict[str, Any]], None]

ROW_COST_MEASURED = 0.0047
STALE_READS_MEASURED = 30.0
LINE_LIMIT = 8190
_NEVER = 86_400.0

_NAMED = ("component_types", "testing_states", "compose_types", "variant_types", "arches", "schemes", "services")
_NAMED_TOO = ("relationship_types", "repo_families", "content_formats", "content_categories", "group_types")
_OTHER_TABLES: dict[str, dict[str, KeyOf]] = {
    **{name: {"name": key_of("name")} for name in (*_NAMED, *_NAMED_TOO)},
    "locations": {"short": key_of("short")},
    "upstreams": {},
    "compose_trees": {"compose": key_of("compose")},
    "compose_rpms": {"compose": key_of("compose"), "rpm": key_of("rpm"), "tree,rpm": key_of("tree", "rpm")},
    "compose_images": {"compose": key_of("compose"), "image": key_of("image"), "tree,image": key_of("tree", "image")},
}


def _silent(topic: str, body: dict[str, Any]) -> None:
    """Announce nothing."""


@dataclass(slots=True)
class PdcState:
    """All rows of one PDC server, and how it behaves.

    Args:
        clock: epoch seconds; every date and time the server shows comes from it.
        token: the token of the one user who may write (40 hex digits; made when not given).
        reader_token: the token of a user who may only read: a write with it is 403.
        author: the writer's name in changesets and bus messages.
        stock_types: only the type lists of a newly installed server, without the rows that administrators add for
            images and OSTrees.
        row_cost: seconds slept for each row of an answer; ``ROW_COST_MEASURED`` is what a real server needs.
        line_limit: bytes of request line above which the web server in front answers 414; 0 means no limit.
        stale_reads: seconds for which the answer to a GET is repeated from memory; ``STALE_READS_MEASURED`` is what a
            real server does unless told otherwise.
        announce: called after the commit with a topic such as ``pdc.releases.changed`` and the message body.
        sleep: how ``row_cost`` passes.
    """

    clock: Callable[[], float] = time.time
    token: str = field(default_factory=lambda: secrets.token_hex(20))
    reader_token: str = field(default_factory=lambda: secrets.token_hex(20))
    author: str = "relengotron"
    stock_types: bool = False
    row_cost: float = 0.0
    line_limit: int = LINE_LIMIT
    stale_reads: float = 0.0
    announce: Announce = _silent
    sleep: Callable[[float], None] = time.sleep
    tables: Mapping[str, Table] = field(init=False)
    _last_changes: dict[str, float] = field(init=False, default_factory=dict)
    _undo: Undo = field(init=False, default_factory=list)
    _lock: Lock = field(init=False, default_factory=Lock)

    def __post_init__(self) -> None:
        """Make the tables and fill in the rows of an empty server."""
        self.tables = _tables(self._undo)
        add_stock_rows(self.tables)
        if not self.stock_types:
            add_administrator_rows(self.tables)
        self._undo.clear()

    def perform(self, call: Call, act: Callable[[Call], Answer], comment: str | None) -> Answer:
        """Run one request alone; keep all of its changes or, when it is refused, none."""
        requested_on = call.now
        with self._lock:
            try:
                with all_or_nothing(self._undo):
                    answer = act(call)
                    changeset = self._commit(call, comment, requested_on)
            except Refusal as refusal:
                return Answer(refusal.status, refusal.body, refusal.headers)
        self._tell(call, comment, changeset)
        return answer

    def last_change(self, resources: tuple[str, ...]) -> float:
        """When one of these resources was changed last; the second day of the epoch when never."""
        return max((self._last_changes.get(resource, _NEVER) for resource in resources), default=_NEVER)

    def _commit(self, call: Call, comment: str | None, requested_on: float) -> dict[str, Any] | None:
        if not call.changes:
            return None
        changes = [{**asdict(change), "resource_id": str(change.resource_id)} for change in call.changes]
        now = self.clock()
        self._last_changes |= dict.fromkeys((change.resource for change in call.changes), now)
        return self.tables["changesets"].add(
            author=self.author, requested_on=requested_on, committed_on=now, comment=comment, changes=changes
        )

    def _tell(self, call: Call, comment: str | None, changeset: dict[str, Any] | None) -> None:
        extra: dict[str, Any] = {"author": self.author, "comment": comment}
        if changeset is not None:
            committed_on = datetime.fromtimestamp(changeset["committed_on"], UTC)
            extra |= {"changeset_id": changeset["id"], "committed_on": str(committed_on)}
        for topic, body in call.messages:
            self.announce(f"pdc.{topic}", {**body, **extra})


def _tables(undo: Undo) -> dict[str, Table]:
    indexes = {name: dict(wanted) for name, wanted in _OTHER_TABLES.items()}
    for resource in RESOURCES.values():
        indexes.setdefault(resource.table, {}).update(resource.table_indexes())
    return {name: Table(name, undo, wanted) for name, wanted in indexes.items()}
