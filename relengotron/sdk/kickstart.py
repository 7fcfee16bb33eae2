"""What does a kickstart say once every ``%include`` is in its place?"""

import posixpath
from collections.abc import Callable, Iterator
from typing import Final

from relengotron.errors import MalformedInput, RequestRefused

Read = Callable[[str], bytes]
MOST_INCLUDES: Final = 100
MOST_BYTES: Final = 4 * 1024 * 1024


def flatten_kickstart(file: str, read: Read) -> str:
    """The text of a kickstart with the texts of the files that it includes, as ``ksflatten`` joins them.

    Raises:
        MalformedInput: an include is missing, leads in a circle or out of the root, or is no text.
    """
    lines: list[str] = []
    size = 0
    for line in _lines(file, read, (), [0]):
        lines.append(line)
        size += len(line) + 1
        if size > MOST_BYTES:
            raise MalformedInput(f"{file} with what it includes is larger than {MOST_BYTES} bytes")
    return "\n".join((*lines, ""))


def _lines(file: str, read: Read, way: tuple[str, ...], counted: list[int]) -> Iterator[str]:
    if file in way:
        raise MalformedInput(f"kickstarts include one another in a circle: {' → '.join((*way, file))}")
    counted[0] += 1
    if counted[0] > MOST_INCLUDES:
        raise MalformedInput(f"a kickstart of more than {MOST_INCLUDES} files; the last one is {file}")
    for line in _text(file, read, way).splitlines():
        words = line.split()
        is_include = len(words) == 2 and words[0] in ("%include", "%ksappend")
        if is_include and not words[1].startswith("/"):  # what is absolute, a %pre script makes on the machine itself
            yield from _lines(_resolved(words[1], file), read, (*way, file), counted)
        else:
            yield line.rstrip()


def _text(file: str, read: Read, way: tuple[str, ...]) -> str:
    try:
        return read(file).decode("utf-8")
    except RequestRefused as absent:
        by = f", which {way[-1]} includes" if way else ""
        raise MalformedInput(f"{file}{by}: {absent}") from absent
    except UnicodeDecodeError as wrong:
        raise MalformedInput(f"{file} is not UTF-8 text") from wrong


def _resolved(name: str, file: str) -> str:
    resolved = posixpath.normpath(posixpath.join(posixpath.dirname(file), name))
    if "://" in name or resolved in (".", "..") or resolved.startswith("../"):
        raise MalformedInput(f"{file} includes {name!r}, which leads out of the repo")
    return resolved
