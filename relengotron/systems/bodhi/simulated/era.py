"""How did Bodhi speak in which years?"""

from enum import Enum


class Era(Enum):
    """The generations of a push; only the last two show their composes over HTTP."""

    MASHER_TITLES = "2015-08 to 2018: masher.start lists titles"
    MASHER_COMPOSES = "Bodhi 3.2 to 3.14: masher.start lists composes"
    COMPOSER = "Bodhi 4 on: composer.start lists composes"

    @property
    def start_topic(self) -> str:
        """The order to push."""
        return "bodhi.composer.start" if self is Era.COMPOSER else "bodhi.masher.start"

    @property
    def task_prefix(self) -> str:
        """What the topics of the push itself begin with."""
        return "bodhi.compose" if self is Era.COMPOSER else "bodhi.mashtask"

    @property
    def shows_composes(self) -> bool:
        """Whether ``/composes/`` exists."""
        return self is not Era.MASHER_TITLES

    @property
    def title_separator(self) -> str:
        """What joins the NVRs of a title."""
        return " " if self is Era.COMPOSER else ","
