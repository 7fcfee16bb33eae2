"""What a gate asks for: policies and their rules, in the words of Greenwave and some more."""

from dataclasses import dataclass
from datetime import datetime
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
class Freeze:
    """Nothing passes from ``begins`` until ``ends`` but what ``unless`` names (shell wildcards)."""

    reason: str
    begins: datetime
    ends: datetime | None = None
    unless: tuple[str, ...] = ()

    def is_on(self, moment: datetime) -> bool:
        """Whether it is frozen at this moment."""
        return self.begins <= moment and (self.ends is None or moment < self.ends)


Rule = PassingTestCase | MinimumKarma | Freeze


@dataclass(frozen=True, slots=True)
class Policy:
    """Which rules hold for which subjects, at which decision, of which product.

    ``names`` narrows it to artifacts of these names: what an artifact's own ``required_tests`` say is such a policy.
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

    def is_for(self, context: str, subject_type: str) -> bool:
        """Whether it speaks about such subjects at this decision, of whatever product."""
        return context in self.decision_contexts and subject_type in self.subject_types

    def applies(self, context: str, product_version: str, subject_type: str) -> bool:
        """Whether it speaks about such subjects of this product at this decision."""
        return self.is_for(context, subject_type) and is_named(product_version, self.product_versions)


def is_named(text: str, patterns: tuple[str, ...]) -> bool:
    """Whether one of the patterns (shell wildcards) stands for the text."""
    return any(fnmatchcase(text, pattern) for pattern in patterns)
