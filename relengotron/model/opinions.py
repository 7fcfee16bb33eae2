"""What do people say of an update in Bodhi: karma, test cases that they tried, bugs that they looked at?"""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Bug:
    """One bug that an update names as fixed."""

    number: int
    title: str = ""
    is_security: bool = False


@dataclass(frozen=True, slots=True)
class Comment:
    """One comment; ``bugs`` and ``test_cases`` hold what its author says of each: 1, 0 or -1.

    ``is_reset``: Bodhi says here that the builds of the update were changed, and what was said before is about others.
    """

    id: int
    who: str
    karma: int = 0
    bugs: Mapping[int, int] = field(default_factory=dict)
    test_cases: Mapping[str, int] = field(default_factory=dict)
    is_anonymous: bool = False
    is_reset: bool = False


@dataclass(frozen=True, slots=True)
class Opinions:
    """Everything that is said of one update; None is what Bodhi does not say, and that is never good news."""

    alias: str
    submitter: str | None = None
    karma: int | None = None
    is_critical: bool | None = None
    bugs: tuple[Bug, ...] | None = None
    test_cases: tuple[str, ...] | None = None
    comments: tuple[Comment, ...] | None = None
