"""What every step of a batch at a gate holds in its hands."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from threading import Lock
from typing import Final

from relengotron.decisions.passing import is_let_through
from relengotron.engine.attempt import Attempt
from relengotron.engine.ledger import Ledger
from relengotron.model.gated import BuildState, GateBatch, GatedBuild
from relengotron.model.outcome import Hold, Outcome, Watch
from relengotron.settings import Settings
from relengotron.settings.gates import Gate
from relengotron.systems.world import World
from relengotron.workflows.gating.arrivals import Arrivals
from relengotron.workflows.gating.target_sight import TargetSight

ANSWERED_FOR: Final = (BuildState.TESTING, BuildState.MOVING)
"""A build in quarantine has a run of its own."""


@dataclass(frozen=True, slots=True)
class GateRun:
    """One run of ``gate_rawhide``: one batch at one gate."""

    engine: Attempt
    batch: GateBatch
    gate: Gate
    world: World
    settings: Settings
    ledger: Ledger
    turn: Lock
    """Whoever decides that builds move decides alone, so that two batches never break each other."""
    arrivals: Arrivals = field(default_factory=Arrivals)
    sight: TargetSight = field(default_factory=TargetSight)
    _known: list[list[GatedBuild]] = field(default_factory=list, repr=False, compare=False)
    _free: list[frozenset[str]] = field(default_factory=list, repr=False, compare=False)

    @property
    def name(self) -> str:
        """The name of the gate."""
        return self.batch.gate

    @property
    def owner(self) -> str:
        """Who can act at this gate."""
        return self.gate.owner or self.settings.owner

    def now(self) -> datetime:
        """The time of the engine's clock."""
        return self.engine.now()

    def builds(self) -> list[GatedBuild]:
        """The builds of the batch that it still answers for: neither settled nor in quarantine.

        They are read once a walk: whoever writes of them says in which state it has seen them.
        """
        if not self._known:
            self._known.append([each for each in self.ledger.of_batch(self.batch.id) if each.state in ANSWERED_FOR])
        return list(self._known[0])

    def look_anew(self) -> None:
        """Something was written about the builds: they are read once more."""
        self._known.clear()

    def let_through(self, builds: Iterable[GatedBuild]) -> tuple[str, ...]:
        """Those of these builds that people let through whatever is said of them; read once a walk too."""
        if not self._free:
            passes = self.ledger.passes(self.batch.builds)
            said = {each.nvr: [other for other in passes if other.nvr == each.nvr] for each in passes}
            self._free.append(frozenset(nvr for nvr, several in said.items() if is_let_through(several)))
        return tuple(each.nvr for each in builds if each.nvr in self._free[0])

    def is_late(self, patience: timedelta) -> bool:
        """Whether a wait that began with this step has lasted so long."""
        return self.now() >= self.engine.step_started_at + patience

    def hold(self, missing: Sequence[str], patience: timedelta, command: str, watches: tuple[Watch, ...] = ()) -> Hold:
        """Wait for people; one whose time is over is said again, aloud."""
        deadline = self.engine.step_started_at + patience
        while deadline <= self.now():
            deadline += patience
        return Hold(tuple(missing), deadline, self.owner, command, watches)


GateStep = Callable[[GateRun], Outcome]
