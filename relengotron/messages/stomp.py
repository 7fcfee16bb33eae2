"""What does a STOMP 1.1 frame look like on the wire?"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from relengotron.errors import MalformedInput
from relengotron.messages.limits import LARGEST_MESSAGE

CONNECT: Final = "CONNECT"

_LARGEST_HEAD: Final = 64 * 1024
_LONGEST_NUMBER: Final = 12
_UNESCAPED: Final = frozenset({CONNECT, "CONNECTED"})  # the servers of 1.0 knew no escapes, and these speak to them


@dataclass(frozen=True, slots=True)
class Frame:
    """One frame; a body that is larger than a message may be is cut, and is then still too large."""

    command: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    @property
    def text(self) -> str:
        """The body as text; bytes that are no UTF-8 become halves of characters, which no reader takes."""
        if len(self.body) > LARGEST_MESSAGE:
            return self.body.decode("latin-1")  # as many characters as bytes: too large stays too large
        return self.body.decode("utf-8", errors="surrogateescape")

    def packed(self) -> bytes:
        """The frame as it is sent."""
        write = str if self.command in _UNESCAPED else _escaped
        lines = [self.command, *(f"{write(name)}:{write(value)}" for name, value in self.headers.items())]
        return "\n".join(lines).encode(errors="surrogateescape") + b"\n\n" + self.body + b"\x00"


class FrameReader:
    """Cuts a stream of bytes into frames, wherever the network has cut it."""

    def __init__(self) -> None:
        """Begin between two frames."""
        self._left = bytearray()
        self._begun: _Begun | None = None

    def frames(self, data: bytes) -> Iterator[Frame]:
        """Every frame that is complete with this data.

        Raises:
            MalformedInput: this is not STOMP; nothing after it can be read.
        """
        self._left += data
        while (begun := self._begun or self._head()) is not None:
            self._begun = begun
            if not begun.takes_its_body(self._left):
                return
            self._begun = None
            yield begun.frame()

    def _head(self) -> "_Begun | None":
        # Ends of lines between two frames are heart-beats.
        del self._left[: len(self._left) - len(self._left.lstrip(b"\r\n"))]
        head, end, _ = self._left[:_LARGEST_HEAD].partition(b"\n\n")
        if not end:
            if len(self._left) >= _LARGEST_HEAD:
                raise MalformedInput(f"a STOMP frame with more than {_LARGEST_HEAD} bytes of headers")
            return None
        del self._left[: len(head) + len(end)]
        return _begun(bytes(head))


@dataclass(slots=True)
class _Begun:
    """A frame of which at least the head is here."""

    command: str
    headers: Mapping[str, str]
    missing: int | None  # bytes of the body; None if its end is marked by a NUL alone
    body: bytearray = field(default_factory=bytearray)

    def takes_its_body(self, data: bytearray) -> bool:
        """Move what belongs to this frame out of the data; True when the frame is whole."""
        end = data.find(0) if self.missing is None else self.missing
        is_whole = 0 <= end < len(data)
        taken = end if is_whole else len(data)
        self.body += data[: min(taken, LARGEST_MESSAGE + 1 - len(self.body))]
        if is_whole and data[taken]:
            raise MalformedInput("a STOMP frame that does not end where its content-length says")
        del data[: taken + is_whole]
        if self.missing is not None:
            self.missing -= taken
        return is_whole

    def frame(self) -> Frame:
        return Frame(self.command, self.headers, bytes(self.body))


def _begun(head: bytes) -> _Begun:
    command, *lines = head.decode("utf-8", errors="surrogateescape").split("\n")
    read = str if command in _UNESCAPED else _unescaped
    headers: dict[str, str] = {}
    for line in lines:
        name, _, value = line.partition(":")
        headers.setdefault(read(name), read(value))  # of a repeated header the first one counts
    length = headers.get("content-length")
    if length is not None and not (length.isascii() and length.isdigit() and len(length) <= _LONGEST_NUMBER):
        raise MalformedInput("a STOMP frame whose content-length is no number")
    return _Begun(command, headers, None if length is None else int(length))


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("\n", "\\n").replace(":", "\\c")


def _unescaped(text: str) -> str:
    if "\\" not in text:
        return text
    parts = text.split("\\\\")
    return "\\".join(part.replace("\\n", "\n").replace("\\c", ":") for part in parts)
