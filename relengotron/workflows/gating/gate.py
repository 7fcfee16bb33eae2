"""What every step of a batch at a gate holds in its hands."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Lock

from relengotron.engine.attempt import Attempt
from relengotron.engine.ledger import Ledger
from relengotron.model.gated import GateBatch, GatedBuild
from relengotron.model.outcome import Hold, Watch
from relengotron.settings import Settings
from relengotron.settings.gates import Gate
from relengotron.systems.world import World


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
        """The builds of the batch that it still answers for and that are not settled."""
        return [each for each in self.ledger.of_batch(self.batch.id) if not each.state.is_settled]

    def is_late(self, patience: timedelta) -> bool:
        """Whether a wait that began with this step has lasted so long."""
        return self.now() >= self.engine.step_started_at + patience

    def hold(self, missing: Sequence[str], patience: timedelta, command: str, watches: tuple[Watch, ...] = ()) -> Hold:
        """Wait for people; one whose time is over is said again, aloud."""
        deadline = self.engine.step_started_at + patience
        while deadline <= self.now():
            deadline += patience
        return Hold(tuple(missing), deadline, self.owner, command, watches)
