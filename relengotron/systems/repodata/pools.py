"""Which pools are kept warm?"""

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from threading import Lock
from typing import Generic, TypeVar

P = TypeVar("P")


@dataclass(frozen=True, slots=True)
class PoolKey:
    """Everything that makes one pool differ from another: repos with their revisions, arch, packages beside them.

    ``without`` are (name of the part, source package) that are left out. ``is_thin`` says that recommendations which
    make no difference are forgotten.
    """

    revisions: tuple[tuple[str, str], ...]
    arch: str
    rpms: str
    with_files: bool
    is_thin: bool
    without: tuple[tuple[str, str], ...] = ()


class Pools(Generic[P]):
    """The pools that were asked last."""

    def __init__(self, most: int) -> None:
        """Keep at most so many."""
        self._most = most
        self._pools: OrderedDict[PoolKey, P] = OrderedDict()
        self._lock = Lock()

    def get(self, key: PoolKey, build: Callable[[], P]) -> P:
        """The pool, built if it is not there; two threads may build the same one, and one of them is kept."""
        with self._lock:
            known = self._pools.get(key)
        built = known or build()
        with self._lock:
            kept = self._pools.setdefault(key, built)
            self._pools.move_to_end(key)
            while len(self._pools) > self._most:
                self._pools.popitem(last=False)
        return kept

    def forget(self, key: PoolKey) -> None:
        """It is built anew when it is asked for next."""
        with self._lock:
            self._pools.pop(key, None)
