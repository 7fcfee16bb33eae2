"""Which versions were seen upstream, so that the build that follows one can say so?"""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection, RowMapping, bindparam, delete, func, select, update

from relengotron.engine.journal.columns import insert_once
from relengotron.engine.journal.tables import upstream_versions as table
from relengotron.engine.journal.times import moment, stamp
from relengotron.model.gated import Upstream

KEPT_FOR: Final = timedelta(days=2 * 365)
"""A version that nobody has packaged for so long is no news any more."""
AT_ONCE: Final = 400
"""So many names fit into one question to every database."""

_OF_PACKAGES = select(table).where(table.c.package.in_(bindparam("packages", expanding=True)))


def note(db: Connection, seen: Upstream) -> None:
    """A version was seen; of one that is known already only what was not known yet is added."""
    row = {
        "package": seen.package,
        "version": seen.version,
        "old_version": seen.old_version,
        "url": seen.url,
        "bug": seen.bug,
        "seen_at": stamp(seen.seen_at),
    }
    if insert_once(db, table, row):
        _forget(db, seen.package, seen.seen_at - KEPT_FOR)
        return
    added = {name: func.coalesce(table.c[name], row[name]) for name in ("old_version", "url", "bug")}
    first = func.min if db.dialect.name == "sqlite" else func.least
    its_own = (table.c.package == seen.package, table.c.version == seen.version)
    db.execute(update(table).where(*its_own).values(**added, seen_at=first(table.c.seen_at, row["seen_at"])))


def of_packages(db: Connection, packages: Collection[str]) -> list[Upstream]:
    """Every version seen of these packages, the oldest first."""
    names, found = sorted(set(packages)), []
    for start in range(0, len(names), AT_ONCE):
        some = {"packages": names[start : start + AT_ONCE]}
        found += [_seen(row) for row in db.execute(_OF_PACKAGES, some).mappings()]
    return sorted(found, key=lambda each: (each.seen_at, each.package, each.version))


def _forget(db: Connection, package: str, before: datetime) -> None:
    db.execute(delete(table).where(table.c.package == package, table.c.seen_at < stamp(before)))


def _seen(row: RowMapping) -> Upstream:
    return Upstream(
        package=row["package"],
        version=row["version"],
        seen_at=moment(row["seen_at"]),
        old_version=row["old_version"],
        url=row["url"],
        bug=row["bug"],
    )
