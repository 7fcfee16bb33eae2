"""Which builds does Bodhi put into the buildroot for a while?"""

from dataclasses import dataclass
from typing import Any

from relengotron.systems.bodhi.simulated.refusal import Refusal
from relengotron.systems.bodhi.simulated.state import BodhiState

SHORTEST_NOTES = 2


@dataclass(slots=True)
class Override:
    """One build, tagged until its expiration date."""

    nvr: str
    release: str
    submitter: str
    notes: str
    expiration_date: str
    expired: bool = False

    def shown(self) -> dict[str, Any]:
        """The wire object."""
        return {
            "nvr": self.nvr,
            "build": {"nvr": self.nvr},
            "submitter": {"name": self.submitter},
            "notes": self.notes,
            "expiration_date": self.expiration_date,
            "expired_date": self.expiration_date if self.expired else None,
        }


class Overrides:
    """Override rows by NVR."""

    def __init__(self, state: BodhiState) -> None:
        self._state = state
        self._rows: dict[str, Override] = {}

    def save(self, body: dict[str, Any], user: str) -> Override:
        """Create an override, or change the one that ``edited`` names."""
        nvr, notes = str(body.get("nvr") or ""), str(body.get("notes") or "")
        if len(notes) < SHORTEST_NOTES:
            raise Refusal("body", "notes", f"Shorter than minimum length {SHORTEST_NOTES}")
        if not body.get("expiration_date"):
            raise Refusal("body", "expiration_date", "Required")
        with self._state.lock:
            release = self._release_of(nvr)
            expired = str(body.get("expired", False)).lower() in ("true", "1")
            row = Override(nvr, release, user, notes, str(body["expiration_date"]), expired)
            if nvr in self._rows and not body.get("edited"):
                raise Refusal("body", "nvr", f"Buildroot override for {nvr} already exists")
            self._rows[nvr] = row
        self._state.announce(f"bodhi.buildroot_override.{'untag' if expired else 'tag'}", {"override": row.shown()})
        return row

    def get(self, nvr: str) -> Override:
        """The override of one build."""
        if nvr not in self._rows:
            raise Refusal("url", "nvr", "No buildroot override for this build", 404)
        return self._rows[nvr]

    def find(self, builds: set[str], releases: set[str], users: set[str], expired: bool | None) -> list[Override]:
        """Overrides that pass every filter given."""
        return [
            row
            for row in self._rows.values()
            if (not builds or row.nvr in builds)
            and (not releases or row.release in releases)
            and (not users or row.submitter in users)
            and expired in (None, row.expired)
        ]

    def _release_of(self, nvr: str) -> str:
        for update in self._state.updates:
            if any(build.nvr == nvr for build in update.builds):
                return update.release.name
        raise Refusal("body", "nvr", "Invalid build")
