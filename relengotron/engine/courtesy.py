"""What can wait while many runs want to advance? They compete with it for one interpreter and one disk."""

import time
from collections.abc import Callable
from datetime import timedelta
from typing import Final

from relengotron.engine.wakes import WakeQueue

LONGEST: Final = timedelta(seconds=10)
_LOOKS_EVERY_S: Final = 0.02


def after_the_rush(
    work: Callable[[], int],
    wakes: WakeQueue,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], object] = time.sleep,
) -> Callable[[], int]:
    """The same work, begun when few runs queue up, or when it has waited so long that it must have a turn too."""

    def turn() -> int:
        end = clock() + LONGEST.total_seconds()
        while wakes.is_crowded and clock() < end:
            sleep(_LOOKS_EVERY_S)
        return work()

    return turn
