"""Which waivers does the stand-in hold, and which of them does it show?"""

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

Row = dict[str, Any]
KEYS = ("subject_type", "subject_identifier", "testcase", "scenario", "product_version", "username", "proxied_by")
_ONE_OF_A_KIND = ("subject_type", "subject_identifier", "testcase", "scenario", "username", "product_version")
_NEEDED = ("subject_type", "subject_identifier", "testcase", "product_version", "comment")


class Refused(Exception):
    """The request is not one that WaiverDB takes."""


class SimulatedWaiverDb:
    """Rows in memory; what is posted twice is two rows, of which the newest is shown."""

    def __init__(self, clock: Callable[[], float]) -> None:
        """Be empty; ``clock`` gives seconds since 1970."""
        self._clock = clock
        self.rows: list[Row] = []
        self.tokens: dict[str, str] = {}
        """By token, whose it is."""
        self.proxies: set[str] = set()
        """Accounts that may waive in the name of others."""

    def create(self, body: Mapping[str, Any], username: str) -> Row:
        """A waiver of this person."""
        missing = [key for key in _NEEDED if not body.get(key)]
        if missing:
            raise Refused(f"Missing required parameter in the JSON body: {', '.join(missing)}")
        at = datetime.fromtimestamp(self._clock(), UTC).replace(tzinfo=None)
        row = {key: body.get(key) for key in KEYS} | {
            "id": len(self.rows) + 1,
            "subject": {"type": body["subject_type"], "item": body["subject_identifier"]},
            "waived": body.get("waived", True),
            "comment": body["comment"],
            "username": username,
            "timestamp": at.isoformat(),
        }
        self.rows.append(row)
        return row

    def filtered(self, filters: Iterable[Mapping[str, Any]], include_obsolete: bool = False) -> list[Row]:
        """Rows that fit one of the filters, newest first; without ``include_obsolete`` only the newest of a kind."""
        wanted = list(filters)
        strange = {key for each in wanted for key in each} - set(KEYS)
        if strange:
            raise Refused(f"Unknown filter: {', '.join(sorted(strange))}")
        shown, seen = [], set[tuple[Any, ...]]()
        for row in reversed(self.rows):
            kind = tuple(row[key] for key in _ONE_OF_A_KIND)
            is_obsolete = kind in seen
            seen.add(kind)
            if (include_obsolete or not is_obsolete) and any(_fits(row, each) for each in wanted):
                shown.append(row)
        return shown


def _fits(row: Row, wanted: Mapping[str, Any]) -> bool:
    return all(row[key] == value for key, value in wanted.items())
