"""What a gate knows of its builds: read at any time, written with the outcome of a step or at once."""

from collections.abc import Callable, Collection
from datetime import datetime
from typing import TypeVar

from sqlalchemy import Connection

from relengotron.engine.attempt import Clock
from relengotron.engine.journal import gate_orders, gated, upstream
from relengotron.engine.journal.database import Database
from relengotron.model.gated import BuildState, Closing, GatedBuild, Pass, Upstream

T = TypeVar("T")


class Ledger:
    """The rows of one gate; any thread may ask."""

    def __init__(self, gate: str, database: Database, clock: Clock) -> None:
        """Take the journal; nothing is read yet."""
        self.gate = gate
        self._database = database
        self._clock = clock

    def now(self) -> datetime:
        """The time of the engine's clock, aware."""
        return self._clock()

    def at(self, *states: BuildState) -> list[GatedBuild]:
        """Every build in one of these states, in the order in which they came."""
        return self._read(lambda db: gated.at(db, self.gate, states))

    def of_batch(self, batch: str) -> list[GatedBuild]:
        """Every build that a batch answers for now."""
        return self._read(lambda db: gated.of_batch(db, batch))

    def of_packages(self, packages: Collection[str], states: Collection[BuildState] = ()) -> list[GatedBuild]:
        """Every build of these packages that ever came here, or stands so."""
        return self._read(lambda db: gated.of_packages(db, self.gate, packages, states))

    def accepted_since(self, when: datetime) -> list[GatedBuild]:
        """Every build that came into the target since then, the oldest first."""
        settled = self._read(lambda db: gated.settled_since(db, self.gate, when))
        return [each for each in settled if each.state is BuildState.ACCEPTED]

    def find(self, nvr: str) -> GatedBuild | None:
        """One build."""
        return self._read(lambda db: gated.find(db, self.gate, nvr))

    def closings(self) -> list[Closing]:
        """Who closed the gate, where that stands now."""
        return self._read(lambda db: gate_orders.closings_of(db, self.gate, self._clock()))

    def passes(self, nvrs: Collection[str]) -> list[Pass]:
        """Who lets which of these builds through."""
        return self._read(lambda db: gate_orders.passes_of(db, self.gate, nvrs))

    def upstream(self, packages: Collection[str]) -> list[Upstream]:
        """Which versions of these packages were seen upstream."""
        return self._read(lambda db: upstream.of_packages(db, packages))

    def write(self, write: Callable[[Connection], T]) -> T:
        """Write at once, in a transaction of its own; for what must be known before an effect outside."""
        with self._database.write() as db:
            return write(db)

    def _read(self, ask: Callable[[Connection], T]) -> T:
        with self._database.read() as db:
            return ask(db)
