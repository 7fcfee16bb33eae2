"""What a procedure is: a name, a list of promises, a voice and a way back."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

from relengotron.engine.attempt import Attempt, Saying
from relengotron.model.outcome import Failed, Hold, Outcome
from relengotron.model.run import EffectRecord, StepState

C = TypeVar("C")


class Voice(Protocol):
    """What a workflow tells everybody about its runs."""

    def started(self, attempt: Attempt) -> Iterable[Saying]:
        """The run begins."""
        ...

    def stepped(self, attempt: Attempt, step: str, state: StepState, note: str) -> Iterable[Saying]:
        """A step changed its state."""
        ...

    def held(self, attempt: Attempt, hold: Hold) -> Iterable[Saying]:
        """The run waits for people."""
        ...

    def failed(self, attempt: Attempt, failed: Failed) -> Iterable[Saying]:
        """The run ended without its promise."""
        ...

    def cancelled(self, attempt: Attempt, reason: str) -> Iterable[Saying]:
        """A person called the run off, and what it did was taken back."""
        ...


class Silence:
    """The voice of procedures that nobody needs to hear about."""

    def started(self, attempt: Attempt) -> Iterable[Saying]:
        """Say nothing."""
        return ()

    def stepped(self, attempt: Attempt, step: str, state: StepState, note: str) -> Iterable[Saying]:
        """Say nothing."""
        return ()

    def held(self, attempt: Attempt, hold: Hold) -> Iterable[Saying]:
        """Say nothing."""
        return ()

    def failed(self, attempt: Attempt, failed: Failed) -> Iterable[Saying]:
        """Say nothing."""
        return ()

    def cancelled(self, attempt: Attempt, reason: str) -> Iterable[Saying]:
        """Say nothing."""
        return ()


def nothing_to_undo(_context: Any, _effect: EffectRecord) -> None:
    """The way back of procedures whose effects need none."""


@dataclass(frozen=True, slots=True)
class Workflow(Generic[C]):
    """A procedure: its steps in order, what they hold in their hands, what is told and how it is undone.

    ``undo`` takes back one effect; it looks first, because an effect that is not finished may have happened or not, and
    it may be repeated. No step of a brisk procedure takes long and no other run waits for one: those that leave nothing
    aside are written together.
    """

    name: str
    steps: tuple[Callable[[C], Outcome], ...]
    context: Callable[[Attempt], C]
    voice: Voice
    undo: Callable[[C, EffectRecord], None] = nothing_to_undo
    is_brisk: bool = False

    def __post_init__(self) -> None:
        """Refuse two steps of one name: the second would be taken for done with the first."""
        names = [step.__name__ for step in self.steps]
        if len(set(names)) < len(names):
            raise ValueError(f"workflow {self.name!r} has two steps of one name: {', '.join(names)}")

    def between(self, first: str, last: str) -> tuple[str, ...]:
        """The names of the steps from one to another, both among them."""
        names = [step.__name__ for step in self.steps]
        if first not in names or last not in names or names.index(first) > names.index(last):
            raise ValueError(f"{first!r} is no step of {self.name!r} that comes before {last!r}")
        return tuple(names[names.index(first) : names.index(last) + 1])


AnyWorkflow = Workflow[Any]
Catalogue = Mapping[str, AnyWorkflow]
