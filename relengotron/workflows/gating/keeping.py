"""One look of the keeper at one gate: what is in Koji's tags, what does the journal say, and what follows from it?"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final, TypeVar

from sqlalchemy import Connection

from relengotron.decisions.batching import Habits, Together, bring_together
from relengotron.decisions.standing import Finding, Places, first_look, second_look
from relengotron.decisions.superseding import Contender, is_newer, superseded
from relengotron.engine.attempt import Clock
from relengotron.engine.journal import gated, left_alone
from relengotron.engine.journal.database import Database
from relengotron.engine.wakes import WakeQueue
from relengotron.model.gated import UNSETTLED, BuildState, GatedBuild
from relengotron.model.nvr import Nvr
from relengotron.settings.gates import Gate
from relengotron.systems.koji.port import Koji, TaggedBuild
from relengotron.workflows.gating.entries import Entries, Entry, wake_whoever_answers
from relengotron.workflows.gating.gate import ANSWERED_FOR
from relengotron.workflows.gating.opening import Woken, open_batches, open_quarantine_again
from relengotron.workflows.gating.side_tags import side_tags
from relengotron.workflows.gating.tag_sight import Sight, TagSight
from relengotron.workflows.gating.waiting import arrivals, let_through, waiting_batches

T = TypeVar("T")

OUTDATED_FROM: Final = (BuildState.ARRIVED, BuildState.TESTING, BuildState.QUARANTINED)
"""What is on its way to the target is not called back: it comes there, and the newer one after it."""
AT_ONCE: Final = 50
"""So many writes share a transaction, so that 20,000 builds that come at once cost minutes less."""


class GateKeeper:
    """Keeps the journal of one gate in step with its tags; a look may end at any moment and be made again."""

    def __init__(
        self, name: str, gate: Gate, database: Database, koji: Koji, clock: Clock, wakes: WakeQueue, weburl: str
    ) -> None:
        """Take the gate and the parts that a look needs."""
        self.name = name
        self._gate = gate
        self._database = database
        self._koji = koji
        self._clock = clock
        self._wakes = wakes
        self._sight = TagSight(koji, gate, clock)
        self._entries = Entries(name, gate, {"koji": weburl})
        self._habits = Habits(gate.batching.same_submitter, gate.batching.most)

    def look(self) -> int:
        """Write down what has come and gone, and let batches begin whose time it is; how much there was to write."""
        try:
            sight = self._sight.look()
            found = self._entries_of(sight)
            self._write(found, self._entries.write)
            outdated = self._outdate(sight, found)
            if not sight.changed:
                self._bring_back_what_was_left_alone()
            return len(found) + outdated + self._open_batches()
        except BaseException:
            self._sight.forget()
            raise

    # -- what has come and gone ----------------------------------------------------------------------------------------

    def _entries_of(self, sight: Sight) -> list[Entry]:
        rows = self._rows(sight)
        wanted = _changed(sight) if sight.changed is not None else rows.keys() | _listed(sight)
        newer = self._newer(sight, rows)
        first = {nvr: self._first(sight, rows.get(nvr), nvr, newer) for nvr in wanted}
        doubtful = [nvr for nvr, finding in first.items() if finding is Finding.IS_IN_DOUBT]
        first |= self._second(doubtful, rows)
        told = [nvr for nvr in _in_order_of_tagging(sight, first) if first[nvr] is not Finding.AGREES]
        return self._made(sight, rows, {nvr: first[nvr] for nvr in told})

    def _rows(self, sight: Sight) -> dict[str, GatedBuild]:
        with self._database.read() as db:
            if sight.changed is not None:
                return gated.of_names(db, self.name, _changed(sight))
            rows = {row.nvr: row for row in gated.at(db, self.name, UNSETTLED)}
            return rows | gated.of_names(db, self.name, _listed(sight) - rows.keys())

    def _first(self, sight: Sight, row: GatedBuild | None, nvr: str, newer: Collection[str]) -> Finding:
        places = Places(pending=nvr in sight.pending, quarantine=nvr in sight.quarantine)
        return first_look(None if row is None else row.state, places, is_superseded=nvr in newer)

    def _newer(self, sight: Sight, rows: Mapping[str, GatedBuild]) -> frozenset[str]:
        """Those that were superseded and whose newer build is pending still: its batch takes them out of the tags.

        Where that one has just left, its batch finds out what became of it first.
        One that somebody put into quarantine has no batch; then the older one comes once more, and its own batch does.
        """
        outdated = [row for row in rows.values() if row.state is BuildState.SUPERSEDED and sight.find(row.nvr)]
        if not outdated:
            return frozenset()
        packages = {row.package for row in outdated}
        listed = [_contender(each) for each in sight.pending.values() if each.package in packages]
        listed += [_contender_of(row, sight) for row in rows.values() if row.state in ANSWERED_FOR]
        return frozenset(
            row.nvr
            for row in outdated
            if any(each.package == row.package and is_newer(each, _contender_of(row, sight)) for each in listed)
        )

    def _second(self, doubtful: Collection[str], rows: Mapping[str, GatedBuild]) -> dict[str, Finding]:
        """Koji is asked about these very builds after the journal was read: a listing may be older than that."""
        tags = self._koji.tags_of(doubtful) if doubtful else {}
        return {nvr: second_look(rows[nvr].state, self._places(tags[nvr])) for nvr in doubtful}

    def _places(self, tags: Collection[str]) -> Places:
        pending, target, quarantine = self._gate.tags
        return Places(pending=pending in tags, quarantine=quarantine in tags, target=target in tags)

    def _made(self, sight: Sight, rows: Mapping[str, GatedBuild], findings: Mapping[str, Finding]) -> list[Entry]:
        """The order of tagging is the order of arrival, also among those that are seen in the same look."""
        arriving = [nvr for nvr, finding in findings.items() if finding is Finding.ARRIVES]
        built_in = side_tags(self._koji, self._gate, arriving)
        now = self._clock() - timedelta(microseconds=len(findings))
        return [
            Entry(finding, rows.get(nvr), sight.find(nvr), now + timedelta(microseconds=place), built_in.get(nvr))
            for place, (nvr, finding) in enumerate(findings.items())
        ]

    # -- what is out of date -------------------------------------------------------------------------------------------

    def _outdate(self, sight: Sight, found: Iterable[Entry]) -> int:
        """What a newer arrival of its package puts out of date; the batch of the newer one takes it out of the tags."""
        packages = {each.seen.package for each in found if each.seen is not None and each.finding is Finding.ARRIVES}
        with self._database.read() as db:
            rows = (
                gated.at(db, self.name, UNSETTLED)
                if sight.changed is None
                else gated.of_packages(db, self.name, packages, UNSETTLED)
            )
        by_name = {row.nvr: row for row in rows}
        pairs = [
            (by_name[old], new)
            for old, new in superseded(_contender_of(row, sight) for row in rows).items()
            if by_name[new].state is BuildState.ARRIVED and by_name[old].state in OUTDATED_FROM
        ]
        self._write(pairs, self._outdate_one)
        return len(pairs)

    def _outdate_one(self, db: Connection, pair: tuple[GatedBuild, str], now: datetime) -> list[Woken]:
        old, new = pair
        reason = f"{new} is newer"
        if not gated.put(db, self.name, [old.nvr], BuildState.SUPERSEDED, now, reason=reason, only_from=(old.state,)):
            return []
        return wake_whoever_answers(db, old, now)

    def _bring_back_what_was_left_alone(self) -> None:
        """Whoever calls a batch off does not take its builds from the gate: they come once more.

        Nor does a build leave quarantine because the run that looked after it was called off.
        """
        with self._database.read() as db:
            alone, forgotten = left_alone.under_test(db, self.name), left_alone.in_quarantine(db, self.name)
        self._write(alone, self._bring_back)
        self._write(forgotten, open_quarantine_again)

    def _bring_back(self, db: Connection, nvr: str, now: datetime) -> list[Woken]:
        gated.come_again(db, self.name, nvr, "its batch ended without it", now, only_from=ANSWERED_FOR)
        return []

    # -- what begins ---------------------------------------------------------------------------------------------------

    def _open_batches(self) -> int:
        with self._database.read() as db:
            arrived = gated.at(db, self.name, (BuildState.ARRIVED,))
            waiting = waiting_batches(db, self.name) if self._gate.batching.dependencies else ()
            free = let_through(db, self.name)
        brought = bring_together(arrivals(arrived, free), waiting, self._habits, self._clock())
        self._write_many(brought.ready, self._open)
        known = {row.nvr: row.reason for row in arrived}
        self._write([each for each in brought.later if _reasons(each, known) != {_why_later(each)}], self._explain)
        return len(brought.ready)

    def _explain(self, db: Connection, group: Together, _now: datetime) -> list[Woken]:
        gated.explain(db, self.name, [each.nvr for each in group.builds], _why_later(group))
        return []

    def _open(self, db: Connection, groups: Sequence[Together], now: datetime) -> list[Woken]:
        return open_batches(db, self.name, groups, now)

    def _write(self, wanted: Sequence[T], write: Callable[[Connection, T, datetime], list[Woken]]) -> None:
        def write_each(db: Connection, some: Sequence[T], now: datetime) -> list[Woken]:
            return [woken for each in some for woken in write(db, each, now)]

        self._write_many(wanted, write_each)

    def _write_many(
        self, wanted: Sequence[T], write: Callable[[Connection, Sequence[T], datetime], list[Woken]]
    ) -> None:
        for start in range(0, len(wanted), AT_ONCE):
            with self._database.write() as db:
                woken = write(db, wanted[start : start + AT_ONCE], self._clock())
            for run, priority in woken:
                self._wakes.wake(run, priority)


def _why_later(group: Together) -> str:
    minute = group.at + timedelta(seconds=59)  # rounded up: it never goes before the time that people read
    return f"waits until {minute:%H:%M} UTC for others that may belong to it"


def _reasons(group: Together, known: Mapping[str, str]) -> set[str]:
    return {known[each.nvr] for each in group.builds}


def _listed(sight: Sight) -> set[str]:
    return sight.pending.keys() | sight.quarantine.keys()


def _changed(sight: Sight) -> frozenset[str]:
    """What came or left; and who stands beside what left, for nobody may supersede it any more."""
    changed = sight.changed or frozenset[str]()
    left = {Nvr.parse(nvr).name for nvr in changed if nvr not in sight.pending}
    if not left:
        return changed
    listed = (*sight.pending.values(), *sight.quarantine.values())
    return changed | {each.nvr for each in listed if each.package in left}


def _in_order_of_tagging(sight: Sight, nvrs: Iterable[str]) -> Iterator[str]:
    places = {nvr: seen.event if (seen := sight.find(nvr)) is not None else 0 for nvr in nvrs}
    yield from sorted(places, key=lambda nvr: (places[nvr], nvr))


def _contender(each: TaggedBuild) -> Contender:
    return Contender(each.nvr, each.package, each.epoch, each.event)


def _contender_of(row: GatedBuild, sight: Sight) -> Contender:
    seen = sight.find(row.nvr)
    return Contender(row.nvr, row.package, row.epoch, 0 if seen is None else seen.event)
