"""What do former runs tell those in flight, without being asked anew at every step?"""

from collections.abc import Callable, Sequence, Set
from datetime import datetime, timedelta
from typing import Final, Generic, TypeVar

from sqlalchemy import Connection

from relengotron.decisions import estimating
from relengotron.engine.journal import durations, publications, rollouts
from relengotron.engine.journal.database import Database
from relengotron.engine.journal.publications import Publication
from relengotron.model.estimate import Eta, Past, PastComposes
from relengotron.model.rollout import Rollout
from relengotron.model.run import Run, StepState

T = TypeVar("T")

KEPT_FOR: Final = timedelta(minutes=1)
"""A run that ended in this time changes the middle of twenty little."""

OVER: Final = (StepState.DONE, StepState.SKIPPED)
_MOST_KEPT: Final = 200


class History:
    """The past of every lane, read from the journal now and then; any thread may ask."""

    def __init__(self, database: Database) -> None:
        """Take the journal; nothing is read before it is asked for."""
        self._database = database
        self._pasts: _Kept[Past] = _Kept(database, durations.past)
        self._composes: _Kept[PastComposes] = _Kept(database, durations.past_composes)

    def eta(
        self, run: Run, order: Sequence[str], over: Set[str], now: datetime, *, since: datetime | None = None
    ) -> Eta | None:
        """How long a run still has to go through the steps of its workflow; None when they are all over.

        Args:
            run: whose lane it is.
            order: every step of its workflow.
            over: the steps that are done or skipped.
            now: the time.
            since: when the first step that is not over began, None when it has not.
        """
        coming = [step for step in order if step not in over]
        if not coming:
            return None
        past = self._pasts.get(run.workflow, run.lane, now)
        elapsed = timedelta() if since is None else now - since - self._time_on_hold(run, coming[0], now)
        return estimating.remaining(coming, past, elapsed)

    def composes(self, workflow: str, lane: str, now: datetime) -> PastComposes:
        """What composes took and cost before."""
        return self._composes.get(workflow, lane, now)

    def compose_eta(self, run: Run, artifact: str, kind: str, now: datetime) -> Eta:
        """How long the compose of an artifact of this kind takes in all."""
        return estimating.compose_eta(artifact, kind, self.composes(run.workflow, run.lane, now))

    def publications(self, lane: str, artifact: str) -> list[Publication]:
        """What went live under an artifact's name, the newest first; asked anew each time."""
        with self._database.read() as db:
            return publications.of_artifact(db, lane, artifact)

    def rollout(self, run: str, artifact: str) -> Rollout | None:
        """How a push lets an artifact reach machines; None when it went to everybody at once."""
        with self._database.read() as db:
            return rollouts.find(db, run, artifact)

    def _time_on_hold(self, run: Run, step: str, now: datetime) -> timedelta:
        with self._database.read() as db:
            return durations.time_on_hold(db, run.id, step, now)


class _Kept(Generic[T]):
    """Answers of the journal that are good for a while, by workflow and lane."""

    def __init__(self, database: Database, ask: Callable[[Connection, str, str], T]) -> None:
        self._database = database
        self._ask = ask
        self._answers: dict[tuple[str, str], tuple[datetime, T]] = {}

    def get(self, workflow: str, lane: str, now: datetime) -> T:
        known = self._answers.get((workflow, lane))
        if known is not None and timedelta() <= now - known[0] < KEPT_FOR:
            return known[1]
        with self._database.read() as db:
            answer = self._ask(db, workflow, lane)
        if len(self._answers) >= _MOST_KEPT:
            self._answers = {}
        self._answers[workflow, lane] = (now, answer)
        return answer
