"""What people said about a gate: who closed it and opened it, and who lets which build through."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import Connection, RowMapping, bindparam, delete, insert, select, update

from relengotron.engine.journal.columns import insert_once
from relengotron.engine.journal.tables import closings, passes
from relengotron.engine.journal.times import moment, moment_or_none, stamp
from relengotron.model.gated import Closing, Pass

_STANDS = (
    (closings.c.gate == bindparam("the_gate"))
    & closings.c.opened_at.is_(None)
    & (closings.c.until.is_(None) | (closings.c.until > bindparam("now")))
)
_CLOSINGS_OF = select(closings).where(_STANDS).order_by(closings.c.id)
_OPEN_AGAIN = update(closings).where(_STANDS)
_PASSES_OF = (
    select(passes)
    .where(passes.c.gate == bindparam("gate"), passes.c.nvr.in_(bindparam("nvrs", expanding=True)))
    .order_by(passes.c.at)
)
"""Asked by every batch at each of its steps: putting a question together takes longer than the answer."""


def close(db: Connection, closing: Closing) -> None:
    """A gate is closed; it may be closed by several people for several reasons."""
    db.execute(
        insert(closings).values(
            gate=closing.gate,
            who=closing.who,
            why=closing.why,
            at=stamp(closing.at),
            until=None if closing.until is None else stamp(closing.until),
        )
    )


def open_again(db: Connection, gate: str, who: str, now: datetime) -> int:
    """Nobody's closing of this gate stands any more; how many did."""
    values = {"the_gate": gate, "now": stamp(now), "opened_at": stamp(now), "opened_by": who}
    return db.execute(_OPEN_AGAIN, values).rowcount


def closings_of(db: Connection, gate: str, now: datetime) -> list[Closing]:
    """The closings of a gate that stand now, the oldest first."""
    return [_closing(row) for row in db.execute(_CLOSINGS_OF, {"the_gate": gate, "now": stamp(now)}).mappings()]


def let_through(db: Connection, each: Pass) -> bool:
    """A person lets a build through; False when the same person did before."""
    row = {"gate": each.gate, "nvr": each.nvr, "who": each.who, "why": each.why, "at": stamp(each.at)}
    return insert_once(db, passes, row)


def passes_of(db: Connection, gate: str, nvrs: Collection[str]) -> list[Pass]:
    """Who lets which of these builds through, the oldest first."""
    return [_pass(row) for row in db.execute(_PASSES_OF, {"gate": gate, "nvrs": sorted(set(nvrs))}).mappings()]


def forget_passes(db: Connection, gate: str, nvr: str) -> None:
    """What people let through once needs their word again; that they gave it stands in the record."""
    db.execute(delete(passes).where(passes.c.gate == gate, passes.c.nvr == nvr))


def all_passes(db: Connection, gate: str) -> list[Pass]:
    """Everything that people ever let through a gate, the oldest first."""
    query = select(passes).where(passes.c.gate == gate).order_by(passes.c.at)
    return [_pass(row) for row in db.execute(query).mappings()]


def _pass(row: RowMapping) -> Pass:
    return Pass(row["gate"], row["nvr"], row["who"], row["why"], moment(row["at"]))


def _closing(row: RowMapping) -> Closing:
    return Closing(row["gate"], row["who"], row["why"], moment(row["at"]), moment_or_none(row["until"]))
