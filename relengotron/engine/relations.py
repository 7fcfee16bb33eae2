"""Which artifacts contain these packages, without asking PDC more than it can bear?

PDC needs 5 ms for each row it tells, so what it said is kept in the journal. An answer is taken from there while it is
fresh and no change of it was announced. What must be asked goes out one question after the other, and each answer is
kept at once. While PDC cannot be read, answers that are old but usable are used, and it is said that they are.
"""

from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Lock
from typing import Final, Self

from relengotron.decisions.remembering import Habits, Memory, Standing, some_of, weigh
from relengotron.decisions.retrying import pause_after
from relengotron.engine.attempt import Clock
from relengotron.engine.journal import relations
from relengotron.engine.journal.database import Database
from relengotron.engine.journal.relations import Entry
from relengotron.errors import MalformedInput, RelengError, SystemBusy, SystemUnreachable, Transient
from relengotron.messages.names import LONGEST_NAME, is_printable
from relengotron.systems.pdc.port import Containment, Pdc

TURN_COMES_WITHIN: Final = timedelta(seconds=5)
"""PDC is asked one question at a time; who waits longer than this for a turn comes again, and blocks no other lane."""


@dataclass(frozen=True, slots=True)
class Known:
    """What PDC says of some packages: from when the oldest answer is, where it comes from, and what was in the way."""

    rows: tuple[Containment, ...]
    as_of: datetime
    source: str = "PDC"
    trouble: str = ""


@dataclass(frozen=True, slots=True)
class Question:
    """Which artifacts of the release contain any of the packages, by one of these kinds of relationship?"""

    release: str
    packages: tuple[str, ...]
    kinds: tuple[str, ...]

    @classmethod
    def about(cls, release: str, packages: Collection[str], kinds: Collection[str]) -> Self:
        """Each package and each kind once.

        Raises:
            MalformedInput: one of them is no name, so that PDC cannot be asked for it.
        """
        for name in (release, *packages, *kinds):
            if len(name) > LONGEST_NAME or not is_printable(name) or name != name.strip():
                raise MalformedInput(f"PDC cannot be asked for {name[:60]!r}")
        return cls(release, tuple(sorted(set(packages))), tuple(sorted(set(kinds))))

    def only(self, packages: Iterable[str]) -> "Question":
        """The same question about some of the packages."""
        return Question(self.release, tuple(packages), self.kinds)


class RelationIndex:
    """What PDC said, kept in the journal; any thread may ask."""

    def __init__(self, database: Database, pdc: Pdc, clock: Clock, habits: Habits) -> None:
        """Take the journal, PDC, the time, and how long an answer holds."""
        self._database = database
        self._pdc = pdc
        self._clock = clock
        self._habits = habits
        self._turn = Lock()
        self._troubles = 0
        self._refusal: RelengError | None = None
        self._spared_until: datetime | None = None
        self._lacking: frozenset[str] = frozenset()

    def containing(self, release: str, packages: Collection[str], relation_types: Collection[str]) -> Known:
        """Which artifacts of the release contain any of these binary packages, by one of these relations; each once.

        Raises:
            SystemUnreachable: PDC cannot be read, and what it said before is not enough.
            SystemBusy: somebody else is asking, for longer than anybody should stand and wait.
            RequestRefused, MalformedInput: PDC says no, or nonsense, and what it said before is not enough.
        """
        question = Question.about(release, packages, relation_types)
        if not question.packages or not question.kinds:
            return Known((), self._clock())
        self._refuse_unknown_kinds(question.kinds)
        entries = self._expect(question)
        if not self._weigh(question, entries).wanted:
            return known_from(question, entries, frozenset(), "")
        with self._turn_to_ask(TURN_COMES_WITHIN):
            asked, refusal = self._ask(question)
        entries = self._entries(question)
        if refusal is None:
            return known_from(question, entries, asked, "")
        left = self._weigh(question.only(name for name in question.packages if name not in asked), entries)
        if left.useless:
            raise self._not_enough(question, left, refusal) from refusal
        return known_from(question, entries, asked, self._told(left, refusal))

    def check_kinds(self, relation_types: Collection[str]) -> frozenset[str]:
        """Which of these kinds of relationship PDC does not have; until it has them, no question about them is asked.

        PDC answers a question about a kind that it does not have with "nothing", which would be a wrong skip.

        Raises:
            RelengError: PDC does not answer.
        """
        self._lacking = frozenset(relation_types) - self._pdc.relation_types()
        if self._lacking:  # what was asked before we knew was answered with "nothing"
            with self._database.write() as db:
                relations.announce(db, None, (), (), self._clock())
        return self._lacking

    def _refuse_unknown_kinds(self, kinds: Collection[str]) -> None:
        lacking = sorted(self._lacking.intersection(kinds))
        if lacking:
            words = "ask a PDC administrator for it, or mend systems.pdc.relation_types"
            raise SystemUnreachable(f"PDC has no relationship type {', '.join(lacking)}: {words}")

    def ask_again(self, release: str, packages: Collection[str], relation_types: Collection[str]) -> tuple[str, ...]:
        """Ask one question about as many of these as it holds; of which of them PDC says otherwise, unannounced.

        Raises:
            RelengError: PDC does not answer, or is to be left alone for now.
        """
        everything = Question.about(release, packages, relation_types)
        with self._turn_to_ask(timedelta()):
            if self._refusal is not None and self._is_spared():
                raise SystemBusy(f"PDC is left alone for a while: {self._refusal}")
            question = everything.only(next(self._questions(everything), ()))
            before = self._entries(question)
            refusal = self._ask_one(question, is_doubted=True)
        if refusal is not None:
            raise refusal
        return _otherwise(before, self._entries(question), self._weigh(question, before))

    def forget_unwanted(self, before: datetime) -> None:
        """What no push has asked about since then is not kept any more."""
        with self._database.read() as db:
            is_there = relations.is_unwanted_there(db, before)
        if is_there:
            with self._database.write() as db:
                relations.drop_unwanted(db, before)

    def _expect(self, question: Question) -> list[Entry]:
        """What is known; what is asked about has its rows before PDC is asked, so that an announcement finds them."""
        entries, now = self._entries(question), self._clock()
        wanted = len(question.packages) * len(question.kinds)
        if len(entries) < wanted or not all(entry.is_noted_as_wanted(now) for entry in entries):
            with self._database.write() as db:
                relations.expect(db, question.release, question.packages, question.kinds, now)
        return entries

    def _entries(self, question: Question) -> list[Entry]:
        with self._database.read() as db:
            return relations.known(db, question.release, question.packages, question.kinds)

    def _weigh(self, question: Question, entries: Iterable[Entry]) -> Memory:
        names = frozenset(question.packages)
        remembered = (entry.remembered for entry in entries if entry.package in names)
        return weigh(question.packages, len(question.kinds), remembered, self._habits, self._clock())

    @contextmanager
    def _turn_to_ask(self, patience: timedelta) -> Iterator[None]:
        if not self._turn.acquire(timeout=patience.total_seconds()):
            raise SystemBusy("PDC is asked one question at a time, and it is another's turn")
        try:
            yield
        finally:
            self._turn.release()

    def _ask(self, question: Question) -> tuple[frozenset[str], RelengError | None]:
        """Ask for all that must be asked (others may have asked meanwhile); which were, and what came between."""
        memory = self._weigh(question, self._entries(question))
        if self._refusal is not None and self._is_spared() and not memory.useless:
            return frozenset(), self._refusal
        asked: frozenset[str] = frozenset()
        doubted = frozenset(memory.which_are(Standing.DOUBTED))
        for some in self._questions(question.only(memory.wanted)):
            refusal = self._ask_one(question.only(some), is_doubted=not doubted.isdisjoint(some))
            if refusal is not None:
                return asked, refusal
            asked |= set(some)
        return asked, None

    def _ask_one(self, question: Question, *, is_doubted: bool) -> RelengError | None:
        """Ask and keep the answer with the time before the question; what was in the way otherwise."""
        asked_at = self._clock()
        try:
            said = self._pdc.artifacts_containing(question.release, question.packages, question.kinds, fresh=is_doubted)
        except RelengError as refusal:
            self._keep_away(refusal)
            return refusal
        contents: dict[tuple[str, str], list[str]] = {}
        for row in said:
            contents.setdefault((row.package, row.relation), []).append(row.artifact)
        with self._database.write() as db:
            relations.keep(db, question.release, question.packages, question.kinds, contents, asked_at)
            relations.note_answer(db)
        self._refusal, self._troubles, self._spared_until = None, 0, None
        return None

    def _keep_away(self, refusal: RelengError) -> None:
        self._refusal = refusal
        self._spared_until = self._clock() + pause_after(self._troubles)
        self._troubles += 1
        with self._database.write() as db:
            relations.note_trouble(db, str(refusal), self._clock())

    def _is_spared(self) -> bool:
        return self._spared_until is not None and self._clock() < self._spared_until

    def _questions(self, question: Question) -> Iterator[tuple[str, ...]]:
        return self._pdc.questions(question.release, question.packages, question.kinds)

    def _not_enough(self, question: Question, left: Memory, refusal: RelengError) -> RelengError:
        """The words that people read in a hold; the same at each try, as long as nothing changes."""
        if not isinstance(refusal, Transient):
            return refusal
        never, old = left.which_are(Standing.UNKNOWN), left.which_are(Standing.TOO_OLD)
        why = [f"{some_of(never)} {'was' if len(never) == 1 else 'were'} never answered"] if never else []
        if old:
            why.append(f"what it said of {some_of(old)} is older than {_hours(self._habits.usable_for)}")
        count = f"{len(left.useless)} of {len(question.packages)} packages"
        return SystemUnreachable(
            f"PDC cannot be read {self._since()}, and the index is no help for {count}: {'; '.join(why)}; {refusal}"
        )

    def _told(self, left: Memory, refusal: RelengError) -> str:
        doubted = left.which_are(Standing.DOUBTED)
        news = f"; a change of {some_of(doubted)} was announced since and cannot be read" if doubted else ""
        return f"PDC cannot be read {self._since()}: what it said before is used{news} ({refusal})"

    def _since(self) -> str:
        with self._database.read() as db:
            trouble = relations.trouble(db)
        return "now" if trouble is None else f"since {_minute(trouble.since)}"


def known_from(question: Question, entries: Iterable[Entry], asked: frozenset[str], trouble: str) -> Known:
    """The answer as the index has it; ``asked`` are the packages that PDC was asked about just now."""
    told = sorted(entries)
    as_of = min({entry.asked_at for entry in told if entry.asked_at is not None})
    rows = (
        Containment(artifact, question.release, entry.relation, entry.package)
        for entry in told
        for artifact in entry.artifacts
    )
    source = "PDC" if asked.issuperset(question.packages) else f"PDC, as it was at {_minute(as_of)} (index)"
    return Known(tuple(rows), as_of, source, trouble)


def _otherwise(before: Iterable[Entry], after: Iterable[Entry], memory: Memory) -> tuple[str, ...]:
    """Of which packages an answer that nobody doubted is another one now."""
    said = {(entry.package, entry.relation): set(entry.artifacts) for entry in before}
    unannounced = {Standing.FRESH, Standing.AGED, Standing.TOO_OLD}
    found = {
        entry.package
        for entry in after
        if memory.standings[entry.package] in unannounced
        and said.get((entry.package, entry.relation), set()) != set(entry.artifacts)
    }
    return tuple(sorted(found))


def _minute(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC"


def _hours(time: timedelta) -> str:
    return f"{time.total_seconds() / 3600:g} h"
