"""What does a body say, when it may be any body at all?

Whoever shows our messages shows those of years ago too, and those of other versions: nothing here raises, and nothing
is taken that is not of the kind that we write.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Self

LONGEST: Final = 500
"""So much of one text is shown."""
MOST: Final = 1000
"""So many entries of one list are read."""
_OURS: Final = ".relengotron."


@dataclass(frozen=True, slots=True)
class Said:
    """A body, or an object in one."""

    topic: str
    body: Mapping[str, Any]

    @classmethod
    def of(cls, message: object) -> Self:
        """Take the envelope as fedmsg hands it over."""
        topic = message.get("topic") if isinstance(message, dict) else None
        body = message.get("msg") if isinstance(message, dict) else None
        suffix = topic.partition(_OURS)[2] if isinstance(topic, str) else ""
        return cls(suffix, body if isinstance(body, dict) else {})

    def text(self, key: str) -> str:
        """A text, fit for one line; empty where there is none."""
        return _line(self.body.get(key))

    def texts(self, key: str) -> list[str]:
        """The texts of a list."""
        return [line for each in self._list(key) if (line := _line(each))]

    def number(self, key: str) -> int | float | None:
        """A number; None where there is none."""
        value = self.body.get(key)
        return value if isinstance(value, int | float) and not isinstance(value, bool) else None

    def is_true(self, key: str) -> bool:
        """Whether it says yes."""
        return self.body.get(key) is True

    def inside(self, key: str) -> "Said":
        """The object under this key; an empty one where there is none."""
        value = self.body.get(key)
        return Said(self.topic, value if isinstance(value, dict) else {})

    def entries(self, key: str) -> list["Said"]:
        """The objects of a list."""
        return [Said(self.topic, each) for each in self._list(key) if isinstance(each, dict)]

    def links(self) -> dict[str, str]:
        """Name and URL of where to read more."""
        found = self.inside("links")
        named = {_line(name): found.text(name) for name in found.body if isinstance(name, str)}
        return {name: url for name, url in named.items() if name and url.startswith(("https://", "http://"))}

    def builds(self) -> list["Said"]:
        """The builds that it is about: those of a batch, or the one that it names."""
        of_a_batch = self.entries("builds")
        return of_a_batch or ([self] if self.text("nvr") else [])

    def _list(self, key: str) -> list[Any]:
        value = self.body.get(key)
        return value[:MOST] if isinstance(value, list) else []


def _line(value: object) -> str:
    """One line of printable text; of a longer one the beginning."""
    if not isinstance(value, str):
        return ""
    words = "".join(each if each.isprintable() else " " for each in value[: 2 * LONGEST]).split()
    line = " ".join(words)
    return line if len(line) <= LONGEST else line[: LONGEST - 1] + "…"
