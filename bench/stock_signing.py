"""How fast does fedmsg itself sign and validate? Run in .venv-stock, by a Python that knows nothing of us."""

import json
import logging
import sys
import time
import warnings
from collections.abc import Callable
from functools import partial
from typing import Any


def rate(work: Callable[[], object], seconds: float) -> float:
    """How often a second."""
    done, began = 0, time.perf_counter()
    while time.perf_counter() - began < seconds:
        work()
        done += 1
    return done / (time.perf_counter() - began)


def ask_anew(ask: Callable[..., Any], message: dict[str, Any], config: dict[str, Any]) -> None:
    """Once more, with a copy, because fedmsg's ``sign`` writes into what it signs."""
    ask(dict(message), **config)


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
        print(rate(partial(ask_anew, ask, message, config), seconds), flush=True)


if __name__ == "__main__":
    main()
