"""What is found out about a batch: does the target stay closed with it, and what do its tests say?"""

from dataclasses import dataclass

from relengotron.model.gated import Suspicion


@dataclass(frozen=True, slots=True)
class Closedness:
    """Which builds would break others although they were waited for, and which go together or not at all."""

    suspects: tuple[Suspicion, ...] = ()
    groups: tuple[tuple[str, ...], ...] = ()


@dataclass(frozen=True, slots=True)
class Judgement:
    """Which builds are good as they are; else who is suspected, and in which parts the others are tried again.

    ``why`` says what is wrong, and ``round`` which round of tests has shown it. Where nobody is named the batch
    ``is_bisected``: what its parts do together is not known for good.
    """

    good: tuple[str, ...] = ()
    suspects: tuple[Suspicion, ...] = ()
    divided: tuple[tuple[str, ...], ...] = ()
    why: str = ""
    round: int = 1
    is_bisected: bool = False

    @property
    def is_good(self) -> bool:
        """Whether the batch may move as it is."""
        return not self.suspects and not self.divided
