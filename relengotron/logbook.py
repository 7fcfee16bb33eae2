"""How does a log line look? A constant sentence, and the facts beside it.

Logging of the hub is configured before anything of ours is imported, so this module needs nothing but Python.
"""

import logging
from typing import Final

_KNOWN: Final = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


class FactsBeside(logging.Formatter):
    """Appends every ``extra`` as ``name=value``, before a traceback; a value never breaks the line."""

    def formatMessage(self, record: logging.LogRecord) -> str:
        """The line as it is written."""
        facts = [f"{name}={_in_one_line(value)}" for name, value in vars(record).items() if name not in _KNOWN]
        return " ".join([super().formatMessage(record), *facts])


def _in_one_line(value: object) -> str:
    """What strangers wrote must not look like lines of ours, nor move the cursor of who reads it."""
    text = str(value)
    if text.isprintable():
        return text
    return "".join(each if each.isprintable() else repr(each)[1:-1] for each in text)
