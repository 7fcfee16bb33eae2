"""What becomes of a run whose gate is not in the configuration any more? It waits for people, and says so."""

from dataclasses import dataclass

from relengotron.engine.attempt import Attempt
from relengotron.model.outcome import Hold
from relengotron.settings import Settings


@dataclass(frozen=True, slots=True)
class UnknownGate:
    """A run at a gate that nobody has configured: neither its tags nor its tests are known."""

    engine: Attempt
    name: str
    settings: Settings

    def hold(self) -> Hold:
        """Wait until the gate is back in the configuration or somebody calls the run off."""
        patience = self.settings.patience.hold
        deadline = self.engine.step_started_at + patience
        while deadline <= self.engine.now():
            deadline += patience
        missing = f"gate {self.name} is not in gates.yaml any more"
        command = f"relengotron runs cancel {self.engine.run.id} --reason TEXT"
        return Hold((missing,), deadline, self.settings.owner, command)
