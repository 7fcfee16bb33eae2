"""How is a recording read, line by line, whatever it holds?"""

import json
from collections.abc import Iterator
from typing import BinaryIO, Final

from relengotron.messages.arrival import Arrival
from relengotron.messages.limits import LARGEST_MESSAGE

LONGEST_LINE: Final = 4 * LARGEST_MESSAGE
"""The rest of a longer line is not read; what is left is too large for a message all the same."""
_BYTE_ORDER_MARK: Final = "\ufeff"


def lines(recording: BinaryIO) -> Iterator[str]:
    """Every line, also one that is no text; memory stays bounded."""
    while line := recording.readline(LONGEST_LINE):
        _skip_the_rest(recording, line)
        yield line.decode("utf-8", "replace").strip(f"{_BYTE_ORDER_MARK} \t\r\n")


def arrival_in(line: str) -> Arrival:
    """The line as the bus would have handed it over: a bare envelope, or one that somebody wrapped up."""
    if '"body"' not in line:
        return Arrival(line)
    try:
        written = json.loads(line)
    except (ValueError, RecursionError):
        return Arrival(line)
    match written:
        case {"msg": _}:
            return Arrival(line)
        case {"topic": str(topic), "id": str(msg_id), "body": {**body}} if not {"topic", "msg"} & body.keys():
            return Arrival(json.dumps({"topic": topic, "msg_id": msg_id, "msg": body}))  # fedora-messaging's own form
        case {"body": {} | str()}:
            return Arrival.of(written)
    return Arrival(line)


def _skip_the_rest(recording: BinaryIO, line: bytes) -> None:
    while len(line) == LONGEST_LINE and not line.endswith(b"\n"):
        line = recording.readline(LONGEST_LINE)
