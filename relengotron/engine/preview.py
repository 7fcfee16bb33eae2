"""The attempt of a run that does not exist: it looks at everything and changes nothing, not even the journal."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NoReturn, TypeVar

from sqlalchemy import Connection

from relengotron.engine.attempt import Attempt, Change, Clock
from relengotron.engine.journal.acknowledgements import Asked
from relengotron.engine.journal.database import Database
from relengotron.errors import RelengError, RequestRefused
from relengotron.model.intents import Start
from relengotron.model.run import EffectRecord, Run, RunState

T = TypeVar("T")
NO_RUN = "plan"


class Preview(Attempt):
    """Reading works as in a run that has just begun; whatever would change something is refused, and says what it was.

    ``database`` is a journal that is only read, if at all.
    """

    def __init__(self, workflow: str, lane: str, request: Any, database: Database, clock: Clock) -> None:
        """Take what the run would be asked for."""
        super().__init__(_no_run(workflow, lane, request, clock()), database, clock, {})

    def note(
        self, subject_kind: str, subject: str, state: str, reason: str, facts: Mapping[str, Any] | None = None
    ) -> None:
        """Refuse."""
        _refuse(f"note that {subject_kind} {subject} is {state}")

    def say(
        self,
        key: str,
        topic: str,
        body: Mapping[str, Any],
        recipients: Sequence[str] = (),
        answer_within: timedelta | None = None,
    ) -> None:
        """Refuse."""
        _refuse(f"say {topic}")

    def asked(self, key: str) -> Asked | None:
        """Nobody was asked."""
        return None

    def stop_asking(self, key: str) -> None:
        """Refuse."""
        _refuse(f"stop asking for an answer to {key}")

    def holds_up_another(self) -> bool:
        """Nobody waits for what does not exist."""
        return False

    def start(self, start: Start) -> None:
        """Refuse."""
        _refuse(f"start {start.workflow} in {start.lane}")

    def keep(self, write: Callable[[Connection], object]) -> None:
        """Refuse."""
        _refuse("write into the journal")

    def effect(
        self,
        key: str,
        what: str,
        do: Callable[[], T],
        find: Callable[[EffectRecord], T | None],
        *,
        old: Any = None,
        settles: timedelta = timedelta(),
    ) -> T:
        """Refuse."""
        _refuse(what)

    def effects(
        self,
        changes: Sequence[Change],
        do: Callable[[Sequence[Change]], Mapping[str, T | RelengError]],
        find: Callable[[Sequence[EffectRecord]], Mapping[str, T]],
    ) -> dict[str, T | RelengError]:
        """Refuse."""
        _refuse("; ".join(each.what for each in changes))

    def effect_records(self, keys: Sequence[str]) -> dict[str, EffectRecord]:
        """Nothing was ever intended."""
        return {}

    def effect_record(self, key: str) -> EffectRecord | None:
        """Nothing was ever intended."""
        return None

    def decisions(self, words: str) -> dict[str, Any]:
        """Nothing was ever decided."""
        return {}

    def begun(self, words: str) -> tuple[EffectRecord, ...]:
        """Nothing was ever intended."""
        return ()

    def remember(self, key: str, decide: Callable[[], Any]) -> Any:
        """Refuse."""
        _refuse(f"remember {key}")


def _refuse(what: str) -> NoReturn:
    raise RequestRefused(f"a plan changes nothing, and was asked to: {what}")


def _no_run(workflow: str, lane: str, request: Any, now: datetime) -> Run:
    return Run(
        id=NO_RUN,
        workflow=workflow,
        lane=lane,
        key=NO_RUN,
        state=RunState.QUEUED,
        request=request,
        reason="",
        priority=0,
        attempt=1,
        trigger_msg_id="",
        created_at=now,
        updated_at=now,
        finished_at=None,
        look_again_at=None,
    )
