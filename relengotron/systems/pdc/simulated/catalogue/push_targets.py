"""Which push targets may content of a product, version, release or variant go to?

A product lists its targets; everything below inherits them minus what it masks.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from relengotron.systems.pdc.simulated.call import Call
from relengotron.systems.pdc.simulated.fields import Field
from relengotron.systems.pdc.simulated.filters import Filter, Matches
from relengotron.systems.pdc.simulated.hashing import python2_repr
from relengotron.systems.pdc.simulated.references import Many, Reference
from relengotron.systems.pdc.simulated.refusals import Refusal
from relengotron.systems.pdc.simulated.rows import Row

_PARENTS = ("release", "product_version", "product")
_TARGETS = Many(name="allowed_push_targets", of=Reference(name="", table="push_targets"))


def allowed_targets(row: Row | None) -> list[Row]:
    """The push targets open to this row."""
    if row is None:
        return []
    if "push_targets" in row:
        return list(row["push_targets"])
    parent = next(row[column] for column in _PARENTS if column in row)
    masked = {target["id"] for target in row["masked_push_targets"]}
    return [target for target in allowed_targets(parent) if target["id"] not in masked]


def allowed_names(row: Row) -> list[str]:
    """Their names."""
    return [target["name"] for target in allowed_targets(row)]


@dataclass(frozen=True, kw_only=True)
class AllowedPushTargets(Field):
    """The field ``allowed_push_targets``."""

    name: str = "allowed_push_targets"
    key: str = "push_targets"
    required: bool = False

    def parse(self, value: Any, call: Call) -> Any:
        """The rows of the named targets."""
        return _TARGETS.parse(value, call)

    def show(self, row: Row, call: Call) -> Any:
        """Names of the targets that are open."""
        return allowed_names(row)

    def initial(self, call: Call) -> Any:
        """None are open unless named."""
        return []


def mask(values: Row, row: Row | None, parent: str) -> None:
    """Turn the wanted targets of validated values into what has to be masked."""
    if "push_targets" not in values:
        return
    wanted = values.pop("push_targets")
    above = values.get(parent)
    if above is None and row is not None:
        above = row[parent]
    available = allowed_targets(above)
    known = {target["id"] for target in available}
    if invalid := [target["name"] for target in wanted if target["id"] not in known]:
        names = python2_repr(invalid)
        raise Refusal(400, {"detail": f"Push targets must be allowed in parent {parent}: {names}"})
    kept = {target["id"] for target in wanted}
    values["masked_push_targets"] = [target for target in available if target["id"] not in kept]


@dataclass(frozen=True)
class AllowsAnyOf(Filter):
    """Rows that are open to one of several targets."""

    def matcher(self, values: Sequence[str], call: Call) -> Matches | None:
        """Any of the names."""
        wanted = set(values) if list(values) != [""] else set()
        return lambda row: not wanted.isdisjoint(allowed_names(row))
