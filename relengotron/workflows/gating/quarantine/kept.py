"""What every step that looks after a build in quarantine holds in its hands."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from shlex import quote

from relengotron.decisions.reminding import Reminding, reminding
from relengotron.engine.attempt import Attempt
from relengotron.engine.ledger import Ledger
from relengotron.messages import gate_build
from relengotron.messages.gate import BuildFacts, GateFacts
from relengotron.messages.outgoing import OutgoingMessage
from relengotron.model.gated import BuildState, GatedBuild, Quarantine
from relengotron.model.outcome import TAGS, Hold, Watch
from relengotron.settings import Settings
from relengotron.settings.gates import Gate
from relengotron.systems.world import World
from relengotron.workflows.gating.facts import build_facts, facts_at

LOOKS_AFTER_POLLS = 10
"""Messages, the poller and the keeper of the gate call it sooner."""


@dataclass(frozen=True, slots=True)
class Kept:
    """One run of ``keep_in_quarantine``: one stay of one build."""

    engine: Attempt
    build: Quarantine
    gate: Gate
    world: World
    settings: Settings
    ledger: Ledger

    def now(self) -> datetime:
        """The time of the engine's clock."""
        return self.engine.now()

    def row(self) -> GatedBuild | None:
        """What the gate knows of the build, as long as it is in quarantine there."""
        row = self.ledger.find(self.build.nvr)
        return row if row is not None and row.state is BuildState.QUARANTINED else None

    def tags(self) -> frozenset[str]:
        """Which of the gate's tags the build carries now."""
        nvr = self.build.nvr
        return self.world.koji.tags_of([nvr])[nvr] & frozenset(self.gate.tags)

    def reminding(self) -> Reminding:
        """How often people were reminded of it, and when they are next."""
        return reminding(self.gate.reminders, self.since, self.now())

    @property
    def since(self) -> datetime:
        """When the stay began, whichever run looks after it."""
        row = self.row()
        return self.engine.run.created_at if row is None else row.since

    def is_late(self, patience: timedelta) -> bool:
        """Whether a wait that began with this step has lasted so long."""
        return self.now() >= self.engine.step_started_at + patience

    @property
    def owner(self) -> str:
        """Who can act: the packager, and once all reminders were in vain whoever owns the gate too."""
        packager, gate = self.build.owner, self.gate.owner or self.settings.owner
        if packager and not self.reminding().is_urgent:
            return packager
        return " and ".join(dict.fromkeys(filter(None, (packager, gate))))

    @property
    def command(self) -> str:
        """What leads out of quarantine at once."""
        return f"relengotron quarantine release {quote(self.build.nvr)} --gate {self.build.gate} --reason TEXT"

    def hold(self, missing: Sequence[str], command: str | None = None) -> Hold:
        """Wait for people, news of the build and news of its tests; the next reminder is the end of this wait."""
        self._remind(missing[0], command or self.command)
        items = dict.fromkeys((self.build.nvr, *self.build.suspicion.items))
        watches = (Watch(TAGS, self.build.nvr), *(Watch("resultsdb.item", item) for item in items))
        again, deadline = self.settings.pace.poll * LOOKS_AFTER_POLLS, self.reminding().next_at
        return Hold(tuple(missing), deadline, self.owner, command or self.command, watches, again, tell=False)

    def _remind(self, reason: str, command: str) -> None:
        """Each reminder is said once; those that passed while nobody looked are one."""
        count = self.reminding().count
        if count:
            told = gate_build.reminder(
                self.facts(),
                self.build_facts(),
                reason,
                since=self.since,
                count=count,
                owner=self.owner,
                command=command,
            )
            self.say(f"reminder {count}", told)

    def facts(self) -> GateFacts:
        """What every message says of the gate."""
        return facts_at(self.build.gate, self.gate, self.engine, self.settings, self.build.batch)

    def build_facts(self) -> BuildFacts:
        """What every message says of the build."""
        row = self.ledger.find(self.build.nvr)
        if row is not None:
            return build_facts(self.ledger, [row])[0]
        return BuildFacts(self.build.nvr, self.build.package, self.build.owner)

    def say(self, key: str, message: OutgoingMessage) -> None:
        """Tell everybody, once."""
        self.engine.say(key, message.topic_suffix, message.body)

    def note(self, state: str, reason: str) -> None:
        """Keep what becomes of the build, and why."""
        self.engine.note("build", self.build.nvr, state, reason)
