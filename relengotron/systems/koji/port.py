"""What we ask of Koji, in our words."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol

from relengotron.errors import RelengError
from relengotron.model.package import NO_EPOCH, Package


class TaskState(StrEnum):
    """Where a Koji task stands; the last three are ends."""

    FREE = "free"
    OPEN = "open"
    ASSIGNED = "assigned"
    CLOSED = "closed"
    CANCELLED = "cancelled"
    FAILED = "failed"

    @property
    def is_final(self) -> bool:
        """Whether nothing more happens to the task."""
        return self in (TaskState.CLOSED, TaskState.CANCELLED, TaskState.FAILED)


@dataclass(frozen=True, slots=True)
class Task:
    """One Koji task; times are aware UTC or None."""

    id: int
    method: str
    state: TaskState
    arch: str
    created_at: datetime | None
    started_at: datetime | None
    completed_at: datetime | None
    request: Sequence[Any] = ()


@dataclass(frozen=True, slots=True)
class Build:
    """One complete build: its package and its RPMs, sources included."""

    nvr: str
    package: str
    rpms: tuple["Rpm", ...]
    created_at: datetime | None = None

    @property
    def binary_names(self) -> frozenset[str]:
        """The names of the packages that users can install from it."""
        return frozenset(rpm.name for rpm in self.rpms if rpm.arch != "src")


@dataclass(frozen=True, slots=True)
class Rpm:
    """One RPM of a build; ``id`` is Koji's."""

    id: int
    name: str
    version: str
    release: str
    arch: str
    epoch: str = NO_EPOCH

    @property
    def file_name(self) -> str:
        """The name of the file in the Koji store."""
        return f"{self.name}-{self.version}-{self.release}.{self.arch}.rpm"

    @property
    def package(self) -> Package:
        """The package that users install from it."""
        return Package(self.name, self.epoch, self.version, self.release, self.arch)


@dataclass(frozen=True, slots=True)
class Tag:
    """One tag; ``permission`` names what a user must hold to use it, if anything."""

    name: str
    arches: tuple[str, ...]
    is_locked: bool
    permission: str | None


@dataclass(frozen=True, slots=True)
class Target:
    """One build target: in which tag's build root its tasks work, and where their builds go."""

    name: str
    build_tag: str
    dest_tag: str


@dataclass(frozen=True, slots=True)
class Host:
    """One enabled builder; ``seen_at`` is when it last spoke to the hub, if that is known."""

    name: str
    arches: tuple[str, ...]
    is_ready: bool
    seen_at: datetime | None


@dataclass(frozen=True, slots=True)
class TaggedBuild:
    """One build as a tag lists it; of two taggings the later one has the greater ``event``."""

    nvr: str
    package: str
    epoch: str
    owner: str
    event: int


@dataclass(frozen=True, slots=True)
class TagChanges:
    """What happened to tags up to ``event``: per tag the builds that came or left, and whether they are in it now."""

    event: int
    builds: Mapping[str, Mapping[str, bool]]


@dataclass(frozen=True, slots=True)
class Standing:
    """How a build stands before it is moved: its tags, the latest of its package in the target, and what forbids it."""

    tags: frozenset[str]
    latest: TaggedBuild | None
    refusal: str | None


@dataclass(frozen=True, slots=True)
class Runroot:
    """A command in a build root of ``tag``: ``command`` is a list of words, never a shell line."""

    tag: str
    arch: str
    command: tuple[str, ...]
    packages: tuple[str, ...] = ()
    mounts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ImageBuild:
    """A scratch image task: a disk image from an uploaded, flattened kickstart."""

    name: str
    version: str
    release: str
    arches: tuple[str, ...]
    target: str
    install_tree: str
    kickstart: str
    formats: tuple[str, ...]
    distro: str
    disk_size_gib: int


class Koji(Protocol):
    """The Koji hub. Reading verbs may be repeated at will; acting verbs need an intent first.

    Every verb raises SystemUnreachable when the hub does not answer, AnswerLost when nobody knows whether it acted,
    and RequestRefused when it said no.
    """

    def builds(self, nvrs: Collection[str]) -> Mapping[str, Build]:
        """The complete builds among these names; unknown and unfinished ones are left out."""
        ...

    def tags_of(self, nvrs: Collection[str]) -> Mapping[str, frozenset[str]]:
        """The tags every build carries itself, without inheritance; unknown builds carry none."""
        ...

    def tagged(self, tag: str) -> tuple[TaggedBuild, ...]:
        """The builds of a tag itself, the newest tagging first; as in Koji, blocked packages do not show."""
        ...

    def tagged_of(self, tag: str, packages: Collection[str]) -> tuple[TaggedBuild, ...]:
        """The builds of these packages in a tag itself, the newest tagging of each first: that is the latest."""
        ...

    def tag_changes(self, tags: Collection[str], since: int | None) -> TagChanges:
        """What came into these tags or left them after an event, in one request; nothing without an event."""
        ...

    def event_before(self, when: datetime) -> int:
        """The last event before then, 0 before the first: what changed since is what changed after it."""
        ...

    def tags_ever(self, nvrs: Collection[str]) -> Mapping[str, frozenset[str]]:
        """The tags that every build carries itself, or carried; those that are no more have no name left."""
        ...

    def unsigned_rpms(self, builds: Collection[Build], key: str) -> Mapping[str, tuple[str, ...]]:
        """Per build (NVR) the files that lack a signature of this key; signed builds are left out."""
        ...

    def signed(self, builds: Collection[Build], keys: Collection[str]) -> frozenset[str]:
        """The builds (NVRs) whose every RPM carries a signature of one of these keys."""
        ...

    def write_signed_copies(self, builds: Collection[Build], key: str) -> None:
        """Every RPM of these builds has its signed copy in the store; may be repeated."""
        ...

    def move_builds(self, moves: Sequence[tuple[str, str, str]]) -> Mapping[str, int | RelengError]:
        """Ask for (build, from tag, to tag) moves in one request; per build the task, or why there is none."""
        ...

    def before_moves(self, moves: Sequence[tuple[str, str, str]]) -> Mapping[str, Standing]:
        """How each build of these (build, from tag, to tag) moves stands, asked together; changes nothing."""
        ...

    def untag_builds(self, builds: Sequence[tuple[str, str]]) -> None:
        """These (build, tag) pairs are no more; those that never were are fine."""
        ...

    def runroot(self, asked: Runroot) -> int:
        """Start a command in a build root; the id of its task."""
        ...

    def build_image(self, asked: ImageBuild) -> int:
        """Start a scratch image build; the id of its task."""
        ...

    def upload(self, directory: str, name: str, content: bytes) -> str:
        """Put a small file where tasks can read it; its path as tasks name it."""
        ...

    def tasks(self, ids: Collection[int]) -> Mapping[int, Task]:
        """All these tasks in one request; unknown ones are left out."""
        ...

    def finished(self, ids: Collection[int]) -> frozenset[int]:
        """Those of these tasks that have come to an end, whatever end; asked for often, and about many."""
        ...

    def task_result(self, task: int) -> Any:
        """What a closed task returned."""
        ...

    def why_failed(self, task: int) -> str:
        """The words of the deepest failed descendant of a task."""
        ...

    def find_tasks(self, method: str, since: datetime, marker: str) -> tuple[Task, ...]:
        """Our own tasks since then whose request contains the marker, oldest first: the way to adopt a lost one."""
        ...

    def cancel_task(self, task: int) -> None:
        """The task and its children stop; finished ones stay as they are."""
        ...

    def move_tasks_since(self, since: datetime, nvr: str, source: str, target: str) -> tuple[Task, ...]:
        """Our own move tasks since then for this build and these tags, oldest first."""
        ...

    def moves_since(self, since: datetime, moves: Sequence[tuple[str, str, str]]) -> Mapping[str, tuple[Task, ...]]:
        """Our own move tasks since then per build of these (build, from tag, to tag) moves, oldest first."""
        ...

    def request_repo(self, tag: str) -> int:
        """Ask for the build root repo of a tag to be made anew; the id of the task."""
        ...

    def repo_tasks(self, tag: str, since: datetime) -> tuple[Task, ...]:
        """The tasks of anybody that make a tag's build root repo and did not begin before then, oldest first."""
        ...

    def tags(self, names: Collection[str]) -> Mapping[str, Tag]:
        """The tags of these names; unknown ones are left out."""
        ...

    def packages_in(self, tag: str) -> frozenset[str]:
        """The packages whose builds may be in a tag, own or inherited; blocked ones are left out."""
        ...

    def target(self, name: str) -> Target | None:
        """The build target of this name."""
        ...

    def hosts(self, channel: str) -> tuple[Host, ...]:
        """The enabled builders of a channel."""
        ...

    def why_not_move(self, source: str, target: str) -> str | None:
        """Why we may not move the latest build of one tag to the other; None when we may. Changes nothing."""
        ...

    def identity(self) -> str:
        """Who the hub says it is and as whom we are logged in."""
        ...

    def permissions(self) -> frozenset[str]:
        """The permissions of our user."""
        ...
