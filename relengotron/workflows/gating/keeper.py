"""Does what stands before every gate have somebody who answers for it? The keeper sees to that, and changes no tag."""

import logging
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

from relengotron.engine.attempt import Clock
from relengotron.engine.journal import gate_looks
from relengotron.engine.journal.database import Database
from relengotron.engine.wakes import WakeQueue
from relengotron.errors import RelengError, Transient
from relengotron.settings.gates import Gate
from relengotron.systems.koji.port import Koji
from relengotron.workflows.gating.keeping import GateKeeper

log = logging.getLogger(__name__)

NOTED_EVERY: Final = timedelta(minutes=1)


class Keeper:
    """Looks at every gate, one after another; a gate in trouble is looked at again with the next turn."""

    def __init__(
        self,
        gates: Mapping[str, Gate],
        database: Database,
        koji: Koji,
        clock: Clock,
        wakes: WakeQueue,
        weburl: str = "",
    ) -> None:
        """Take the gates of the configuration; nothing is asked yet."""
        self._gates = [GateKeeper(name, gate, database, koji, clock, wakes, weburl) for name, gate in gates.items()]
        self._database = database
        self._clock = clock
        self._noted: dict[str, datetime] = {}

    def work(self) -> int:
        """Look at every gate once; how much there was to write down."""
        return sum(self._look(each) for each in self._gates)

    def _look(self, gate: GateKeeper) -> int:
        try:
            done = gate.look()
            self._note(gate.name)
            return done
        except Transient as trouble:
            log.info("a gate could not be looked at", extra={"gate": gate.name, "trouble": str(trouble)})
            self._note_trouble(gate.name, str(trouble))
        except RelengError as trouble:
            log.warning("a gate cannot be looked at", extra={"gate": gate.name, "trouble": str(trouble)})
            self._note_trouble(gate.name, str(trouble))
        except Exception as defect:
            log.exception("a gate could not be looked at: a defect", extra={"gate": gate.name})
            self._note_trouble(gate.name, f"defect: {defect!r}")
        return 0

    def _note(self, gate: str) -> None:
        """Not after every look: nobody reads it so often."""
        now, noted = self._clock(), self._noted.get(gate)
        if noted is not None and noted <= now < noted + NOTED_EVERY:
            return
        with self._database.write() as db:
            gate_looks.note(db, gate, now)
        self._noted[gate] = now

    def _note_trouble(self, gate: str, trouble: str) -> None:
        """So that people see since when; where the journal itself is in trouble the log alone has it."""
        self._noted.pop(gate, None)
        try:
            with self._database.write() as db:
                gate_looks.note_trouble(db, gate, trouble, self._clock())
        except Transient:
            log.info("the trouble of a gate could not be noted", extra={"gate": gate})
