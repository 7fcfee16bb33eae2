"""The builds at the gates: one row for each build at each gate, for ever."""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime

from sqlalchemy import Connection, RowMapping, func, select, update

from relengotron.engine.journal.columns import insert_once
from relengotron.engine.journal.tables import gated_builds as table
from relengotron.engine.journal.times import moment, stamp
from relengotron.model.gated import BuildState, GatedBuild

AT_ONCE = 400
"""So many names fit into one question to every database."""


def arrive(db: Connection, build: GatedBuild) -> bool:
    """A build came to a gate; False when it is there already. One that was settled before comes once more."""
    if insert_once(db, table, _row(build)):
        return True
    known = find(db, build.gate, build.nvr)
    if known is None or not known.state.is_settled:
        return False
    again = _row(build) | {"tries": known.tries + 1}
    return bool(_change(db, build.gate, [build.nvr], (known.state,), again))


def put(
    db: Connection,
    gate: str,
    nvrs: Collection[str],
    state: BuildState,
    now: datetime,
    *,
    reason: str = "",
    only_from: Collection[BuildState] = (),
    of_batch: str | None = None,
) -> int:
    """These builds come into a state, where they stand ``only_from`` and belong to that batch; how many did."""
    values = {"state": str(state), "reason": reason, "since": stamp(now)}
    return _change(db, gate, nvrs, only_from, values, of_batch)


def assign(db: Connection, gate: str, nvrs: Collection[str], batch: str, now: datetime) -> None:
    """A batch answers for these builds from now on; they are being tested."""
    values = {"batch": batch, "state": str(BuildState.TESTING), "reason": "", "since": stamp(now)}
    _change(db, gate, nvrs, (BuildState.ARRIVED, BuildState.TESTING), values)


def come_again(db: Connection, gate: str, nvr: str, reason: str, now: datetime) -> bool:
    """A build in quarantine comes to the gate once more; False when it is not in quarantine."""
    values = {
        "batch": None,
        "state": str(BuildState.ARRIVED),
        "reason": reason,
        "arrived_at": stamp(now),
        "since": stamp(now),
        "tries": table.c.tries + 1,
    }
    return bool(_change(db, gate, [nvr], (BuildState.QUARANTINED,), values))


def find(db: Connection, gate: str, nvr: str) -> GatedBuild | None:
    """One build at one gate."""
    row = db.execute(select(table).where(table.c.gate == gate, table.c.nvr == nvr)).mappings().first()
    return None if row is None else _build(row)


def named(db: Connection, nvr: str) -> list[GatedBuild]:
    """A build at every gate that it came to."""
    return [_build(row) for row in db.execute(select(table).where(table.c.nvr == nvr)).mappings()]


def at(db: Connection, gate: str, states: Collection[BuildState]) -> list[GatedBuild]:
    """Every build of a gate in one of these states, in the order in which they came."""
    query = select(table).where(table.c.gate == gate, table.c.state.in_(list(map(str, states))))
    return [_build(row) for row in db.execute(query.order_by(table.c.arrived_at, table.c.nvr)).mappings()]


def of_batch(db: Connection, batch: str) -> list[GatedBuild]:
    """Every build that a batch answers for now, in the order in which they came."""
    query = select(table).where(table.c.batch == batch).order_by(table.c.arrived_at, table.c.nvr)
    return [_build(row) for row in db.execute(query).mappings()]


def of_packages(db: Connection, gate: str, packages: Collection[str]) -> list[GatedBuild]:
    """Every build of these packages that ever came to a gate, in the order in which they came."""
    found: list[GatedBuild] = []
    for some in _groups(sorted(set(packages))):
        query = select(table).where(table.c.gate == gate, table.c.package.in_(some))
        found += [_build(row) for row in db.execute(query).mappings()]
    return sorted(found, key=lambda each: (each.arrived_at, each.nvr))


def settled_since(db: Connection, gate: str, when: datetime) -> list[GatedBuild]:
    """Every build of a gate that came into an end since then, the oldest first."""
    ends = [str(each) for each in BuildState if each.is_settled]
    query = select(table).where(table.c.gate == gate, table.c.state.in_(ends), table.c.since >= stamp(when))
    return [_build(row) for row in db.execute(query.order_by(table.c.since)).mappings()]


def counts(db: Connection, gate: str) -> dict[BuildState, int]:
    """How many builds of a gate stand where."""
    query = select(table.c.state, func.count()).where(table.c.gate == gate).group_by(table.c.state)
    return {BuildState(state): count for state, count in db.execute(query)}


def _change(
    db: Connection,
    gate: str,
    nvrs: Collection[str],
    only_from: Collection[BuildState],
    values: Mapping[str, object],
    batch: str | None = None,
) -> int:
    changed = 0
    for some in _groups(sorted(set(nvrs))):
        query = update(table).where(table.c.gate == gate, table.c.nvr.in_(some))
        if only_from:
            query = query.where(table.c.state.in_(list(map(str, only_from))))
        if batch is not None:
            query = query.where(table.c.batch == batch)
        changed += db.execute(query.values(**values)).rowcount
    return changed


def _groups(names: list[str]) -> Iterable[list[str]]:
    return (names[start : start + AT_ONCE] for start in range(0, len(names), AT_ONCE))


def _row(build: GatedBuild) -> dict[str, object]:
    return {
        "gate": build.gate,
        "nvr": build.nvr,
        "package": build.package,
        "epoch": build.epoch,
        "owner": build.owner,
        "state": str(build.state),
        "batch": build.batch,
        "reason": build.reason,
        "arrived_at": stamp(build.arrived_at),
        "since": stamp(build.since),
        "tries": build.tries,
        "side_tag": build.group,
    }


def _build(row: RowMapping) -> GatedBuild:
    return GatedBuild(
        gate=row["gate"],
        nvr=row["nvr"],
        package=row["package"],
        epoch=row["epoch"],
        owner=row["owner"],
        state=BuildState(row["state"]),
        batch=row["batch"],
        reason=row["reason"],
        arrived_at=moment(row["arrived_at"]),
        since=moment(row["since"]),
        tries=row["tries"],
        group=row["side_tag"],
    )
