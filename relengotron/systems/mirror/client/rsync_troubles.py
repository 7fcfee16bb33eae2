"""What does it mean that rsync ended with a status, in our words?

Statuses as in rsync(1), EXIT VALUES: 10, 12, 30 and 35 for the connection, 11 for the files, 23 and 24 for a part that
was not sent; 255 is ssh's own.
"""

import re
from typing import Final

from relengotron.errors import RelengError, StateDisagrees, SystemUnreachable

_LONGEST: Final = 400
_AWAY: Final = frozenset({10, 12, 30, 35, 255})
_OURS_CHANGED: Final = re.compile(r"skipping non-regular file|file has vanished|\[sender\] link_stat|send_files failed")
_SENTENCES: Final = (
    (re.compile(r"No space left on device"), "its file system is full: make room there"),
    (re.compile(r"Disk quota exceeded"), "the quota there is used up: make room"),
    (re.compile(r"Read-only file system"), "its file system is read-only: mount it writable"),
    (re.compile(r"module is read only"), "its module is read-only: set `read only = no` in its rsyncd.conf"),
    (re.compile(r"Host key verification failed|REMOTE HOST IDENTIFICATION"), "its host key is not the one we know"),
    (
        re.compile(r"auth failed|Permission denied \([a-z]|password file must|password required"),
        "we cannot log in there",
    ),
    (re.compile(r"Unknown module|max connections"), "its rsync daemon does not let us in"),
    (re.compile(r"Permission denied|Operation not permitted"), "we may not write there: look at owner and modes"),
)


def trouble_of(status: int, said: str) -> RelengError | None:
    """What kept rsync from its work; None when nothing did."""
    words = _plain(said)
    if _OURS_CHANGED.search(said):
        return StateDisagrees(f"a file here changed while it was sent ({words})")
    if status == 0:
        return None
    for pattern, sentence in _SENTENCES:
        if pattern.search(said):
            return SystemUnreachable(f"{sentence} ({words})")
    away = "it does not answer" if status in _AWAY else f"rsync ended with status {status}"
    return SystemUnreachable(f"{away} ({words})")


def _plain(said: str) -> str:
    """The other side chose these words."""
    printable = "".join(letter if letter.isprintable() else " " for letter in said)
    return " ".join(printable.split())[:_LONGEST] or "it said nothing"
