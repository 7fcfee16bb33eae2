"""What can a policy ask for? One rule each, in the words of Greenwave and, where it has none, in ours."""

from datetime import UTC, datetime
from typing import Annotated, Self

from pydantic import BeforeValidator, Field, model_validator

from relengotron.model.policy import (
    Blocker,
    BugsAreFixed,
    CriticalPathKarma,
    Freeze,
    ManualTestCases,
    MinimumKarma,
    PassingTestCase,
    Rule,
    SameBitsWereTested,
)
from relengotron.settings.kinds import AtLeastOne, Name, Pattern, Sentence
from relengotron.settings.kinds import TestName as _TestName
from relengotron.settings.section import Section


def moment(found: object) -> datetime:
    """A time with its zone, as YAML reads it or as text; kept in UTC."""
    try:
        read = datetime.fromisoformat(found) if isinstance(found, str) else found
    except ValueError:
        read = None
    if not isinstance(read, datetime) or read.tzinfo is None:
        raise ValueError("allowed: a time with its zone, such as 2016-11-01T00:00:00Z")
    return read.astimezone(UTC)


Moment = Annotated[datetime, BeforeValidator(moment)]
Karma = Annotated[int, Field(ge=-100, le=1000)]
Voices = Annotated[int, Field(ge=0, le=1000)]
BugNumber = Annotated[int, Field(ge=1, le=10**9)]
Described = Annotated[str, Field(min_length=1, max_length=255, pattern=r"^[^\x00-\x1f\x7f]+$")]


class TestCaseRule(Section):
    """A test case must have passed."""

    test_case_name: _TestName = Field(description="The test case, as ResultsDB calls it.")
    scenario: Name | None = Field(None, description="Only results of this scenario count; without this key, every one.")
    valid_since: Moment | None = Field(None, description="Builds that were made before need not pass it.")
    valid_until: Moment | None = Field(None, description="Builds that were made at or after this need not pass it.")


class KarmaRule(Section):
    """An update must be liked."""

    karma: Karma = Field(description="The karma in Bodhi that it must have at least.")


class CriticalKarmaRule(Section):
    """An update of the critical path must be liked."""

    karma: Karma = Field(description="The karma in Bodhi that it must have at least; other updates need none.")


class ManualRule(Section):
    """People must have tried an update by its manual test cases."""

    positive: Voices = Field(
        1, description="How many people must have found each test case good; nobody may have found it bad."
    )
    test_cases: tuple[Described, ...] = Field(
        (),
        description="Which of the update's test cases in Bodhi, shell wildcards allowed; without this key, all.",
    )


class BugsRule(Section):
    """People must have seen that the bugs of an update are fixed."""

    positive: Voices = Field(
        1, description="How many people must have found each bug fixed; nobody may have found it not fixed."
    )
    only_security: bool = Field(False, description="Only the bugs that Bodhi calls a security matter.")


class SameBitsRule(Section):
    """What goes stable is what was tested."""

    test_case_name: _TestName | None = Field(
        None,
        description="A test case that, passed with the very same item, stands for having been live in testing.",
    )


class BlockingRule(Section):
    """Open blocker bugs."""

    reason: Sentence = Field(description="Why, for everybody who is held by it.")
    bugs: Annotated[tuple[BugNumber, ...], AtLeastOne] = Field(
        description="The numbers of the open blockers; take a number out when its bug is closed."
    )
    blocks: Annotated[tuple[Pattern, ...], AtLeastOne] = Field(
        ("*",), description="What they hold: aliases, builds or artifacts, shell wildcards allowed."
    )
    positive: Voices = Field(
        1,
        description="How many people must have found a blocker fixed by an update that names it, and nobody not fixed.",
    )


class FreezingRule(Section):
    """The gate is shut for a time."""

    reason: Sentence = Field(description="Why, for everybody who is held by it.")
    begins: Moment = Field(description="From when on nothing passes.")
    ends: Moment | None = Field(None, description="Until when; null: until the rule is taken out.")
    unless: tuple[Pattern, ...] = Field(
        (), description="What passes all the same: aliases, builds or artifacts, shell wildcards allowed."
    )
    unless_fixes: tuple[BugNumber, ...] = Field(
        (), description="Accepted blockers and freeze exceptions: an update that names one of these bugs passes."
    )

    @model_validator(mode="after")
    def _ends_after_it_begins(self) -> Self:
        if self.ends is not None and self.ends <= self.begins:
            raise ValueError("allowed: ends after begins")
        return self


class RuleEntry(Section):
    """One rule: the name of its kind, and what it says."""

    PassingTestCaseRule: TestCaseRule | None = Field(None, description="A test case must have passed.")
    MinimumKarmaRule: KarmaRule | None = Field(None, description="An update must have so much karma in Bodhi.")
    CriticalPathKarmaRule: CriticalKarmaRule | None = Field(
        None, description="An update of the critical path must have so much karma in Bodhi."
    )
    ManualTestCasesRule: ManualRule | None = Field(
        None, description="Each manual test case of an update must have been found good, and bad by nobody."
    )
    BugsAreFixedRule: BugsRule | None = Field(
        None, description="Each bug of an update must have been found fixed, and not fixed by nobody."
    )
    SameBitsWereTestedRule: SameBitsRule | None = Field(
        None, description="What goes stable must have been live in testing: the same identity, or every build of it."
    )
    BlockerRule: BlockingRule | None = Field(
        None, description="While these bugs are open, only what fixes one of them passes."
    )
    FreezeRule: FreezingRule | None = Field(None, description="Nothing passes for a time but what is named.")

    @model_validator(mode="after")
    def _is_one_rule(self) -> Self:
        if len(self.model_fields_set) != 1 or self.rule is None:
            raise ValueError(f"allowed: exactly one of {', '.join(type(self).model_fields)}")
        return self

    @property
    def name(self) -> str:
        """What kind of rule it is, in the words of the file."""
        return next(iter(self.model_fields_set))

    @property
    def rule(self) -> Rule | None:
        """The rule as the gate weighs it."""
        said = getattr(self, self.name)
        return None if said is None else _RULES[self.name](**dict(said))


_RULES: dict[str, type[Rule]] = {
    "PassingTestCaseRule": PassingTestCase,
    "MinimumKarmaRule": MinimumKarma,
    "CriticalPathKarmaRule": CriticalPathKarma,
    "ManualTestCasesRule": ManualTestCases,
    "BugsAreFixedRule": BugsAreFixed,
    "SameBitsWereTestedRule": SameBitsWereTested,
    "BlockerRule": Blocker,
    "FreezeRule": Freeze,
}
