"""The waivers that people gave: written once, withdrawn once, kept for ever."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import Connection, RowMapping, insert, select, update

from relengotron.engine.journal.tables import waivers
from relengotron.engine.journal.times import moment, moment_or_none, stamp
from relengotron.model.waiver import Waiver

SOURCE = "journal"


def give(db: Connection, waiver: Waiver) -> None:
    """Keep a waiver; its ``id`` is given by the journal."""
    db.execute(
        insert(waivers).values(
            subject_type=waiver.subject_type,
            item=waiver.item,
            testcase=waiver.testcase,
            scenario=waiver.scenario,
            product_version=waiver.product_version,
            who=waiver.who,
            why=waiver.why,
            at=stamp(waiver.at),
            until=None if waiver.until is None else stamp(waiver.until),
            run=waiver.run,
        )
    )


def withdraw(db: Connection, subject_type: str, item: str, testcase: str, who: str, now: datetime) -> int:
    """No waiver of this test of this subject stands any more, whoever gave it; how many were withdrawn."""
    standing = (
        (waivers.c.subject_type == subject_type)
        & (waivers.c.item == item)
        & (waivers.c.testcase == testcase)
        & waivers.c.withdrawn_at.is_(None)
    )
    return db.execute(update(waivers).where(standing).values(withdrawn_at=stamp(now), withdrawn_by=who)).rowcount


def of_items(db: Connection, items: Collection[str]) -> list[Waiver]:
    """Every waiver about these items, oldest first."""
    query = select(waivers).where(waivers.c.item.in_(sorted(items))).order_by(waivers.c.id)
    return [_waiver(row) for row in db.execute(query).mappings()]


def newest(db: Connection, limit: int) -> list[Waiver]:
    """The newest waivers, the newest first."""
    query = select(waivers).order_by(waivers.c.id.desc()).limit(limit)
    return [_waiver(row) for row in db.execute(query).mappings()]


def _waiver(row: RowMapping) -> Waiver:
    return Waiver(
        id=f"{SOURCE} {row['id']}",
        subject_type=row["subject_type"],
        item=row["item"],
        testcase=row["testcase"],
        product_version=row["product_version"],
        who=row["who"],
        why=row["why"],
        at=moment(row["at"]),
        until=moment_or_none(row["until"]),
        scenario=row["scenario"],
        withdrawn_at=moment_or_none(row["withdrawn_at"]),
        withdrawn_by=row["withdrawn_by"],
        run=row["run"],
    )
