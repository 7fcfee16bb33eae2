"""The workbench of a rehearsal: what a push would give a plugin, with a journal in memory."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

from relengotron.errors import AnswerLost, StateDisagrees
from relengotron.model.artifact import Built
from relengotron.model.codec import to_json
from relengotron.model.lane import Lane
from relengotron.model.run import EffectRecord
from relengotron.sdk.workbench import KojiTask, ReleaseFacts
from relengotron.systems.composes.port import Composes
from relengotron.systems.git.port import GitRepo
from relengotron.systems.koji.port import Koji, Task
from relengotron.systems.mirror.port import Mirror
from relengotron.systems.ostree.port import OstreeRepo
from relengotron.systems.signing.port import Signer

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class RehearsalBench:
    """One artifact of one rehearsed run; ``journal`` is what survives a power cut."""

    run: str
    attempt: int
    lane: Lane
    release: ReleaseFacts
    store: Path
    lasting_store: Path
    koji_store: Path
    inputs: Mapping[str, Built]
    koji: Koji
    mirror: Mirror
    open_ostree: Callable[[Path], OstreeRepo]
    open_git: Callable[[Path], GitRepo]
    composes: Composes
    clock: Callable[[], datetime]
    journal: dict[str, EffectRecord]
    signer: Signer | None = None
    states_kept: int = 1

    def ostree(self, path: Path) -> OstreeRepo:
        """The OSTree repo at this path."""
        return self.open_ostree(path)

    def git(self, path: Path) -> GitRepo:
        """The git clone at this path, to read from."""
        return self.open_git(path)

    def now(self) -> datetime:
        """The time, aware."""
        return self.clock()

    def koji_task(self, wanted: KojiTask) -> Task:
        """The task as it stands now; made at most once in a try."""
        task = self.effect(
            f"{wanted.key} try {self.attempt}",
            f"Koji task {wanted.method}: {wanted.what}",
            do=lambda: {"task": wanted.ask()},
            find=lambda intent: self._find_task(wanted, intent),
        )["task"]
        found = self.koji.tasks([task]).get(task)
        if found is None:
            raise StateDisagrees(f"Koji does not know its own task {task} any more")
        return found

    def effect(
        self, key: str, what: str, do: Callable[[], T], find: Callable[[EffectRecord], T | None], *, old: Any = None
    ) -> T:
        """Change the outside once: intent first, adopt before repeat."""
        intent = self.journal.get(key)
        if intent is not None and intent.is_finished:
            known: T = intent.result
            return known
        if intent is None:
            number = len(self.journal) + 1
            intent = EffectRecord(number, self.run, key, what, to_json(old), None, False, self.now(), None)
            self.journal[key] = intent
            result = self._do_or_find(intent, do, find)
        else:
            found = find(intent)
            result = found if found is not None else self._do_or_find(intent, do, find)
        as_it_will_be_recalled: T = to_json(result)
        self.journal[key] = replace(intent, result=as_it_will_be_recalled, is_finished=True, finished_at=self.now())
        return as_it_will_be_recalled

    @staticmethod
    def _do_or_find(intent: EffectRecord, do: Callable[[], T], find: Callable[[EffectRecord], T | None]) -> T:
        try:
            return do()
        except AnswerLost:
            found = find(intent)
            if found is None:
                raise
            return found

    def _find_task(self, wanted: KojiTask, intent: EffectRecord) -> dict[str, int] | None:
        found = self.koji.find_tasks(wanted.method, intent.intended_at, wanted.marker)
        return {"task": found[0].id} if found else None
