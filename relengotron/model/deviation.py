"""Where did a run not do what its plan said, and which fact of the world had changed?"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Deviation:
    """One difference: the ``kind`` and name of the ``subject``, both sides in words, and the facts that explain it.

    Without ``because`` nobody knows why.
    """

    kind: str
    subject: str
    planned: str
    happened: str
    because: tuple[str, ...] = ()

    @property
    def is_explained(self) -> bool:
        """Whether a fact of the world accounts for it."""
        return bool(self.because)
