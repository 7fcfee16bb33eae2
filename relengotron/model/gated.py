"""What stands at a gate: builds on their way from one Koji tag to another, and the batches they go in."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

BATCH: Final = "koji_batch"
"""The type of subject under which the tests of a whole batch are stored; the item is the id of its round."""

TAKEN_THROUGH_BY: Final = "gate_rawhide"
"""The workflow that answers for a batch."""

CONTEXT: Final = "koji_gate"
"""What the decision is called, in policies and for Greenwave."""


LEFT: Final = "it was seen to leave its tag"
"""What the keeper of a gate says of a build under test, so that its batch looks where it is."""


class BuildState(StrEnum):
    """Where a build stands at a gate; the last three are ends."""

    ARRIVED = "arrived"
    TESTING = "testing"
    MOVING = "moving"
    QUARANTINED = "quarantined"
    ACCEPTED = "accepted"
    SUPERSEDED = "superseded"
    GONE = "gone"

    @property
    def is_settled(self) -> bool:
        """Whether the gate has nothing to do with the build any more."""
        return self in (BuildState.ACCEPTED, BuildState.SUPERSEDED, BuildState.GONE)


UNSETTLED: Final = tuple(each for each in BuildState if not each.is_settled)


@dataclass(frozen=True, slots=True)
class GatedBuild:
    """One build at one gate; ``batch`` is the id of the batch that answers for it, None until it is in one.

    ``since`` is when it came into its state. ``tries`` counts how often it came to the gate: a released build comes
    once more. ``group`` is the side tag it was built in, if that is known.
    """

    gate: str
    nvr: str
    package: str
    epoch: str
    owner: str
    state: BuildState
    batch: str | None
    reason: str
    arrived_at: datetime
    since: datetime
    tries: int = 1
    group: str | None = None


@dataclass(frozen=True, slots=True)
class GateBatch:
    """What a run of ``gate_rawhide`` is asked for: these builds go together or not at all.

    ``why`` says what brought them together. ``parent`` is the batch that was divided, ``round`` how many rounds of
    tests it took to come here, this one among them, and ``kin`` the batches that the parent was divided into besides.
    """

    gate: str
    id: str
    builds: tuple[str, ...]
    why: str
    parent: str | None = None
    round: int = 1
    kin: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Suspicion:
    """Why a build goes into quarantine: a sentence, and the results that say so, which are stored under ``items``."""

    nvr: str
    reason: str
    testcases: tuple[str, ...] = ()
    results: tuple[int, ...] = ()
    items: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Quarantine:
    """What a run of ``keep_in_quarantine`` is asked for: nobody forgets this build."""

    gate: str
    nvr: str
    package: str
    owner: str
    suspicion: Suspicion
    batch: str | None


class WayOut(StrEnum):
    """How a person ends a quarantine: through the gate again, tests again where it is, or away for good."""

    RELEASE = "release"
    RETRY = "retry"
    DROP = "drop"


@dataclass(frozen=True, slots=True)
class Closing:
    """A person closed a gate; ``until`` None means until somebody opens it."""

    gate: str
    who: str
    why: str
    at: datetime
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Pass:
    """A person lets one build through a gate whatever tests and closings say; it takes two people."""

    gate: str
    nvr: str
    who: str
    why: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Upstream:
    """A version that was seen upstream, and where; ``bug`` is the one that was filed for it."""

    package: str
    version: str
    seen_at: datetime
    old_version: str | None = None
    url: str | None = None
    bug: int | None = None


def batch_id(gate: str, builds: Iterable[str], parent: str | None, tries: int = 1) -> str:
    """The same builds brought together for the same reason are the same batch, whoever opens it again after a crash."""
    words = "\n".join((gate, parent or "", str(tries), *sorted(builds)))
    return f"{gate}-{hashlib.sha256(words.encode()).hexdigest()[:12]}"


def lane_of_batch(gate: str, batch: str) -> str:
    """Batches wait for nobody: each has a lane of its own."""
    return f"{gate}/{batch}"


def lane_of_quarantine(gate: str, nvr: str) -> str:
    """A build in quarantine waits for nobody either."""
    return f"{gate}/quarantine-{nvr}"


def gate_of_lane(lane: str) -> str | None:
    """The gate whose batch or quarantine this lane is of, None where it is another lane."""
    gate, _, rest = lane.partition("/")
    return gate if rest.startswith((f"{gate}-", "quarantine-")) else None
