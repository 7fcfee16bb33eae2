"""Which artifacts contain these packages, for those who only look: the index is read, and what PDC says is not kept."""

from collections.abc import Collection
from dataclasses import replace

from relengotron.decisions.remembering import Memory, Standing
from relengotron.engine.journal.relations import Entry
from relengotron.engine.relations import Known, Question, RelationIndex, known_from
from relengotron.errors import RelengError
from relengotron.systems.pdc.port import Containment


class RelationsInView(RelationIndex):
    """The index of a daemon that may be at work: it stays as it is."""

    def containing(self, release: str, packages: Collection[str], relation_types: Collection[str]) -> Known:
        """Say the same as the index, without a trace.

        Raises:
            SystemUnreachable: PDC cannot be read, and what it said before is not enough.
            RequestRefused, MalformedInput: PDC says no, or nonsense, and what it said before is not enough.
        """
        question = Question.about(release, packages, relation_types)
        if not question.packages or not question.kinds:
            return Known((), self._clock())
        entries = self._entries(question)
        memory = self._weigh(question, entries)
        if not memory.wanted:
            return known_from(question, entries, frozenset(), "")
        try:
            said = self._said_now(question.only(memory.wanted), memory.which_are(Standing.DOUBTED))
        except RelengError as refusal:
            return self._from_memory(question, entries, memory, refusal)
        return self._together(question, entries, frozenset(memory.wanted), said)

    def _said_now(self, question: Question, doubted: Collection[str]) -> list[Containment]:
        rows: list[Containment] = []
        for some in self._questions(question):
            is_doubted = not set(doubted).isdisjoint(some)
            rows += self._pdc.artifacts_containing(question.release, some, question.kinds, fresh=is_doubted)
        return rows

    def _from_memory(self, question: Question, entries: list[Entry], memory: Memory, refusal: RelengError) -> Known:
        if memory.useless:
            raise self._not_enough(question, memory, refusal) from refusal
        return known_from(question, entries, frozenset(), self._told(memory, refusal))

    def _together(
        self, question: Question, entries: list[Entry], asked: frozenset[str], said: list[Containment]
    ) -> Known:
        """What PDC says now of some, and what it said before of the others."""
        others = question.only(name for name in question.packages if name not in asked)
        if not others.packages:
            return Known(tuple(said), self._clock())
        kept = known_from(others, [each for each in entries if each.package not in asked], frozenset(), "")
        return replace(kept, rows=kept.rows + tuple(said))
