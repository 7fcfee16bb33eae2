"""Senders whose messages leave before their own commit: who looks at once finds that nothing has happened yet."""

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import koji

from relengotron.systems.koji.simulated import Hub
from relengotron.systems.resultsdb.simulated import SimulatedResultsDb
from tests.stage.configuration import REQUIRED_TESTS
from tests.stage.paper_builder import PaperBuilder
from tests.stage.paper_tester import PaperTester

Say = Callable[[str, dict[str, Any]], None]
TASK_NEWS, RESULT_NEWS = "buildsys.task.state.change", "resultsdb.result.new"
LONGEST_COMMIT_S = 40.0


@dataclass
class Haste:
    """What was said too early, and when it will be true."""

    now: Callable[[], float]
    chance: random.Random
    due: dict[int, float] = field(default_factory=dict)

    def is_true_by_now(self, thing: int, say: Callable[[], None]) -> bool:
        """Say it the first time; it is true some seconds later."""
        if thing not in self.due:
            say()
            self.due[thing] = self.now() + self.chance.uniform(1, LONGEST_COMMIT_S)
        return self.now() >= self.due[thing]


class HastyBuilder(PaperBuilder):
    """Koji says that a task is closed, and closes it later; the message that it sends then is lost."""

    def __init__(self, hub: Hub, say: Say, chance: random.Random) -> None:
        super().__init__(hub)
        self._say, self._haste = say, Haste(hub.clock, chance)
        hub.announce = self._unless_said

    def _carry_out(self, row: dict[str, Any]) -> bool:
        if not self._haste.is_true_by_now(row["id"], lambda: self._say(TASK_NEWS, _closed(row))):
            return False
        return super()._carry_out(row)

    def _unless_said(self, topic: str, body: dict[str, Any]) -> None:
        if topic != TASK_NEWS or body["id"] not in self._haste.due:
            self._say(topic, body)

    @property
    def is_about_to_commit(self) -> bool:
        """Whether something was said that is not true yet."""
        return any(row["id"] in self._haste.due for row in self.free_tasks())


class HastyTester(PaperTester):
    """ResultsDB says that a verdict is stored, and stores it later; the message that it sends then is lost."""

    def __init__(
        self,
        results: SimulatedResultsDb,
        say: Say,
        in_silence: Callable[[Callable[[], bool]], bool],
        now: Callable[[], float],
        chance: random.Random,
    ) -> None:
        super().__init__(results)
        self._say, self._in_silence, self._haste = say, in_silence, Haste(now, chance)
        self._waiting: set[int] = set()

    def _judge(self, row: dict[str, Any]) -> bool:
        self._waiting.add(row["id"])
        if not self._haste.is_true_by_now(row["id"], lambda: self._say(RESULT_NEWS, _judged(row))):
            return False
        self._waiting.discard(row["id"])
        return self._in_silence(partial(super()._judge, row))

    @property
    def is_about_to_commit(self) -> bool:
        """Whether something was said that is not true yet."""
        return bool(self._waiting)


def _closed(row: dict[str, Any]) -> dict[str, Any]:
    states = {"old": koji.TASK_STATES[koji.TASK_STATES["OPEN"]], "new": koji.TASK_STATES[koji.TASK_STATES["CLOSED"]]}
    about = {"id": row["id"], "method": row["method"], "owner": "relengotron", "instance": "primary"}
    return {"attribute": "state", **about, **states}


def _judged(row: dict[str, Any]) -> dict[str, Any]:
    data = row["data"]
    testcase = REQUIRED_TESTS[data["kind"][0]]
    return {
        "id": 100_000 + row["id"],
        "testcase": {"name": testcase, "ref_url": None},
        "outcome": "PASSED",
        "data": {"item": data["item"], "type": ["compose"]},
    }
