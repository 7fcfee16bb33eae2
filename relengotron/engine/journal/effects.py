"""Changes outside: intended before they are made, finished when their result is known."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, insert, select, update

from relengotron.engine.journal.columns import as_stored
from relengotron.engine.journal.tables import effects
from relengotron.engine.journal.times import moment, moment_or_none, stamp
from relengotron.model.codec import to_json
from relengotron.model.run import DECISION, EffectRecord

KEYS_IN_ONE_QUESTION = 500
_ONE = select(effects).where(effects.c.run == bindparam("run"), effects.c.key == bindparam("key"))
_MANY = select(effects).where(effects.c.run == bindparam("run"), effects.c.key.in_(bindparam("keys", expanding=True)))
_INSERT = insert(effects)
_UPDATE = update(effects).where(effects.c.id == bindparam("effect"))


def find(db: Connection, run: str, key: str) -> EffectRecord | None:
    """The effect that a run intended under this key."""
    row = db.execute(_ONE, {"run": run, "key": key}).mappings().first()
    return None if row is None else replace(_effect(row), key=key)


def find_many(db: Connection, run: str, keys: Sequence[str]) -> dict[str, EffectRecord]:
    """The effects that a run intended under these keys."""
    found: dict[str, EffectRecord] = {}
    for start in range(0, len(keys), KEYS_IN_ONE_QUESTION):
        asked = {as_stored(effects.c.key, key): key for key in keys[start : start + KEYS_IN_ONE_QUESTION]}
        rows = db.execute(_MANY, {"run": run, "keys": list(asked)}).mappings()
        found |= {asked[row["key"]]: replace(_effect(row), key=asked[row["key"]]) for row in rows}
    return found


def beginning_with(db: Connection, run: str, words: str) -> list[EffectRecord]:
    """The effects of a run whose keys begin with these words, in the order of intention."""
    alike = effects.c.key.startswith(words, autoescape=True)
    rows = db.execute(select(effects).where(effects.c.run == run, alike).order_by(effects.c.id)).mappings()
    return [_effect(row) for row in rows]


def decide(db: Connection, run: str, key: str, decision: Any, now: datetime) -> bool:
    """Write down a decision, which changes nothing outside and is finished at once; False when it was taken before."""
    if find(db, run, f"{DECISION}{key}") is not None:
        return False
    finish(db, intend(db, run, f"{DECISION}{key}", f"decide {key}", None, now), decision, now)
    return True


def intend(db: Connection, run: str, key: str, what: str, old: Any, now: datetime) -> EffectRecord:
    """Write down what is about to be done and what was there before."""
    row = {
        "run": run,
        "key": key,
        "what": what,
        "old": to_json(old),
        "result": None,
        "is_finished": False,
        "intended_at": stamp(now),
        "finished_at": None,
    }
    (number,) = db.execute(_INSERT, row).inserted_primary_key or (0,)
    return _effect({"id": number, **row})


def finish(db: Connection, effect: EffectRecord, result: Any, now: datetime) -> None:
    """Write down that it was done, and what came of it."""
    values = {"result": to_json(result), "is_finished": True, "finished_at": stamp(now)}
    db.execute(_UPDATE, {"effect": effect.id, **values})


def of_run(db: Connection, run: str) -> list[EffectRecord]:
    """Every effect of a run in the order of intention: read backwards it is the undo plan."""
    rows = db.execute(select(effects).where(effects.c.run == run).order_by(effects.c.id)).mappings()
    return [_effect(row) for row in rows]


def _effect(row: Mapping[Any, Any]) -> EffectRecord:
    return EffectRecord(
        id=row["id"],
        run=row["run"],
        key=row["key"],
        what=row["what"],
        old=row["old"],
        result=row["result"],
        is_finished=row["is_finished"],
        intended_at=moment(row["intended_at"]),
        finished_at=moment_or_none(row["finished_at"]),
    )
