"""What does the exit status of a command say?"""

from enum import IntEnum

import click

from relengotron.errors import LaneTaken, RelengError, SettingsError, Transient


class Exit(IntEnum):
    """Every exit status of ``relengotron``."""

    OK = 0
    NO = 1
    USAGE = 2
    NOT_FOUND = 3
    UNREACHABLE = 4


class Refusal(click.ClickException):
    """The command ends here: one sentence on standard error, and what it means for the caller."""

    def __init__(self, text: str, status: Exit) -> None:
        """Take the sentence and the status."""
        super().__init__(text)
        setattr(self, "exit_code", int(status))  # noqa: B010 - click calls it a class variable and reads the instance


def refusal_of(error: RelengError) -> Refusal:
    """The refusal that tells of this failure."""
    if isinstance(error, SettingsError):
        return Refusal(str(error), Exit.USAGE)
    if isinstance(error, Transient) and not isinstance(error, LaneTaken):
        return Refusal(str(error), Exit.UNREACHABLE)
    return Refusal(str(error), Exit.NO)
