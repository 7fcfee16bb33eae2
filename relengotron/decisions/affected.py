"""Which artifacts does a push reach? What PDC says travels on to what is made from them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from relengotron.model.artifact import Artifact


@dataclass(frozen=True, slots=True)
class Reach:
    """Whether an artifact is composed, and why or why not."""

    artifact: str
    is_affected: bool
    reason: str
    packages: tuple[str, ...] = ()


def judge(artifacts: Iterable[Artifact], said: Mapping[str, Reach]) -> tuple[Reach, ...]:
    """Carry "affected" downstream; ``artifacts`` come in an order in which they can be made.

    ``said`` holds what each artifact's plugin found for itself. A repo shows every push and says nothing about trees
    made from it, so only artifacts that PDC knows pass it on.
    """
    known = {artifact.name: artifact for artifact in artifacts}
    reached: dict[str, Reach] = {}
    for artifact in known.values():
        own = said[artifact.name]
        sources = [name for name in artifact.made_from if reached[name].is_affected and known[name].component]
        if not own.is_affected and sources:
            own = Reach(artifact.name, True, f"made from {', '.join(sources)}, which changes")
        reached[artifact.name] = own
    return tuple(reached.values())
