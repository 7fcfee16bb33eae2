"""How does the ladder of one artifact look to a person: each rung, what it said, and who told it?"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from relengotron.model.codec import from_json
from relengotron.model.difference import Change
from relengotron.model.rung import Rung, RungName, Says

MOST_CHANGES: Final = 12


def is_ladder(facts: Mapping[str, Any]) -> bool:
    """Whether these facts of an artifact hold a ladder."""
    return bool(facts.get("rungs"))


def lines(facts: Mapping[str, Any]) -> Iterator[str]:
    """One line a rung, cheapest first, then the packages that change, once."""
    kept: Sequence[Mapping[str, Any]] = facts["rungs"]
    yield from of_rungs([_rung(each) for each in kept])
    naming = [each for each in kept if each["changes"]]
    if naming:  # the surest rung that names any is the last
        yield f"packages, as {naming[-1]['rung']} says:"
        changes = _rung(naming[-1]).changes
        for line in of_changes(changes, "--json", naming[-1]["changes_in_all"]):
            yield f"  {line}"


def of_rungs(rungs: Sequence[Rung]) -> Iterator[str]:
    """One line a rung, cheapest first; the packages are listed elsewhere, so no rung names them all again."""
    width = max((len(rung.name) for rung in rungs), default=0)
    for rung in rungs:
        source = f"  [{rung.source}]" if rung.source else ""
        yield f"{rung.name:<{width}}  {rung.says:<10}  {_reason(rung)}{source}"


def of_changes(changes: Sequence[Change], more: str, in_all: int | None = None) -> Iterator[str]:
    """The first few changes; ``more`` says how to see the others, of which there may be more than are known here."""
    for change in changes[:MOST_CHANGES]:
        yield of_change(change)
    left = (len(changes) if in_all is None else in_all) - min(len(changes), MOST_CHANGES)
    if left > 0:
        yield f"and {left} more: {more}"


def of_change(change: Change) -> str:
    """One change, with its architecture where that is known."""
    return f"{change} ({change.arch})" if change.arch else str(change)


def _rung(kept: Mapping[str, Any]) -> Rung:
    changes = tuple(from_json(Change, change) for change in kept["changes"])
    return Rung(RungName(kept["rung"]), Says(kept["says"]), kept["reason"], kept["source"], changes)


def _reason(rung: Rung) -> str:
    if len(rung.changes) < 2:
        return rung.reason
    first = str(rung.changes[0])
    before, found, _ = rung.reason.partition(first)
    return f"{before}{first} and {len(rung.changes) - 1} more" if found else rung.reason
