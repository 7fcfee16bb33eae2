"""Which compose is older than another?"""

from typing import Any

from productmd.composeinfo import COMPOSE_TYPES

from relengotron.systems.pdc.simulated.rows import Row


def compose_order(compose: Row) -> tuple[Any, ...]:
    """Order by release version, then by date, type and respin."""
    release = compose["release"]
    numbers = [int(part) for part in release["version"].split(".") if part.isdecimal()]
    kind = COMPOSE_TYPES.index(compose["compose_type"]["name"])
    return (release["short"], numbers, release["id"], compose["compose_date"], kind, compose["compose_respin"])
