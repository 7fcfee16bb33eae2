"""What a gate asks for: policies and their rules, in the words of Greenwave and some more."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from fnmatch import fnmatchcase


@dataclass(frozen=True, slots=True)
class PassingTestCase:
    """A test case must have passed; ``valid_since`` and ``valid_until`` bound the time the subject was built."""

    test_case_name: str
    scenario: str | None = None
    valid_since: datetime | None = None
    valid_until: datetime | None = None

    def is_valid(self, moment: datetime) -> bool:
        """Whether the rule stands for what was built at this moment."""
        after = self.valid_since is None or moment >= self.valid_since
        return after and (self.valid_until is None or moment < self.valid_until)


@dataclass(frozen=True, slots=True)
class MinimumKarma:
    """An update must have so much karma in Bodhi."""

    karma: int


@dataclass(frozen=True, slots=True)
class CriticalPathKarma:
    """An update of the critical path must have so much karma in Bodhi; others need none."""

    karma: int


@dataclass(frozen=True, slots=True)
class ManualTestCases:
    """Each manual test case of an update was found good by so many people, and bad by nobody.

    ``test_cases`` narrows it to those of these names (shell wildcards).
    """

    positive: int = 1
    test_cases: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class BugsAreFixed:
    """Each bug that an update names was found fixed by so many people, and not fixed by nobody."""

    positive: int = 1
    only_security: bool = False


@dataclass(frozen=True, slots=True)
class SameBitsWereTested:
    """The same bits were live in testing, or ``test_case_name`` has passed with them."""

    test_case_name: str | None = None


@dataclass(frozen=True, slots=True)
class Blocker:
    """While these bugs are open, what ``blocks`` names passes only if it fixes one of them, as people have seen."""

    reason: str
    bugs: tuple[int, ...]
    blocks: tuple[str, ...] = ("*",)
    positive: int = 1


@dataclass(frozen=True, slots=True)
class Freeze:
    """Nothing passes from ``begins`` until ``ends`` but what ``unless`` names (shell wildcards).

    ``unless_fixes`` are the accepted blockers and exceptions: an update that names one of these bugs passes too.
    """

    reason: str
    begins: datetime
    ends: datetime | None = None
    unless: tuple[str, ...] = ()
    unless_fixes: tuple[int, ...] = ()

    def is_on(self, moment: datetime) -> bool:
        """Whether it is frozen at this moment."""
        return self.begins <= moment and (self.ends is None or moment < self.ends)


Rule = (
    PassingTestCase
    | MinimumKarma
    | CriticalPathKarma
    | ManualTestCases
    | BugsAreFixed
    | SameBitsWereTested
    | Blocker
    | Freeze
)
ABOUT_UPDATES = (MinimumKarma, CriticalPathKarma, ManualTestCases, BugsAreFixed)
"""Kinds of rules that ask nothing of anything but an update."""


class WhenClosed(StrEnum):
    """What happens where the gate is closed on an update or a build: people decide, or it goes and the rest goes on."""

    HOLD = "hold"
    EJECT = "eject"


@dataclass(frozen=True, slots=True)
class Policy:
    """Which rules hold for which subjects, at which decision, of which product.

    ``names`` narrows it to artifacts of these names: what an artifact's own ``required_tests`` say is such a policy.
    ``waivers_by`` are the people whose waivers count (shell wildcards), everybody's where it is empty. ``when_closed``
    says what becomes of a push one of whose updates or builds does not meet it.
    """

    id: str
    product_versions: tuple[str, ...]
    decision_contexts: tuple[str, ...]
    subject_types: tuple[str, ...]
    rules: tuple[Rule, ...]
    packages: tuple[str, ...] = ()
    excluded_packages: tuple[str, ...] = ()
    waivers_need: int = 1
    names: tuple[str, ...] | None = None
    waivers_by: tuple[str, ...] = ()
    when_closed: WhenClosed = WhenClosed.HOLD

    def is_for(self, context: str, subject_type: str) -> bool:
        """Whether it speaks about such subjects at this decision, of whatever product."""
        return context in self.decision_contexts and subject_type in self.subject_types

    def applies(self, context: str, product_version: str, subject_type: str) -> bool:
        """Whether it speaks about such subjects of this product at this decision."""
        return self.is_for(context, subject_type) and is_named(product_version, self.product_versions)


def is_named(text: str, patterns: tuple[str, ...]) -> bool:
    """Whether one of the patterns (shell wildcards) stands for the text."""
    return any(fnmatchcase(text, pattern) for pattern in patterns)
