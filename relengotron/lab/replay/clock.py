"""Which time is it in a sandbox?"""

from datetime import UTC, datetime, timedelta


class Clock:
    """The time of this machine, and what was skipped."""

    def __init__(self) -> None:
        """Skip nothing yet."""
        self._skipped = timedelta()

    def __call__(self) -> datetime:
        """The time in the sandbox."""
        return datetime.now(UTC) + self._skipped

    def seconds(self) -> float:
        """The same as the stand-ins count it."""
        return self().timestamp()

    def skip(self, span: timedelta) -> None:
        """Let this time pass."""
        self._skipped += span
