"""What do the answers of PDC say, once their shape is checked?"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from relengotron.errors import MalformedInput
from relengotron.systems.pdc.port import Containment, PdcRelease


@dataclass(frozen=True, slots=True)
class Page:
    """Some rows, where the next ones are, and how many there are in all, where that is told."""

    rows: list[Any]
    more: str | None = None
    count: int | None = None


def read_page(answer: Any) -> Page:
    """The rows of a list answer: a bare list is complete."""
    match answer:
        case list():
            return Page(answer)
        case {"results": list() as rows, "next": str() | None as more, "count": int() as count}:
            return Page(rows, more, count)
    raise _not_promised("a list", answer)


def read_containment(row: Any) -> Containment:
    """One relationship."""
    match row:
        case {
            "type": str() as relation,
            "from_component": {"name": str() as artifact, "release": str() as release},
            "to_component": {"name": str() as package},
        } if artifact and artifact.isprintable():
            return Containment(artifact, release, relation, package)
    raise _not_promised("a relationship", row)


def read_release(answer: Any) -> PdcRelease:
    """One release."""
    match answer:
        case {
            "release_id": str() as release_id,
            "short": str() as short,
            "version": str() as version,
            "active": bool() as active,
            "product_version": str() | None as product_version,
        }:
            return PdcRelease(release_id, short, version, active, product_version)
    raise _not_promised("a release", answer)


def read_names(rows: Iterable[Any]) -> list[str]:
    """The names in a list of named rows."""
    names = [row.get("name") if isinstance(row, dict) else None for row in rows]
    if not all(isinstance(name, str) for name in names):
        raise _not_promised("named rows", names)
    return [str(name) for name in names]


def _not_promised(wanted: str, found: Any) -> MalformedInput:
    return MalformedInput(f"PDC promised {wanted} and answered {str(found)[:200]}")
