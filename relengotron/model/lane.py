"""The unit of independence: what waits for one another and what does not."""

from dataclasses import dataclass
from typing import Self

from relengotron.errors import MalformedInput


@dataclass(frozen=True, slots=True, order=True)
class Lane:
    """One release and one request, such as ``F24/testing``; runs of one lane follow one another."""

    release: str
    request: str

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read ``RELEASE/REQUEST``.

        Raises:
            MalformedInput: the text has not exactly one slash between two words.
        """
        match text.split("/"):
            case [release, request] if release and request:
                return cls(release, request)
        raise MalformedInput(f"not a lane (RELEASE/REQUEST): {text!r}")

    def __str__(self) -> str:
        return f"{self.release}/{self.request}"
