"""What shall a lab rehearse? The releases, the updates, and how the daemon is run."""

from dataclasses import dataclass
from typing import Literal

from relengotron.lab.bits.package import Update
from relengotron.lab.bits.updates import UPDATES
from relengotron.lab.place import RELEASES

Mode = Literal["hub", "runner"]


@dataclass(frozen=True, slots=True)
class Scenario:
    """One rehearsal.

    ``journal_url`` names another journal than the lab's own SQLite file. With ``mode`` "runner" the hub only stores and
    a process of its own advances the runs. ``fail`` names verdicts to rehearse, such as
    ``dist.repoclosure:f24-updates``. ``has_gate`` says whether there is a rawhide too, with a gate before it.
    """

    releases: tuple[str, ...] = RELEASES
    updates: tuple[Update, ...] = UPDATES
    journal_url: str | None = None
    is_signed: bool = False
    mode: Mode = "hub"
    fail: tuple[str, ...] = ()
    has_gate: bool = False

    @property
    def requests(self) -> tuple[str, ...]:
        """What the updates ask for, stable first."""
        wanted = {update.request for update in self.updates}
        return tuple(request for request in ("stable", "testing") if request in wanted)
