"""What a step gets in its hands: the run, the time, and a way to change the outside safely."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeVar

from sqlalchemy import Connection

from relengotron.engine.journal import acknowledgements, effects, evidence, passed, runs, waivers
from relengotron.engine.journal.acknowledgements import Asked
from relengotron.engine.journal.database import Database
from relengotron.engine.journal.passed import Passed
from relengotron.errors import AnswerLost, RelengError
from relengotron.model.codec import from_json, to_json
from relengotron.model.intents import Start
from relengotron.model.run import DECISION, EffectRecord, Evidence, Run, RunState, StepRecord, StepState
from relengotron.model.waiver import Waiver

T = TypeVar("T")
Clock = Callable[[], datetime]


@dataclass(frozen=True, slots=True)
class Change:
    """One of many changes outside that are asked for together."""

    key: str
    what: str
    old: Any = None


@dataclass(frozen=True, slots=True)
class Saying:
    """A message to be sent once; a run says each key once only."""

    key: str
    topic: str
    body: Mapping[str, Any]
    recipients: tuple[str, ...] = ()
    """Who must acknowledge it, by the common names of their certificates."""
    answer_within: timedelta | None = None


class Attempt:
    """One walk of one run through its steps.

    What a step notes, says, keeps or starts is kept aside and written together with the outcome of the step. Effects
    are journalled at once: the intent before, the result after.
    """

    def __init__(self, run: Run, database: Database, clock: Clock, steps: Mapping[str, StepRecord]) -> None:
        """Take the run and the steps it has behind it."""
        self.run = run
        self.steps = dict(steps)
        self.step = ""
        self.step_started_at = clock()
        self.must_look_again = False
        """Whether news may have come between the step's look and the moment from which it is watched for."""
        self.notes: list[Evidence] = []
        self.sayings: list[Saying] = []
        self.starts: list[Start] = []
        self.writes: list[Callable[[Connection], object]] = []
        self._decided: dict[str, dict[str, Any]] = {}
        self._database = database
        self._clock = clock

    def begin_step(self, name: str) -> None:
        """Turn to a step; what an earlier step left aside was written with it."""
        self.step = name
        known = self.steps.get(name)
        self.step_started_at = known.started_at if known is not None else self.now()
        self.must_look_again = False
        self._decided.clear()
        self.leave_nothing_aside()

    @property
    def has_nothing_aside(self) -> bool:
        """Whether the step has nothing but its outcome to write."""
        return not (self.notes or self.sayings or self.starts or self.writes)

    def leave_nothing_aside(self) -> None:
        """Forget what the step wanted to note, say, keep and start: it did not come to an outcome of its own."""
        self.notes, self.sayings, self.starts, self.writes = [], [], [], []

    def now(self) -> datetime:
        """The time of the engine's clock, aware."""
        return self._clock()

    def recall(self, step: Callable[..., Any], kind: type[T]) -> T:
        """The output of an earlier step.

        Raises:
            LookupError: that step has not promised anything yet.
        """
        record = self.steps[step.__name__]
        if record.state not in (StepState.DONE, StepState.SKIPPED):
            raise LookupError(f"{step.__name__} has promised nothing yet: it is {record.state}")
        return from_json(kind, record.output)

    def note(
        self, subject_kind: str, subject: str, state: str, reason: str, facts: Mapping[str, Any] | None = None
    ) -> None:
        """Keep why a subject is in its state; repeated notes are kept once."""
        item = Evidence(self.run.id, self.step, subject_kind, subject, state, reason, dict(facts or {}), self.now())
        self.notes.append(item)

    def say(
        self,
        key: str,
        topic: str,
        body: Mapping[str, Any],
        recipients: Sequence[str] = (),
        answer_within: timedelta | None = None,
    ) -> None:
        """Tell everybody, once per key of this run; ``recipients`` are asked to acknowledge, again and again."""
        self.sayings.append(Saying(key, topic, body, tuple(recipients), answer_within))

    def asked(self, key: str) -> Asked | None:
        """Who was asked to acknowledge what was said under this key, and who has; None when nobody was asked."""
        with self._database.read() as db:
            return acknowledgements.asked(db, self.run.id, key)

    def stop_asking(self, key: str) -> None:
        """What was said under this key is known by now: it is not said again."""
        with self._database.write() as db:
            acknowledgements.stop_asking(db, self.run.id, key, self.now())

    def holds_up_another(self) -> bool:
        """Whether another run waits until this one gives the lane away."""
        with self._database.read() as db:
            return bool(runs.newest(db, 1, lane=self.run.lane, states=(RunState.QUEUED,)))

    def waivers_of(self, items: Collection[str]) -> tuple[Waiver, ...]:
        """What people waived of these items, in this run or in another."""
        with self._database.read() as db:
            return tuple(waivers.of_items(db, items))

    def noted(self, subject_kind: str, subject: str) -> Evidence | None:
        """What was noted last about a subject in this run; what the present step leaves aside is not."""
        with self._database.read() as db:
            return evidence.newest_of(db, self.run.id, subject_kind, subject)

    def passed(self, lane: str, step: str, promised: Sequence[str], decided: str) -> Iterator[Passed]:
        """The runs of a lane that came past a step, the newest first, with what steps promised and was decided there.

        ``decided`` is what the keys of these decisions begin with.
        """
        with self._database.read() as db:
            yield from passed.passed(db, lane, step, promised, decided)

    def start(self, start: Start) -> None:
        """Open another run, once per key."""
        self.starts.append(start)

    def keep(self, write: Callable[[Connection], object]) -> None:
        """Write something of the workflow's own into the journal; it may be written twice."""
        self.writes.append(write)

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
        """Change the outside once, whatever dies in between, and say what came of it.

        ``do`` makes the change and returns JSON data. ``find`` looks for a change that an earlier attempt made and
        nobody could write down: it gets the intent (key, old value, time) and returns the result, or None. A request
        whose answer was lost may still be at work: for as long as ``settles`` it is only looked for, not made again.

        Raises:
            AnswerLost: it was asked for, nobody knows what became of it, and it is too early to ask again.
        """
        with self._database.read() as db:
            intent = effects.find(db, self.run.id, key)
        if intent is None:
            with self._database.write() as db:
                intent = effects.intend(db, self.run.id, key, what, old, self.now())
            result = self._do_or_find(intent, do, find)
        elif intent.is_finished:
            known: T = intent.result
            return known
        else:
            found = find(intent)
            if found is None and self.now() - intent.intended_at < settles:
                raise AnswerLost(f"asked for, and not to be seen yet: {what}")
            result = found if found is not None else self._do_or_find(intent, do, find)
        with self._database.write() as db:
            effects.finish(db, intent, result, self.now())
        as_it_will_be_recalled: T = to_json(result)
        return as_it_will_be_recalled

    def effects(
        self,
        changes: Sequence[Change],
        do: Callable[[Sequence[Change]], Mapping[str, T | RelengError]],
        find: Callable[[Sequence[EffectRecord]], Mapping[str, T]],
    ) -> dict[str, T | RelengError]:
        """Make many changes outside in one act, each of them once, and say by key what came of each.

        ``do`` asks for all of these changes together; by key it returns JSON data, or our error where this one was
        refused. ``find`` looks for changes that were asked for and whose answers nobody could write down: it gets
        their intents and returns the results it found. One refusal or one lost answer costs no other change its
        result; what has none is looked for, and asked for, again by the next call.
        """
        with self._database.read() as db:
            known = effects.find_many(db, self.run.id, [each.key for each in changes])
        came: dict[str, T | RelengError] = {key: each.result for key, each in known.items() if each.is_finished}
        in_doubt = [each for each in known.values() if not each.is_finished]
        found = dict(find(in_doubt)) if in_doubt else {}
        self._write_results(known, found)
        came |= found
        wanted = [each for each in changes if each.key not in came]
        if wanted:
            intents = known | self._intend([each for each in wanted if each.key not in known])
            came |= self._do_or_find_many(wanted, intents, do, find)
        return came

    def effect_records(self, keys: Sequence[str]) -> dict[str, EffectRecord]:
        """What the journal knows of these effects of this run; those that were never intended are left out."""
        with self._database.read() as db:
            return effects.find_many(db, self.run.id, keys)

    def effect_record(self, key: str) -> EffectRecord | None:
        """What the journal knows of an effect of this run, None when it was never intended."""
        with self._database.read() as db:
            return effects.find(db, self.run.id, key)

    def remembered(self, key: str) -> Any:
        """A decision that was taken before, None when it was not."""
        known = self.effect_record(f"{DECISION}{key}")
        return known.result if known is not None and known.is_finished else None

    def remember(self, key: str, decide: Callable[[], Any]) -> Any:
        """A decision (JSON data) that must not change while the run lives: taken once, read ever after."""
        known = self.effect_record(f"{DECISION}{key}")
        if known is not None:
            return known.result
        decision = to_json(decide())
        with self._database.write() as db:
            effects.decide(db, self.run.id, key, decision, self.now())
        self._decided = {words: known for words, known in self._decided.items() if not key.startswith(words)}
        return decision

    def decisions(self, words: str) -> Mapping[str, Any]:
        """Every decision whose key begins with these words, by key; people may have taken some before this step."""
        if words not in self._decided:  # a step asks the same again and again
            with self._database.read() as db:
                known = effects.beginning_with(db, self.run.id, f"{DECISION}{words}")
            self._decided[words] = {each.key.removeprefix(DECISION): each.result for each in known if each.is_finished}
        return self._decided[words]

    def begun(self, words: str) -> tuple[EffectRecord, ...]:
        """Every effect that was intended and whose key begins with these words."""
        with self._database.read() as db:
            return tuple(effects.beginning_with(db, self.run.id, words))

    @staticmethod
    def _do_or_find(intent: EffectRecord, do: Callable[[], T], find: Callable[[EffectRecord], T | None]) -> T:
        try:
            return do()
        except AnswerLost:
            found = find(intent)
            if found is None:
                raise
            return found

    def _do_or_find_many(
        self,
        wanted: Sequence[Change],
        intents: Mapping[str, EffectRecord],
        do: Callable[[Sequence[Change]], Mapping[str, T | RelengError]],
        find: Callable[[Sequence[EffectRecord]], Mapping[str, T]],
    ) -> dict[str, T | RelengError]:
        came: dict[str, T | RelengError] = {}
        try:
            came |= do(wanted)
        except AnswerLost as lost:
            came |= {each.key: lost for each in wanted}
            came |= find([intents[each.key] for each in wanted])
        made = {key: result for key, result in came.items() if not isinstance(result, RelengError)}
        self._write_results(intents, made)
        as_they_will_be_recalled: dict[str, T] = to_json(made)
        return came | as_they_will_be_recalled

    def _intend(self, changes: Sequence[Change]) -> dict[str, EffectRecord]:
        if not changes:
            return {}
        now = self.now()
        with self._database.write() as db:
            return {each.key: effects.intend(db, self.run.id, each.key, each.what, each.old, now) for each in changes}

    def _write_results(self, intents: Mapping[str, EffectRecord], results: Mapping[str, Any]) -> None:
        if results:
            with self._database.write() as db:
                for key, result in results.items():
                    effects.finish(db, intents[key], result, self.now())
