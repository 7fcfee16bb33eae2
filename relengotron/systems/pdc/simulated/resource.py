"""What is there to know about one collection of the API?"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from relengotron.systems.pdc.simulated.call import Call
from relengotron.systems.pdc.simulated.fields import Field
from relengotron.systems.pdc.simulated.filters import Filter, values_at
from relengotron.systems.pdc.simulated.refusals import not_found
from relengotron.systems.pdc.simulated.rows import KeyOf, Row, key_of

READ = frozenset({"list", "retrieve"})
EDIT = READ | {"create", "update", "patch"}
FULL = EDIT | {"delete"}


def _nothing(*_: Any) -> None:
    return None


@dataclass(frozen=True, kw_only=True)
class Resource:
    """One collection: its fields, filters, uniqueness and order, for shared code to interpret.

    ``unique_sets`` are refused with the sets' column names; ``model_unique`` with a sentence of their own, found only
    when the row is saved. ``prepare`` may complete what was sent, ``check`` may refuse or replace validated values,
    ``derive`` adds computed columns, ``saved`` and ``removing`` run after a row was kept and before it goes away.
    """

    path: str
    table: str
    model: str
    fields: tuple[Field, ...]
    verbs: frozenset[str] = FULL
    key: tuple[str, ...] = ("id",)
    filters: Mapping[str, Filter] = field(default_factory=dict)
    extra_params: frozenset[str] = frozenset()
    extra_fields: frozenset[str] = frozenset()
    unique_sets: tuple[tuple[str, ...], ...] = ()
    model_unique: Mapping[tuple[str, ...], str] = field(default_factory=dict)
    indexes: Mapping[str, KeyOf] = field(default_factory=dict)
    order: Callable[[Row], Any] | None = None
    visible: Callable[[Row, Call], bool] | None = None
    export: Callable[[Row, Call], Any] | None = None
    literal_export: bool = True
    announced: bool = True
    patchable: frozenset[str] | None = None
    frozen_fields: frozenset[str] = frozenset()
    prepare: Callable[[Any, Row | None, Call], Any] | None = None
    check: Callable[[Row, Row | None, Call], None] = _nothing
    derive: Callable[[Row], Row] | None = None
    saved: Callable[[Row, Row | None, Any, Call], None] = _nothing
    removing: Callable[[Row, Call], None] = _nothing
    dated_by: tuple[str, ...] = ()

    def show(self, row: Row, call: Call) -> dict[str, Any]:
        """The row as JSON."""
        return {one.name: one.show(row, call) for one in self.fields}

    def identify(self, row: Row) -> str:
        """The last part of the row's address."""
        return "/".join(str(next(iter(values_at(row, path.split("."))))) for path in self.key)

    def locate(self, ident: str, call: Call) -> Row:
        """The row at an address below the collection, or 404."""
        parts = ident.split("/")
        row = self._find(parts, call) if len(parts) == len(self.key) else None
        if row is None or (self.visible and not self.visible(row, call)):
            raise not_found()
        return row

    def _find(self, parts: list[str], call: Call) -> Row | None:
        table = call.table(self.table)
        if self.key == ("id",):
            return table.find("id", int(parts[0])) if parts[0].isdecimal() else None
        if len(self.key) == 1:
            return table.find(self.key[0], parts[0])
        return next((row for row in table if self.identify(row).split("/") == parts), None)

    def table_indexes(self) -> dict[str, KeyOf]:
        """Every index the table needs for this description."""
        wanted: dict[str, KeyOf] = {name: key_of(name) for name in self.key if "." not in name and name != "id"}
        wanted |= {one.column: key_of(one.column) for one in self.fields if one.unique}
        wanted |= {",".join(columns): key_of(*columns) for columns in (*self.unique_sets, *self.model_unique)}
        return {**wanted, **self.indexes}
