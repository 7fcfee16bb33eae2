"""What a plugin finds on its bench: the systems, the facts of the push, and a safe way to act."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol, TypeVar

from relengotron.model.artifact import Built
from relengotron.model.lane import Lane
from relengotron.model.run import EffectRecord
from relengotron.systems.composes.port import Composes
from relengotron.systems.git.port import GitRepo
from relengotron.systems.koji.port import Koji, Task
from relengotron.systems.mirror.port import Mirror
from relengotron.systems.ostree.port import OstreeRepo
from relengotron.systems.signing.port import Signer

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class KojiTask:
    """A Koji task that a compose needs exactly once.

    ``key`` names it within the run, ``method`` is Koji's, ``marker`` is a text that appears in its request and in no
    other run's: by it a task whose answer was lost is found again. ``ask`` makes the task and returns its id.
    """

    key: str
    method: str
    marker: str
    what: str
    ask: Callable[[], int]


@dataclass(frozen=True, slots=True)
class ReleaseFacts:
    """What the configuration says of the release and the request of this lane.

    ``base_repos`` are the URLs of the released repos per arch; ``tag`` is the Koji tag that the lane's repo shows.
    ``signing_key`` signs packages, in Koji; ``artifacts_key`` is the name of the key that signs what is composed.
    """

    release: str
    version: str
    request: str
    repo: str
    tag: str
    signing_key: str
    build_tag: str
    target: str
    base_repos: Mapping[str, tuple[str, ...]]
    artifacts_key: str | None = None


class Workbench(Protocol):
    """One artifact of one run in work."""

    @property
    def run(self) -> str:
        """The id of the run."""
        ...

    @property
    def attempt(self) -> int:
        """1 for the first try, one more after each retry by a person."""
        ...

    @property
    def lane(self) -> Lane:
        """Release and request."""
        ...

    @property
    def release(self) -> ReleaseFacts:
        """What the configuration says of them."""
        ...

    @property
    def store(self) -> Path:
        """The directory of this artifact and attempt on the compose store, which builders see at the same path."""
        ...

    @property
    def lasting_store(self) -> Path:
        """The directory of this artifact on the compose store that outlives the run."""
        ...

    @property
    def koji_store(self) -> Path:
        """Where Koji keeps its files."""
        ...

    @property
    def states_kept(self) -> int:
        """How many earlier states of a target stay on the mirror, for slow readers and for the way back."""
        ...

    @property
    def inputs(self) -> Mapping[str, Built]:
        """What the artifact is made from, by name, as composed in this run or as it is live."""
        ...

    @property
    def signer(self) -> Signer | None:
        """The key that must sign what is published; None when the release has none."""
        ...

    @property
    def koji(self) -> Koji:
        """Koji; acting verbs only through ``koji_task`` or ``effect``."""
        ...

    @property
    def mirror(self) -> Mirror:
        """The master mirror."""
        ...

    def ostree(self, path: Path) -> OstreeRepo:
        """The OSTree repo at this path."""
        ...

    def git(self, path: Path) -> GitRepo:
        """The git clone at this path, to read from."""
        ...

    @property
    def composes(self) -> Composes:
        """The metadata of composes that were made elsewhere."""
        ...

    def now(self) -> datetime:
        """The time, aware."""
        ...

    def koji_task(self, wanted: KojiTask) -> Task:
        """The task as it stands now; it is made if this run has not made it yet, and never twice."""
        ...

    def effect(
        self, key: str, what: str, do: Callable[[], T], find: Callable[[EffectRecord], T | None], *, old: Any = None
    ) -> T:
        """Change the outside once: intent first, adopt before repeat. ``T`` is JSON data."""
        ...
