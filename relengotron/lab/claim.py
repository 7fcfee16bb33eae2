"""Is a lab at work in this directory already? Two would wipe each other's world."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager

from relengotron.errors import Permanent
from relengotron.lab.place import Place


@contextmanager
def claimed(place: Place) -> Iterator[None]:
    """The directory is ours within this block; the kernel lets go of it when we die.

    Raises:
        Permanent: another lab is at work there.
    """
    place.root.mkdir(parents=True, exist_ok=True)
    with (place.root / "lab.lock").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Permanent(f"a lab is up already in {place.root}; end it with: relengotron lab down") from None
        yield


def is_claimed(place: Place) -> bool:
    """Whether a lab is at work there."""
    try:
        with claimed(place):
            return False
    except Permanent:
        return True
