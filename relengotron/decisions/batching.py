"""Which of the builds that have arrived at a gate go through it together, and when?"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from relengotron.model.spans import length

QUIET: Final = timedelta(minutes=1)
"""So long nothing more must have come from a side tag: its builds are tagged one after another."""
NAMES_SHOWN: Final = 3


@dataclass(frozen=True, slots=True)
class Habits:
    """What joins builds: who brings them within which time of one another, and how many may go together."""

    same_submitter: timedelta | None = None
    most: int = 128


@dataclass(frozen=True, slots=True)
class Arrival:
    """A build that no batch answers for yet; ``side_tag`` is the one that it was built in, if that joins builds.

    ``is_let_through`` when people said so: it waits for nobody, and nobody for it.
    """

    nvr: str
    package: str
    submitter: str
    at: datetime
    side_tag: str | None = None
    is_let_through: bool = False


@dataclass(frozen=True, slots=True)
class Waiting:
    """A batch that would break something, and the packages whose builds at the gate have what it lacks."""

    batch: str
    builds: tuple[Arrival, ...]
    wants: frozenset[str]


@dataclass(frozen=True, slots=True)
class Together:
    """Builds that go through together: why, from when on, and which batches that wait give theirs to this one."""

    builds: tuple[Arrival, ...]
    why: str
    at: datetime
    takes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Brought:
    """What goes now, and what goes later because more may come that belongs to it."""

    ready: tuple[Together, ...]
    later: tuple[Together, ...]


def bring_together(arrivals: Iterable[Arrival], waiting: Iterable[Waiting], habits: Habits, now: datetime) -> Brought:
    """Every arrival in one group; what is of one package never goes together."""
    ordered = sorted(arrivals, key=_order)
    others = [each for each in ordered if not each.is_let_through]
    groups = [part for group in _groups(others, habits) for part in _parts(group, habits.most, now)]
    ready = [group for group in groups if group.at <= now]
    later = [group for group in groups if group.at > now]
    let_through = (Together((each,), "people let it through", each.at) for each in ordered if each.is_let_through)
    mended = _mended(ready, sorted(waiting, key=lambda each: each.batch), habits.most)
    return Brought((*let_through, *mended), tuple(later))


def _order(each: Arrival) -> tuple[datetime, str]:
    return each.at, each.nvr


def _groups(arrivals: Sequence[Arrival], habits: Habits) -> Iterator[Together]:
    """By side tag, else by who brought them, else each alone."""
    by_side_tag: dict[str, list[Arrival]] = {}
    by_submitter: dict[str, list[Arrival]] = {}
    for each in arrivals:
        if each.side_tag is not None:
            by_side_tag.setdefault(each.side_tag, []).append(each)
        elif habits.same_submitter is not None and each.submitter:
            by_submitter.setdefault(each.submitter, []).append(each)
        else:
            yield _alone(each, each.at)
    for tag, builds in by_side_tag.items():
        yield Together(tuple(builds), f"built together in {tag}", builds[-1].at + QUIET)
    if habits.same_submitter is not None:
        for builds in by_submitter.values():
            yield from _within(builds, habits.same_submitter)


def _within(builds: Sequence[Arrival], time: timedelta) -> Iterator[Together]:
    """A group begins with its first build and is complete when the time since then is over: it never grows for ever."""
    group: list[Arrival] = []
    for each in builds:
        if group and each.at > group[0].at + time:
            yield _of_one_submitter(group, time)
            group = []
        group.append(each)
    yield _of_one_submitter(group, time)


def _of_one_submitter(builds: Sequence[Arrival], time: timedelta) -> Together:
    end = builds[0].at + time
    if len(builds) == 1:
        return _alone(builds[0], end)
    return Together(tuple(builds), f"{builds[0].submitter} brought them within {length(time)}", end)


def _alone(each: Arrival, at: datetime) -> Together:
    return Together((each,), "nothing joins it with others", at)


def _parts(group: Together, most: int, now: datetime) -> Iterator[Together]:
    """As many as may go together; a part that is full waits for nobody."""
    rest = group.builds
    while rest:
        part, packages, left = list[Arrival](), set[str](), list[Arrival]()
        for each in rest:
            fits = len(part) < most and each.package not in packages
            (part if fits else left).append(each)
            packages.add(each.package)
        rest = tuple(left)
        why = group.why if len(part) == len(group.builds) else f"{group.why}, {len(part)} of {len(group.builds)}"
        yield Together(tuple(part), why, min(group.at, now) if len(part) == most else group.at)


def _mended(ready: Sequence[Together], waiting: Sequence[Waiting], most: int) -> Iterator[Together]:
    """What has what a batch lacks joins it, be it a group or a batch that waits too."""
    pieces = _Pieces(ready, waiting, most)
    for number, each in enumerate(waiting, start=len(ready)):
        joined = pieces.join(number, each)
        if joined is not None:
            yield joined
    yield from pieces.left()


class _Pieces:
    """The groups and the batches that wait, each of which goes into one group only."""

    def __init__(self, ready: Sequence[Together], waiting: Sequence[Waiting], most: int) -> None:
        """Take all there is."""
        self._all: list[Together | Waiting] = [*ready, *waiting]
        self._taken: set[int] = set()
        self._most = most
        self._by_package: dict[str, list[int]] = {}
        self._by_want: dict[str, list[int]] = {}
        for number, piece in enumerate(self._all):
            for build in piece.builds:
                self._by_package.setdefault(build.package, []).append(number)
            for package in _wants(piece):
                self._by_want.setdefault(package, []).append(number)

    def join(self, start: int, first: Waiting) -> Together | None:
        """A batch with all that has what it lacks, and all that lacks what it has, and so on; None where nothing is."""
        if start in self._taken:
            return None
        reached, numbers, joined = list[Together | Waiting]([first]), {start}, list(first.builds)
        for piece in reached:  # it grows meanwhile
            for number in self._beside(piece):
                other = self._all[number]
                if number not in numbers | self._taken and self._fits(other, joined):
                    numbers.add(number)
                    reached.append(other)
                    joined += other.builds
        if len(reached) == 1:
            return None
        self._taken |= numbers
        return _connected(reached, joined)

    def _beside(self, piece: Together | Waiting) -> Iterator[int]:
        for package in _wants(piece):
            yield from self._by_package.get(package, ())
        for build in piece.builds:
            yield from self._by_want.get(build.package, ())

    def left(self) -> Iterator[Together]:
        """The groups that joined nothing."""
        for number, piece in enumerate(self._all):
            if number not in self._taken and isinstance(piece, Together):
                yield piece

    def _fits(self, piece: Together | Waiting, joined: Sequence[Arrival]) -> bool:
        packages = {build.package for build in joined}
        return len(joined) + len(piece.builds) <= self._most and packages.isdisjoint(
            build.package for build in piece.builds
        )


def _wants(piece: Together | Waiting) -> list[str]:
    return sorted(piece.wants) if isinstance(piece, Waiting) else []


def _connected(pieces: Sequence[Together | Waiting], builds: Sequence[Arrival]) -> Together:
    wants = {package for piece in pieces for package in _wants(piece)}
    having = [each for each in builds if each.package in wants]
    lacking = [each for each in builds if each not in having] or having
    has, requires = "has" if len(having) == 1 else "have", "requires" if len(lacking) == 1 else "require"
    why = f"{_names(having)} {has} what {_names(lacking)} {requires}"
    batches = tuple(piece.batch for piece in pieces if isinstance(piece, Waiting))
    return Together(tuple(sorted(builds, key=_order)), why, max(each.at for each in builds), batches)


def _names(builds: Sequence[Arrival]) -> str:
    names = [each.nvr for each in builds[:NAMES_SHOWN]]
    more = len(builds) - len(names)
    return ", ".join(names) + (f" and {more} more" if more else "")
