"""Where does a global component come from?"""

from dataclasses import dataclass
from typing import Any

from relengotron.systems.pdc.simulated.call import Call
from relengotron.systems.pdc.simulated.fields import Field, Text
from relengotron.systems.pdc.simulated.hashing import dumps, hash_order
from relengotron.systems.pdc.simulated.refusals import FieldFault, unknown_fields
from relengotron.systems.pdc.simulated.rows import Row

_COLUMNS = ("homepage", "scm_type", "scm_url")


@dataclass(frozen=True, kw_only=True)
class Upstream(Field):
    """The homepage and source repository, made when not known yet."""

    def parse(self, value: Any, call: Call) -> Any:
        """The row of this upstream."""
        if not isinstance(value, dict):
            raise FieldFault("Unsupported upstream input.")
        if extra := [name for name in hash_order(value) if name not in _COLUMNS]:
            raise unknown_fields(extra)
        if "homepage" not in value:
            raise FieldFault({"homepage": ["This field is required."]})
        for name, text in value.items():
            if text is not None:
                Text(name=name).parse(text, call)
        return self._get_or_add({name: value.get(name) for name in _COLUMNS}, call)

    @staticmethod
    def _get_or_add(values: Row, call: Call) -> Row:
        table = call.table("upstreams")
        known = next((row for row in table if all(row[name] == values[name] for name in _COLUMNS)), None)
        if known is not None:
            return known
        row = table.add(**values)
        call.record("upstream", row["id"], "null", dumps(values))
        return row

    def show(self, row: Row, call: Call) -> Any:
        """The three texts."""
        upstream = row["upstream"]
        return upstream and {name: upstream[name] for name in _COLUMNS}
