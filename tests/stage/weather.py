"""Time that stands still, and a machine that may die at any moment."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, event

from relengotron.engine.journal.database import Database
from relengotron.systems.bus.port import Announcement
from relengotron.systems.bus.simulated import SimulatedBus
from relengotron.systems.mirror.disk import Disk
from relengotron.systems.mischief import PowerSupply
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


class Power(PowerSupply):
    """Counts every change of the outside and every commit; remembers what was under way when it was cut."""

    def __init__(self) -> None:
        super().__init__()
        self.names: list[str] = []

    @contextmanager
    def effect(self, name: str) -> Iterator[None]:
        self.names.append(name)
        number = self.begin_effect()
        yield
        self.end_effect(number)

    def restore(self) -> None:
        self.cut_before = self.cut_after = None


class StormyDatabase(Database):
    """A journal whose machine may die before and after every commit."""

    def __init__(self, url: str, power: Power) -> None:
        super().__init__(url)
        self.power = power
        self.close()  # the power is cut in the story only: no need to wait for the disk
        event.listen(self.engine, "connect", lambda connection, _: connection.execute("PRAGMA synchronous=OFF"))

    @contextmanager
    def write(self) -> Iterator[Connection]:
        with super().write() as connection:
            yield connection
            number = self._commits()
        self.power.end_effect(number)

    def _commits(self) -> int:
        self.power.names.append("a commit of the journal")
        return self.power.begin_effect()


class StormyDisk(Disk):
    """The mirror's file system on a machine that may die."""

    def __init__(self, power: Power) -> None:
        self.power = power

    def before(self, effect: str, path: Path) -> None:
        with self.power.effect(f"mirror: {effect} {path.name}"):
            pass


class StormyBus(SimulatedBus):
    """A bus on a machine that may die while it sends."""

    def __init__(self, clock: Callable[[], float], power: Power, **more: Any) -> None:
        super().__init__(clock, **more)
        self.power = power

    def publish(self, message: Announcement, msg_id: str) -> None:
        if not message.topic_suffix.startswith("relengotron."):
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

    def set_ref(self, ref: str, commit: str, expected_old: str | None) -> None:
        with self.power.effect("ostree: set ref"):
            super().set_ref(ref, commit, expected_old)

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

    def update_summary(self) -> None:
        with self.power.effect("ostree: summary"):
            super().update_summary()
