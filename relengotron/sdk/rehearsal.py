"""Where can a plugin be tried without a network? A workshop with a simulated Koji, a mirror and a builder in hand."""

import hashlib
import itertools
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, cast

from koji import xmlrpcplus

from relengotron.errors import AnswerLost, PowerCut
from relengotron.model.artifact import Artifact, Built
from relengotron.model.lane import Lane
from relengotron.model.run import EffectRecord
from relengotron.sdk.rehearsal_bench import RehearsalBench
from relengotron.sdk.workbench import ReleaseFacts
from relengotron.systems.composes.port import Composes
from relengotron.systems.git.port import GitRepo
from relengotron.systems.koji.port import Koji, Task, TaskState
from relengotron.systems.mirror.disk import Disk
from relengotron.systems.mirror.port import Mirror
from relengotron.systems.ostree.port import OstreeRepo
from relengotron.systems.world import REHEARSING_USER, rehearse

EPOCH: Final = datetime(2016, 11, 1, 12, 0, tzinfo=UTC).timestamp()
BUILDER: Final = "builder1"
RELEASE: Final = ReleaseFacts(
    release="F24",
    version="24",
    request="stable",
    repo="updates",
    tag="f24-updates",
    signing_key="81b46521",
    build_tag="f24-build",
    target="f24",
    base_repos={"x86_64": ("http://mirror.rehearsal/releases/24/x86_64/os",)},
)
KOJI_ACTS: Final = frozenset({
    "write_signed_copies", "move_builds", "untag_builds", "runroot", "build_image", "upload", "cancel_task"
})  # fmt: skip
OSTREE_ACTS: Final = frozenset(
    {"init_archive", "pull_local", "make_delta", "set_ref", "delete_ref", "commit_tree_of", "update_summary"}
)


@dataclass(slots=True)
class Power:
    """Every change of the outside, by name; the power can be cut, or one answer lost, at a chosen one."""

    acts: list[str] = field(default_factory=list)
    cut_at: int | None = None
    lose_answer_of: str | None = None

    def moment(self, name: str) -> None:
        """Something is changed now.

        Raises:
            PowerCut: this was the chosen moment; the power comes back with it.
        """
        self.acts.append(name)
        if self.cut_at is not None and len(self.acts) >= self.cut_at:
            self.cut_at = None
            raise PowerCut(name)

    def answer(self, verb: str) -> None:
        """An act is done and its answer is on the way.

        Raises:
            AnswerLost: this was the chosen answer.
        """
        if self.lose_answer_of == verb:
            self.lose_answer_of = None
            raise AnswerLost(f"nobody knows what came of {verb}")


class Watched:
    """A system whose acting verbs are written down; everything else passes through."""

    def __init__(self, system: object, acting: Collection[str], power: Power) -> None:
        """Take the system and the names of its acting verbs."""
        self._system = system
        self._acting = acting
        self._power = power

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._system, name)
        return self._watched(name, found) if name in self._acting else found

    def _watched(self, verb: str, act: Callable[..., Any]) -> Callable[..., Any]:
        def watched(*words: Any, **named: Any) -> Any:
            self._power.moment(f"before {verb}")
            answer = act(*words, **named)
            self._power.moment(f"after {verb}")
            self._power.answer(verb)
            return answer

        return watched


class _WatchedDisk(Disk):
    def __init__(self, power: Power) -> None:
        self._power = power

    def before(self, effect: str, path: Path) -> None:
        self._power.moment(f"{effect} {path.name}")


class Workshop:
    """One rehearsed world below one directory: compose store, Koji and its store, mirror, and the builder's part."""

    def __init__(self, root: Path) -> None:
        """Fill an empty directory."""
        self.root = root
        self.compose_store, self.koji_store = root / "compose", root / "koji"
        self.mirror_root = root / "pub"
        self.power = Power()
        self._ticks = itertools.count()
        self._journals: dict[str, dict[str, EffectRecord]] = {}
        self._world = rehearse(self.koji_store, self.mirror_root, root / "state", self._time, _WatchedDisk(self.power))
        self.koji = cast(Koji, Watched(self._world.koji, KOJI_ACTS, self.power))
        self._hub = self._world.call_hub
        self.signer = self._world.paper_signer(lambda how: self.power.moment(f"sign {how}"))
        self.compose_store.mkdir(parents=True, exist_ok=True)
        self._furnish()

    @property
    def mirror(self) -> Mirror:
        """The master mirror, below ``mirror_root``."""
        return self._world.mirror

    def ostree(self, path: Path) -> OstreeRepo:
        """The OSTree repo at this path."""
        return cast(OstreeRepo, Watched(self._world.ostree(path), OSTREE_ACTS, self.power))

    def git(self, path: Path) -> GitRepo:
        """The git clone at this path."""
        return self._world.git(path)

    @property
    def composes(self) -> Composes:
        """The metadata of composes, at ``file`` addresses only."""
        return self._world.composes

    def now(self) -> datetime:
        """The workshop's time, one second later at each look."""
        return datetime.fromtimestamp(self._time(), UTC)

    def bench(self, artifact: Artifact, inputs: Mapping[str, Built], *, run: str, attempt: int = 1) -> RehearsalBench:
        """A workbench like the one that a push gives; what a run has done is remembered from bench to bench."""
        slug = hashlib.sha256(artifact.name.encode()).hexdigest()[:12]
        return RehearsalBench(
            run=run,
            attempt=attempt,
            lane=Lane(RELEASE.release, RELEASE.request),
            release=RELEASE,
            store=self.compose_store / "runs" / run / slug / str(attempt),
            lasting_store=self.compose_store / "artifacts" / slug,
            koji_store=self.koji_store,
            inputs=inputs,
            koji=self.koji,
            mirror=self.mirror,
            open_ostree=self.ostree,
            open_git=self.git,
            composes=self.composes,
            clock=self.now,
            journal=self._journals.setdefault(run, {}),
        )

    def tasks(self) -> list[Task]:
        """Every task that was asked for under our name, oldest first, without the children that builders make."""
        rows = self._hub(None, "listTasks", {"decode": True}, {"order": "id"})
        own = {row["id"] for row in rows if row["parent"] is None and row["owner_name"] == REHEARSING_USER}
        return [task for _, task in sorted(self.koji.tasks(own).items())]

    def waiting_tasks(self) -> list[Task]:
        """The tasks that no builder has taken yet."""
        return [task for task in self.tasks() if task.state is TaskState.FREE]

    def take(self, task: Task) -> None:
        """A builder takes the task."""
        self._hub(BUILDER, "host.openTask", task.id)

    def close(self, task: Task, result: Any) -> None:
        """The builder's work came to a good end."""
        packed = xmlrpcplus.dumps((result,), methodresponse=1, allow_none=1)
        self._hub(BUILDER, "host.closeTask", task.id, packed)

    def fail(self, task: Task, deepest: str) -> None:
        """A child of the task fails with these words, and the task fails because of it."""
        child = self._hub(BUILDER, "host.subtask", "createImage", [], task.id, label="deep", arch="noarch")
        self._hub(BUILDER, "host.openTask", child)
        self._hub(BUILDER, "host.failTask", child, xmlrpcplus.dumps(xmlrpcplus.Fault(1000, deepest)))
        upper = xmlrpcplus.Fault(1000, "a child of this task failed")
        self._hub(BUILDER, "host.failTask", task.id, xmlrpcplus.dumps(upper))

    def cancel(self, task: Task) -> None:
        """An administrator cancels the task."""
        self._hub("admin", "cancelTask", task.id)

    def files(self, *, below: Path | None = None) -> dict[str, str]:
        """The checksum of every file below a directory (the whole workshop if none is named), by its path."""
        return dict(_files(below or self.root))

    def _time(self) -> float:
        return EPOCH + next(self._ticks)

    def _furnish(self) -> None:
        for permission in ("runroot", "image"):
            self._hub("admin", "grantPermission", REHEARSING_USER, permission, create=True)
        self._hub("admin", "addHost", BUILDER, ["x86_64", "i386"])
        known = {channel["name"] for channel in self._hub(None, "listChannels")}
        for channel in ("runroot", "image"):
            if channel not in known:
                self._hub("admin", "addChannel", channel)
            self._hub("admin", "addHostToChannel", BUILDER, channel)
        for tag in (RELEASE.build_tag, RELEASE.tag):
            self._hub("admin", "createTag", tag, arches="i686 x86_64")
        self._hub("admin", "createBuildTarget", RELEASE.target, RELEASE.build_tag, RELEASE.tag)


def _files(root: Path) -> Iterator[tuple[str, str]]:
    for path in sorted(root.rglob("*")):
        if path.is_file() and not path.is_symlink():
            yield path.relative_to(root).as_posix(), hashlib.sha256(path.read_bytes()).hexdigest()
