"""What would another configuration change: in lanes, in runs in flight, in pushes that are over?"""

from collections.abc import Mapping
from dataclasses import dataclass

from relengotron.model.artifact import Artifact


@dataclass(frozen=True, slots=True)
class LaneSetup:
    """What the configuration says of one lane: ``words`` are its plain values by key path, tags among them."""

    words: Mapping[str, str]
    artifacts: tuple[Artifact, ...]


@dataclass(frozen=True, slots=True)
class Edit:
    """One thing that is configured otherwise, in a sentence, and the first step of a push that would notice."""

    subject: str
    what: str
    step: str


@dataclass(frozen=True, slots=True)
class RunOutlook:
    """A run in flight: what would be otherwise from now on, what comes too late for it, and why it would be stuck."""

    run: str
    lane: str
    state: str
    changes: tuple[Edit, ...]
    too_late: tuple[Edit, ...]
    stuck: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PastOutlook:
    """A push of last week: what it would have done otherwise, and what its evidence cannot tell."""

    run: str
    lane: str
    state: str
    changes: tuple[str, ...]
    unsure: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Reconfiguration:
    """Everything that a change of the configuration would do; ``edits`` are those of lanes that stay, by lane.

    ``everywhere`` says what is configured otherwise for all lanes, by key path: services, the journal, times.
    """

    everywhere: tuple[str, ...]
    lanes_added: tuple[str, ...]
    lanes_removed: tuple[str, ...]
    edits: Mapping[str, tuple[Edit, ...]]
    runs: tuple[RunOutlook, ...]
    pushes: tuple[PastOutlook, ...]

    @property
    def is_safe(self) -> bool:
        """Whether no run in flight would be stuck."""
        return not any(run.stuck for run in self.runs)
