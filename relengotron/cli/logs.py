"""How does a log line look on standard error? A constant sentence, and the facts beside it."""

import logging
from typing import Final

_KNOWN: Final = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


class FactsBeside(logging.Formatter):
    """Appends every ``extra`` as ``name=value``."""

    def format(self, record: logging.LogRecord) -> str:
        """The line as it is written."""
        facts = [f"{name}={value}" for name, value in vars(record).items() if name not in _KNOWN]
        line = super().format(record)
        return f"{line} {' '.join(facts)}" if facts else line


def set_up(verbose: int) -> None:
    """Log to standard error: what we do, and with -v also what we look at."""
    handler = logging.StreamHandler()
    handler.setFormatter(FactsBeside("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    level = logging.DEBUG if verbose else logging.INFO
    logging.basicConfig(level=logging.DEBUG if verbose > 1 else logging.INFO, handlers=[handler], force=True)
    logging.getLogger("relengotron").setLevel(level)
