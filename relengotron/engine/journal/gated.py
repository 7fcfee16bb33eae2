"""The builds at the gates: one row for each build at each gate, for ever."""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime

from sqlalchemy import Connection, RowMapping, bindparam, func, or_, select, update

from relengotron.engine.journal import gate_orders
from relengotron.engine.journal.columns import insert_once
from relengotron.engine.journal.tables import gated_builds as table
from relengotron.engine.journal.times import moment, stamp
from relengotron.model.gated import UNSETTLED, BuildState, GatedBuild

AT_ONCE = 400
"""So many names fit into one question to every database."""

_ASSIGN = (
    update(table)
    .where(
        table.c.gate == bindparam("the_gate"),
        table.c.nvr == bindparam("the_nvr"),
        or_(*(table.c.state == str(each) for each in (BuildState.ARRIVED, BuildState.TESTING))),
    )
    .values(batch=bindparam("the_batch"), state=str(BuildState.TESTING), reason="", since=bindparam("now"))
)

_OF_BATCH = select(table).where(table.c.batch == bindparam("batch")).order_by(table.c.arrived_at, table.c.nvr)
"""Every step of a batch asks this: putting it together takes longer than the answer."""

_OF_PACKAGES = select(table).where(
    table.c.gate == bindparam("gate"),
    table.c.package.in_(bindparam("packages", expanding=True)),
    table.c.state.in_(bindparam("states", expanding=True)),
)


def arrive(db: Connection, build: GatedBuild) -> bool:
    """A build came to a gate; False when it is there already. One that was settled before comes as a new one."""
    if insert_once(db, table, _row(build)):
        return True
    known = find(db, build.gate, build.nvr)
    if known is None or not known.state.is_settled:
        return False
    again = _row(build) | {"tries": known.tries + 1}
    gate_orders.forget_passes(db, build.gate, build.nvr)
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
    rows = [{"the_gate": gate, "the_nvr": nvr, "the_batch": batch, "now": stamp(now)} for nvr in sorted(set(nvrs))]
    if rows:
        db.execute(_ASSIGN, rows)


def mark(db: Connection, gate: str, nvr: str, reason: str) -> bool:
    """Say something of a build under test, whose batch is to look at it; False when it is not under test."""
    return bool(_change(db, gate, [nvr], (BuildState.TESTING,), {"reason": reason}))


def explain(db: Connection, gate: str, nvrs: Collection[str], reason: str) -> None:
    """Say why builds that have arrived are in no batch yet."""
    _change(db, gate, nvrs, (BuildState.ARRIVED,), {"reason": reason})


def come_again(
    db: Connection,
    gate: str,
    nvr: str,
    reason: str,
    now: datetime,
    *,
    only_from: Collection[BuildState] = (BuildState.QUARANTINED,),
) -> bool:
    """A build in quarantine, or one that stands ``only_from``, comes to the gate once more; False when it does not."""
    values = {
        "batch": None,
        "state": str(BuildState.ARRIVED),
        "reason": reason,
        "arrived_at": stamp(now),
        "since": stamp(now),
        "tries": table.c.tries + 1,
    }
    return bool(_change(db, gate, [nvr], only_from, values))


def find(db: Connection, gate: str, nvr: str) -> GatedBuild | None:
    """One build at one gate."""
    row = db.execute(select(table).where(table.c.gate == gate, table.c.nvr == nvr)).mappings().first()
    return None if row is None else _build(row)


def of_names(db: Connection, gate: str, nvrs: Collection[str]) -> dict[str, GatedBuild]:
    """The builds of these names at one gate; those that never came there are left out."""
    found: dict[str, GatedBuild] = {}
    for some in _groups(sorted(set(nvrs))):
        query = select(table).where(table.c.gate == gate, table.c.nvr.in_(some))
        found |= {row["nvr"]: _build(row) for row in db.execute(query).mappings()}
    return found


def named(db: Connection, nvr: str) -> list[GatedBuild]:
    """A build at every gate that it came to."""
    return [_build(row) for row in db.execute(select(table).where(table.c.nvr == nvr)).mappings()]


def at(db: Connection, gate: str, states: Collection[BuildState]) -> list[GatedBuild]:
    """Every build of a gate in one of these states, in the order in which they came."""
    query = select(table).where(table.c.gate == gate, table.c.state.in_(list(map(str, states))))
    return [_build(row) for row in db.execute(query.order_by(table.c.arrived_at, table.c.nvr)).mappings()]


def of_batch(db: Connection, batch: str) -> list[GatedBuild]:
    """Every build that a batch answers for now, in the order in which they came."""
    return [_build(row) for row in db.execute(_OF_BATCH, {"batch": batch}).mappings()]


def of_packages(
    db: Connection, gate: str, packages: Collection[str], states: Collection[BuildState] = ()
) -> list[GatedBuild]:
    """Every build of these packages that ever came to a gate, or stands so, in the order in which they came."""
    found: list[GatedBuild] = []
    for some in _groups(sorted(set(packages))):
        asked = {"gate": gate, "packages": some, "states": list(map(str, states or BuildState))}
        found += [_build(row) for row in db.execute(_OF_PACKAGES, asked).mappings()]
    return sorted(found, key=lambda each: (each.arrived_at, each.nvr))


def settled_since(db: Connection, gate: str, when: datetime) -> list[GatedBuild]:
    """Every build of a gate that came into an end since then, the oldest first."""
    ends = [str(each) for each in BuildState if each.is_settled]
    query = select(table).where(table.c.gate == gate, table.c.state.in_(ends), table.c.since >= stamp(when))
    return [_build(row) for row in db.execute(query.order_by(table.c.since)).mappings()]


def gates(db: Connection) -> dict[str, int]:
    """By gate how many builds are not settled there, whatever the configuration knows of it by now."""
    standing = list(map(str, UNSETTLED))
    query = select(table.c.gate, func.count()).where(table.c.state.in_(standing)).group_by(table.c.gate)
    return {row.gate: row[1] for row in db.execute(query.order_by(table.c.gate))}


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
