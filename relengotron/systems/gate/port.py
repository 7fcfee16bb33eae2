"""What do we ask of a gate?"""

from typing import Protocol

from relengotron.model.gate import Findings, Question


class Gate(Protocol):
    """One question: two engines answer it, our own evaluation and Greenwave."""

    def findings(self, question: Question) -> Findings:
        """What is known of everything that the policies ask of the subjects; a source that is down is an answer too."""
        ...

    def identity(self) -> str:
        """Which engine this is."""
        ...
