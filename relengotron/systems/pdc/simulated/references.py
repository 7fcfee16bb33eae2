"""How does a field name a row of another table?"""

from dataclasses import dataclass
from typing import Any

from relengotron.systems.pdc.simulated.call import Call
from relengotron.systems.pdc.simulated.fields import Field
from relengotron.systems.pdc.simulated.hashing import python2_repr
from relengotron.systems.pdc.simulated.refusals import FieldFault
from relengotron.systems.pdc.simulated.rows import Row


@dataclass(frozen=True, kw_only=True)
class Reference(Field):
    """A row of another table, named by one of its columns."""

    table: str
    slug: str = "name"

    def parse(self, value: Any, call: Call) -> Any:
        """The row."""
        if not isinstance(value, str | int) or isinstance(value, bool):
            raise FieldFault("Invalid value.")
        return self.look_up(value, call)

    def look_up(self, value: Any, call: Call) -> Row:
        """The row with this slug."""
        row = call.table(self.table).find(self.slug, str(value))
        if row is None:
            raise FieldFault(self.fault(value, call))
        return row

    def fault(self, value: Any, call: Call) -> str:
        """The text when there is no such row."""
        return f"Object with {self.slug}={value} does not exist."

    def show(self, row: Row, call: Call) -> Any:
        """The slug."""
        target = row[self.column]
        return None if target is None else target[self.slug]


@dataclass(frozen=True, kw_only=True)
class Choice(Reference):
    """A reference into a short list, which the error text spells out."""

    def fault(self, value: Any, call: Call) -> str:
        """The text when the value is not in the list."""
        allowed = ", ".join(f"'{row[self.slug]}'" for row in call.table(self.table))
        return f"'{value}' is not allowed value. Use one of {allowed}."


@dataclass(frozen=True, kw_only=True)
class Many(Field):
    """A list of references or choices."""

    of: Reference
    required: bool = False

    def parse(self, value: Any, call: Call) -> Any:
        """The rows, without repetition, in the order of their ids."""
        if not isinstance(value, list):
            raise FieldFault(f'Expected a list of items but got type "{_type_name(value)}".')
        rows = {row["id"]: row for row in (self.of.parse(item, call) for item in value)}
        return [rows[number] for number in sorted(rows)]

    def show(self, row: Row, call: Call) -> Any:
        """The slugs."""
        return [target[self.of.slug] for target in row[self.column]]


@dataclass(frozen=True, kw_only=True)
class ComponentReference(Field):
    """A release component, named by its id or by release and name."""

    with_release: bool = True

    def parse(self, value: Any, call: Call) -> Any:
        """The component's row."""
        if not isinstance(value, dict):
            raise FieldFault({"detail": f"Input [{value}] for ReleaseComponent must be a dict."})
        if set(value) not in ({"id"}, {"release", "name"}):
            raise FieldFault({"detail": "Only accept ['id'] or ['release', 'name']"})
        row = self._by_id(value["id"], call) if "id" in value else self._by_name(value, call)
        if row is None:
            raise FieldFault({"detail": f"ReleaseComponent [{python2_repr(value)}] doesn't exist"})
        return row

    @staticmethod
    def _by_id(value: Any, call: Call) -> Row | None:
        try:
            return call.table("release_components").find("id", int(value))
        except (TypeError, ValueError) as broken:
            raise FieldFault(f"Value [{value}] is not an integer") from broken

    @staticmethod
    def _by_name(value: dict[str, Any], call: Call) -> Row | None:
        named = call.table("release_components").where("name", value["name"])
        return next((row for row in named if row["release"]["release_id"] == value["release"]), None)

    def show(self, row: Row, call: Call) -> Any:
        """Id, name and, for relationships, release."""
        target = row[self.column]
        shown = {"id": target["id"], "name": target["name"]}
        return {"release": target["release"]["release_id"], **shown} if self.with_release else shown


def _type_name(value: Any) -> str:
    return {"str": "unicode", "NoneType": "NoneType"}.get(type(value).__name__, type(value).__name__)
