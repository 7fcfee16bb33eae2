"""What one push is asked to ship."""

from dataclasses import dataclass

from relengotron.model.lane import Lane


@dataclass(frozen=True, slots=True)
class Update:
    """One Bodhi update: its names, where it belongs, and its builds (NVRs as Koji writes them)."""

    alias: str
    title: str
    type: str
    release: str
    request: str | None
    is_locked: bool
    builds: tuple[str, ...]

    @property
    def is_security(self) -> bool:
        """Whether users should get this one first."""
        return self.type == "security"


@dataclass(frozen=True, slots=True)
class Batch:
    """The updates that one message asks for in one lane; ``updates`` are titles or aliases, as they were asked for."""

    lane: Lane
    updates: tuple[str, ...]
    agent: str
    is_security: bool = False


@dataclass(frozen=True, slots=True)
class Ejected:
    """An update that the push leaves behind, and why; ``alias`` is empty when Bodhi does not know it."""

    alias: str
    title: str
    reason: str
    builds: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """What tells it from others: two updates may have one title."""
        return self.alias or self.title


EJECT, EJECTED = "eject ", "ejected "
"""What the keys of two decisions of a run begin with: that an update shall be left behind, and whether it was."""


@dataclass(frozen=True, slots=True)
class Ejection:
    """The wish that a push leaves an update behind, by a person or by a policy."""

    update: str
    who: str
    why: str


@dataclass(frozen=True, slots=True)
class Shipment:
    """What a push ships by now, and what it has left behind on the way."""

    updates: tuple[Update, ...]
    ejected: tuple[Ejected, ...] = ()

    @property
    def builds(self) -> tuple[str, ...]:
        """Every build of every update, in order."""
        return tuple(build for update in self.updates for build in update.builds)

    def without(self, ejected: tuple[Ejected, ...]) -> "Shipment":
        """The shipment after some more updates were left behind."""
        gone, known = {each.name for each in ejected}, {each.name for each in self.ejected}
        left = tuple(each for each in self.updates if each.alias not in gone)
        return Shipment(left, self.ejected + tuple(each for each in ejected if each.name not in known))
