"""What was composed, as its announcement in ResultsDB says?"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

from relengotron.errors import MalformedInput
from relengotron.systems.resultsdb.port import TestResult

COMPOSE_TESTCASE = "relengotron.compose"
_CARRIED = ("item", "type", "artifact", "kind", "arch", "release", "request", "relengotron_run")


@dataclass(frozen=True, slots=True)
class Compose:
    """One compose result; ``data`` holds lists of texts under the names that the announcement used."""

    id: int
    group: str
    ref_url: str
    data: Mapping[str, tuple[str, ...]]

    @classmethod
    def from_result(cls, result: TestResult) -> Self:
        """A compose as ResultsDB answers it."""
        return cls(result.id, next(iter(result.groups), ""), result.ref_url, result.data)

    @classmethod
    def from_message(cls, body: Mapping[str, Any]) -> Self | None:
        """A compose as the bus announces it; None for the results of other test cases."""
        try:
            if _name(body["testcase"]) != COMPOSE_TESTCASE:
                return None
            data = {str(key): tuple(map(str, values)) for key, values in body["data"].items()}
            return cls(int(body["id"]), _group(body.get("groups") or []), str(body.get("ref_url") or ""), data)
        except (KeyError, TypeError, ValueError, AttributeError) as wrong:
            raise MalformedInput(f"not a result of ResultsDB: {str(body)[:300]}") from wrong

    def one(self, key: str) -> str:
        """The only value of a key that this compose must have."""
        values = self.data.get(key, ())
        if len(values) != 1 or not values[0]:
            raise MalformedInput(f"compose result {self.id} has {list(values)} for {key!r}, should have one value")
        return values[0]

    def all(self, key: str) -> tuple[str, ...]:
        """Every value of a key, none if it is absent."""
        return self.data.get(key, ())

    @property
    def carried(self) -> dict[str, tuple[str, ...]]:
        """What every result about this compose repeats, so that it can be found by it."""
        return {key: self.data[key] for key in _CARRIED if self.data.get(key)}


def _name(testcase: Any) -> str:
    return str(testcase["name"] if isinstance(testcase, Mapping) else testcase)


def _group(groups: Sequence[Any]) -> str:
    return str(groups[0]).rstrip("/").rpartition("/")[2] if groups else ""
