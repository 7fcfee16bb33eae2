"""What did PDC say of each package: which artifacts contain it, when was that asked, and was a change announced since?

One row for each release, package and type of relationship; "contained in nothing" is a row too. An announcement may
name packages, or a whole release: then it stands once beside all of that release's rows, however many there are.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any, Final, NamedTuple

from sqlalchemy import (
    ColumnElement,
    Connection,
    bindparam,
    case,
    delete,
    func,
    or_,
    select,
    update,
)

from relengotron.decisions.remembering import SETTLES, Remembered
from relengotron.engine.journal.columns import insert_many_once, insert_once
from relengotron.engine.journal.tables import related_releases, relations
from relengotron.engine.journal.times import moment, moment_or_none, stamp

_AT_ONCE: Final = 500
"""Names in one statement: databases bound the number of parameters."""
_IS_NOTED_EVERY: Final = timedelta(days=1)
"""That a name is still asked about matters in weeks."""

Contents = Mapping[tuple[str, str], Sequence[str]]
"""By package and relation the artifacts, whose names are printable: they are kept one a line."""


class Entry(NamedTuple):
    """What PDC said of one package by one relation, None where it was never asked."""

    package: str
    relation: str
    artifacts: tuple[str, ...]
    asked_at: datetime | None
    announced_at: datetime | None
    wanted_at: datetime

    @property
    def remembered(self) -> Remembered:
        """The same without the answer itself: all that its worth depends on."""
        return Remembered(self.package, self.asked_at, self.announced_at)

    def is_noted_as_wanted(self, now: datetime) -> bool:
        """Whether it need not be written down again that somebody wants to know."""
        return abs(now - self.wanted_at) < _IS_NOTED_EVERY


@dataclass(frozen=True, slots=True)
class Trouble:
    """PDC cannot be read, since when, and its last words."""

    since: datetime
    words: str


@dataclass(frozen=True, slots=True)
class Summary:
    """The index in a few numbers; names count once for each release."""

    names: int
    never_asked: int
    doubted: int
    oldest: datetime | None
    trouble: Trouble | None


def known(db: Connection, release: str, packages: Collection[str], kinds: Collection[str]) -> list[Entry]:
    """Every row about these packages by these relations."""
    everything = db.scalar(select(related_releases.c.announced_at).where(related_releases.c.release == release))
    rows = (row for some in _some(packages) for row in db.execute(_rows(release, some, kinds)))
    return list(_entries(rows, everything))


def expect(db: Connection, release: str, packages: Collection[str], kinds: Collection[str], now: datetime) -> None:
    """These are asked about: each has a row afterwards, so that an announcement finds it while PDC is being asked."""
    about = {"artifacts": "", "wanted_at": stamp(now)}
    insert_once(db, related_releases, {"release": release, "trouble": ""})
    rows = [{"release": release, "package": name, "relation": kind, **about} for name in packages for kind in kinds]
    insert_many_once(db, relations, rows)
    for some in _some(packages):
        named = (relations.c.release == release, relations.c.package.in_(some))
        db.execute(update(relations).where(*named).values(wanted_at=stamp(now)))


def keep(
    db: Connection,
    release: str,
    packages: Collection[str],
    kinds: Collection[str],
    contents: Contents,
    asked_at: datetime,
) -> None:
    """PDC was asked about all of these and answered; what it does not name is contained in nothing."""
    rows = [
        {"the_package": name, "the_relation": kind, "artifacts": "\n".join(contents.get((name, kind), ()))}
        for name in packages
        for kind in kinds
    ]
    if rows:
        at = stamp(asked_at)
        db.execute(_KEEP, [{"the_release": release, "asked_at": at, **row} for row in rows])


def announce(
    db: Connection, release: str | None, packages: Collection[str], kinds: Collection[str], now: datetime
) -> None:
    """A change was announced; without packages any may be concerned, without a release all of them."""
    if not packages:
        of_release = () if release is None else (related_releases.c.release == release,)
        db.execute(update(related_releases).where(*of_release).values(announced_at=stamp(now)))
        return
    of_kind = (relations.c.relation.in_(list(kinds)),) if kinds else ()
    of_release = () if release is None else (relations.c.release == release,)
    for some in _some(packages):
        named = (*of_release, relations.c.package.in_(some), *of_kind)
        db.execute(update(relations).where(*named).values(announced_at=stamp(now)))


def due(db: Connection, kinds: Collection[str], before: datetime, limit: int) -> tuple[str, tuple[str, ...]] | None:
    """A release and those of its packages that wait longest to be asked: doubted ones, and all asked before then."""
    wanted = (or_(relations.c.asked_at.is_(None), relations.c.asked_at < stamp(before), _DOUBTED),)
    query = (
        select(relations.c.release, relations.c.package)
        .join(related_releases, related_releases.c.release == relations.c.release)
        .where(relations.c.relation.in_(list(kinds)), *wanted)
        .order_by(case((_DOUBTED, 0), else_=1), func.coalesce(relations.c.asked_at, 0), relations.c.package)
        .limit(limit)
    )
    rows = db.execute(query).all()
    if not rows:
        return None
    release: str = rows[0].release
    return release, tuple(dict.fromkeys(row.package for row in rows if row.release == release))


def is_unwanted_there(db: Connection, before: datetime) -> bool:
    """Whether there is something that nobody has asked about since then."""
    return (
        db.execute(select(relations.c.package).where(relations.c.wanted_at < stamp(before)).limit(1)).first()
        is not None
    )


def drop_unwanted(db: Connection, before: datetime) -> None:
    """Forget what nobody has asked about since then."""
    db.execute(delete(relations).where(relations.c.wanted_at < stamp(before)))


def note_trouble(db: Connection, words: str, now: datetime) -> Trouble:
    """PDC cannot be read; since when is kept from the first time."""
    since = func.coalesce(related_releases.c.trouble_since, stamp(now))
    db.execute(update(related_releases).values(trouble=words, trouble_since=since))
    return trouble(db) or Trouble(now, words)


def note_answer(db: Connection) -> None:
    """PDC answers."""
    was = related_releases.c.trouble_since.is_not(None)
    db.execute(update(related_releases).where(was).values(trouble="", trouble_since=None))


def trouble(db: Connection) -> Trouble | None:
    """Whether PDC cannot be read, as far as anybody tried."""
    query = select(related_releases.c.trouble_since, related_releases.c.trouble)
    row = db.execute(query.where(related_releases.c.trouble_since.is_not(None)).limit(1)).first()
    return None if row is None else Trouble(moment(row.trouble_since), row.trouble)


def summary(db: Connection) -> Summary:
    """How large and how old the index is."""
    name = (
        select(
            func.max(case((relations.c.asked_at.is_(None), 1), else_=0)).label("never"),
            func.max(case((_DOUBTED, 1), else_=0)).label("doubted"),
            func.min(relations.c.asked_at).label("oldest"),
        )
        .join_from(relations, related_releases, related_releases.c.release == relations.c.release)
        .group_by(relations.c.release, relations.c.package)
        .subquery()
    )
    counts = (func.count(), func.sum(name.c.never), func.sum(name.c.doubted), func.min(name.c.oldest))
    names, never, doubted, oldest = db.execute(select(*counts).select_from(name)).one()
    return Summary(names, never or 0, doubted or 0, moment_or_none(oldest), trouble(db))


_DOUBTED: Final[ColumnElement[bool]] = or_(
    relations.c.announced_at > relations.c.asked_at - SETTLES.total_seconds(),
    related_releases.c.announced_at > relations.c.asked_at - SETTLES.total_seconds(),
)
_COLUMNS: Final = (
    relations.c.package,
    relations.c.relation,
    relations.c.artifacts,
    relations.c.asked_at,
    relations.c.announced_at,
    relations.c.wanted_at,
)
_KEEP: Final = (
    update(relations)
    .where(
        relations.c.release == bindparam("the_release"),
        relations.c.package == bindparam("the_package"),
        relations.c.relation == bindparam("the_relation"),
    )
    .values(artifacts=bindparam("artifacts"), asked_at=bindparam("asked_at"))
)


def _rows(release: str, packages: Sequence[str], kinds: Collection[str]) -> Any:
    return select(*_COLUMNS).where(
        relations.c.release == release, relations.c.package.in_(packages), relations.c.relation.in_(list(kinds))
    )


def _some(packages: Collection[str]) -> Iterator[list[str]]:
    names = list(packages)
    for start in range(0, len(names), _AT_ONCE):
        yield names[start : start + _AT_ONCE]


def _entries(rows: Iterable[Any], everything: float | None) -> Iterator[Entry]:
    """A thousand rows share a few times, and most packages are contained in nothing: neither is worked out for each."""
    when = cache(moment)
    least = everything or 0.0
    for package, relation, artifacts, asked_at, announced_at, wanted_at in rows:
        announced = max(announced_at or 0.0, least)
        yield Entry(
            package,
            relation,
            tuple(artifacts.split("\n")) if artifacts else (),
            None if asked_at is None else when(asked_at),
            when(announced) if announced else None,
            when(wanted_at),
        )
