"""Time that stands still, and a machine that may die at any moment."""

import sys
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from sqlalchemy import Connection, event

from relengotron.engine.journal.database import Database
from relengotron.errors import PowerCut
from relengotron.model.tree_history import Delta
from relengotron.systems.bus.port import Announcement
from relengotron.systems.bus.simulated import SimulatedBus
from relengotron.systems.mirror.disk import Disk
from relengotron.systems.mischief import PowerSupply
from relengotron.systems.ostree.signed_summary import SignSummary
from relengotron.systems.ostree.simulated import SimulatedOstree

EPOCH = datetime(2016, 11, 1, 10, 0, tzinfo=UTC)


class Clock:
    """Time that goes on only when told to."""

    def __init__(self) -> None:
        self.time = EPOCH

    def __call__(self) -> datetime:
        return self.time

    def seconds(self) -> float:
        return self.time.timestamp()

    def pass_by(self, **time: float) -> None:
        self.time += timedelta(**time)


def nobody_watches(_moment: int) -> None:
    """What is done at most moments."""


class Power(PowerSupply):
    """Writes down every moment at which the machine could die: before and after each commit and each change outside.

    Moments are numbered from 1 since the last ``arm``; at ``cut_at`` the machine dies.
    """

    def __init__(self) -> None:
        super().__init__()
        self.moments: list[str] = []
        self.cut_at: int | None = None
        self.watch: Callable[[int], None] = nobody_watches
        self._names: dict[int, str] = {}

    def arm(self, cut_at: int | None = None, watch: Callable[[int], None] = nobody_watches) -> None:
        """From now on count anew; ``watch`` is called at each moment with its number."""
        self.moments, self.cut_at, self.watch = [], cut_at, watch

    def passes(self, moment: str) -> None:
        """The machine lives through this moment, or not."""
        self.moments.append(moment)
        self.watch(len(self.moments))
        if len(self.moments) == self.cut_at:
            self.cut_at = None
            raise PowerCut(moment)

    def begin_effect(self, name: str = "an effect") -> int:
        number = super().begin_effect(name)
        self._names[number] = name
        self.passes(f"before {name}")
        return number

    def end_effect(self, number: int) -> None:
        self.passes(f"after {self._names.pop(number)}")

    @contextmanager
    def effect(self, name: str) -> Iterator[None]:
        number = self.begin_effect(name)
        yield
        self.end_effect(number)


@cache
def empty_journal() -> bytes:
    """A journal with every table and no row: made once, because the migrations take longer than a short story."""
    with TemporaryDirectory() as folder:
        file = Path(folder) / "journal.db"
        Database(f"sqlite:///{file}").close()
        return file.read_bytes()


class StormyDatabase(Database):
    """A journal whose machine may die before and after every commit."""

    def __init__(self, file: Path, power: Power) -> None:
        if not file.exists():
            file.write_bytes(empty_journal())
        super().__init__(f"sqlite:///{file}")
        self.power = power
        self.close()  # the power is cut in the story only: no need to wait for the disk
        event.listen(self.engine, "connect", lambda connection, _: connection.execute("PRAGMA synchronous=OFF"))

    @contextmanager
    def write(self) -> Iterator[Connection]:
        with super().write() as connection:
            yield connection
            number = self.power.begin_effect(f"commit of {_writer()}")
        self.power.end_effect(number)


def _writer() -> str:
    """The module that is writing the journal: one of the engine, or the keeper of a gate."""
    frame = sys._getframe(1)
    while not (name := frame.f_globals["__name__"]).startswith("relengotron.") or ".journal." in name:
        assert frame.f_back is not None
        frame = frame.f_back
    return str(name.rpartition(".")[2])


class StormyDisk(Disk):
    """The mirror's file system on a machine that may die."""

    def __init__(self, power: Power) -> None:
        self.power = power

    def before(self, effect: str, path: Path) -> None:
        self.power.passes(f"before mirror: {effect} {path.name}")


def is_ours(topic_suffix: str) -> bool:
    """Whether the daemon says this; orders have our name and are said by others."""
    return topic_suffix.startswith("relengotron.") and topic_suffix != "relengotron.push.request"


class StormyBus(SimulatedBus):
    """A bus on a machine that may die while it sends."""

    def __init__(self, clock: Callable[[], float], power: Power, **more: Any) -> None:
        super().__init__(clock, **more)
        self.power = power

    def publish(self, message: Announcement, msg_id: str) -> None:
        if not is_ours(message.topic_suffix):
            super().publish(message, msg_id)
            return
        with self.power.effect(f"bus: {message.topic_suffix}"):
            super().publish(message, msg_id)


class StormyOstree(SimulatedOstree):
    """An OSTree repo on a machine that may die."""

    def __init__(self, path: Path, power: Power) -> None:
        super().__init__(path)
        self.power = power

    def init_archive(self) -> None:
        with self.power.effect("ostree: init"):
            super().init_archive()

    def pull_local(self, source: Path, commit_or_ref: str, depth: int = 0, untrusted: bool = True) -> str:
        with self.power.effect("ostree: pull"):
            return super().pull_local(source, commit_or_ref, depth, untrusted)

    def make_delta(self, old: str, new: str) -> None:
        with self.power.effect("ostree: delta"):
            super().make_delta(old, new)

    def set_ref(self, ref: str, commit: str, expected_old: str | None) -> None:
        with self.power.effect("ostree: set ref"):
            super().set_ref(ref, commit, expected_old)

    def add_signature(self, commit: str, signature: bytes) -> None:
        with self.power.effect("ostree: signature"):
            super().add_signature(commit, signature)

    def delete_ref(self, ref: str, expected_old: str | None = None) -> None:
        with self.power.effect("ostree: delete ref"):
            super().delete_ref(ref, expected_old)

    def commit_tree_of(
        self,
        commit: str,
        *,
        parent: str | None,
        subject: str,
        timestamp: datetime,
        bind_ref: str | None = None,
        version: str | None = None,
        metadata: Mapping[str, str] | None = None,
    ) -> str:
        with self.power.effect("ostree: commit again"):
            return super().commit_tree_of(
                commit,
                parent=parent,
                subject=subject,
                timestamp=timestamp,
                bind_ref=bind_ref,
                version=version,
                metadata=metadata,
            )

    def drop_commits(self, commits: Collection[str]) -> None:
        with self.power.effect("ostree: drop commits"):
            super().drop_commits(commits)

    def drop_delta(self, delta: Delta) -> None:
        with self.power.effect("ostree: drop delta"):
            super().drop_delta(delta)

    def tag(self, name: str, commit: str) -> None:
        with self.power.effect("ostree: tag"):
            super().tag(name, commit)

    def update_summary(self, sign: SignSummary | None = None) -> None:
        with self.power.effect("ostree: summary"):
            super().update_summary(sign)
