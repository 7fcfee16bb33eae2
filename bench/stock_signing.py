"""How fast does fedmsg itself sign and validate? Run in .venv-stock, by a Python that knows nothing of us."""

import json
import logging
import sys
import time
import warnings
from collections.abc import Callable
from typing import Any


def rate(work: Callable[[], object], seconds: float) -> float:
    """How often a second."""
    done, began = 0, time.perf_counter()
    while time.perf_counter() - began < seconds:
        work()
        done += 1
    return done / (time.perf_counter() - began)


def main() -> None:
    """Answer each line, ``[what, seconds, message, config]``, with a rate."""
    warnings.simplefilter("ignore")
    logging.disable(logging.CRITICAL)
    import fedmsg.crypto

    for line in sys.stdin:
        what, seconds, message, config = json.loads(line)
        ask: Callable[..., Any] = {"sign": fedmsg.crypto.sign, "validate": fedmsg.crypto.validate}[what]
        if not ask(dict(message), **config):
            raise SystemExit(f"this fedmsg cannot {what}")
        print(rate(lambda ask=ask, message=message, config=config: ask(dict(message), **config), seconds), flush=True)


if __name__ == "__main__":
    main()
