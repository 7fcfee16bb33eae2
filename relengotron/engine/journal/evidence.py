"""Why every update, build and artifact of a run is in its state."""

from sqlalchemy import Connection, RowMapping, bindparam, func, insert, select

from relengotron.engine.journal.tables import evidence
from relengotron.engine.journal.times import moment, stamp
from relengotron.model.codec import to_json
from relengotron.model.run import Evidence

_INSERT = insert(evidence)
_NEWEST = (
    select(evidence)
    .where(
        evidence.c.run == bindparam("run"),
        evidence.c.subject_kind == bindparam("kind"),
        evidence.c.subject == bindparam("subject"),
    )
    .order_by(evidence.c.id.desc())
    .limit(1)
)


def add(db: Connection, item: Evidence) -> bool:
    """Keep the item; False when it says what is known already."""
    facts = to_json(dict(item.facts))  # as it will be read back: a tuple must not look like news at every look
    known = newest_of(db, item.run, item.subject_kind, item.subject)
    if known is not None and (known.state, known.reason, known.facts) == (item.state, item.reason, facts):
        return False
    row = {
        "run": item.run,
        "step": item.step,
        "subject_kind": item.subject_kind,
        "subject": item.subject,
        "state": item.state,
        "reason": item.reason,
        "facts": facts,
        "at": stamp(item.at),
    }
    db.execute(_INSERT, row)
    return True


def newest_of(db: Connection, run: str, subject_kind: str, subject: str) -> Evidence | None:
    """What holds for one subject now."""
    row = db.execute(_NEWEST, {"run": run, "kind": subject_kind, "subject": subject}).mappings().first()
    return None if row is None else _evidence(row)


def newest_run_about(db: Connection, subject_kind: str, subject: str) -> str | None:
    """The newest run in which something was noted about a subject."""
    about = select(evidence.c.run).where(evidence.c.subject_kind == subject_kind, evidence.c.subject == subject)
    found: str | None = db.execute(about.order_by(evidence.c.id.desc()).limit(1)).scalar()
    return found


def runs_about(db: Connection, subject_kind: str, subject: str) -> list[str]:
    """Every run in which something was noted about a subject, the oldest first."""
    about = evidence.c.subject_kind == subject_kind, evidence.c.subject == subject
    query = select(evidence.c.run).where(*about).group_by(evidence.c.run).order_by(func.min(evidence.c.id))
    return list(db.execute(query).scalars())


def of_kind(db: Connection, subject_kind: str) -> list[Evidence]:
    """Everything that was ever noted about subjects of a kind, oldest first."""
    rows = db.execute(select(evidence).where(evidence.c.subject_kind == subject_kind).order_by(evidence.c.id))
    return [_evidence(row) for row in rows.mappings()]


def of_run(db: Connection, run: str) -> list[Evidence]:
    """Everything that was ever noted in a run, oldest first."""
    rows = db.execute(select(evidence).where(evidence.c.run == run).order_by(evidence.c.id)).mappings()
    return [_evidence(row) for row in rows]


def _evidence(row: RowMapping) -> Evidence:
    return Evidence(
        run=row["run"],
        step=row["step"],
        subject_kind=row["subject_kind"],
        subject=row["subject"],
        state=row["state"],
        reason=row["reason"],
        facts=row["facts"],
        at=moment(row["at"]),
    )
