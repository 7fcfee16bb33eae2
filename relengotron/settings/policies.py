"""What must hold before anything reaches users? ``config/policies/*.yaml``, in the words of Greenwave."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from relengotron.model.gate import BUILD, UPDATE
from relengotron.model.policy import Freeze, MinimumKarma, PassingTestCase, Policy, Rule, is_named
from relengotron.settings.kinds import AtLeastOne, Name, Pattern, Sentence
from relengotron.settings.kinds import TestName as _TestName
from relengotron.settings.mistakes import Mistake, nearest
from relengotron.settings.section import Section
from relengotron.settings.yaml_file import YamlFile

DecisionContext = Literal["bodhi_update_push_testing", "bodhi_update_push_stable"]
SubjectType = Literal["koji_build", "bodhi_update", "compose"]


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


class TestCaseRule(Section):
    """A test case must have passed."""

    test_case_name: _TestName = Field(description="The test case, as ResultsDB calls it.")
    scenario: Name | None = Field(None, description="Only results of this scenario count; without this key, every one.")
    valid_since: Moment | None = Field(None, description="Builds that were made before need not pass it.")
    valid_until: Moment | None = Field(None, description="Builds that were made at or after this need not pass it.")


class KarmaRule(Section):
    """An update must be liked."""

    karma: Annotated[int, Field(ge=-100, le=1000)] = Field(description="The karma in Bodhi that it must have at least.")


class FreezingRule(Section):
    """The gate is shut for a time."""

    reason: Sentence = Field(description="Why, for everybody who is held by it.")
    begins: Moment = Field(description="From when on nothing passes.")
    ends: Moment | None = Field(None, description="Until when; null: until the rule is taken out.")
    unless: tuple[Pattern, ...] = Field(
        (), description="What passes all the same: aliases, builds or artifacts, shell wildcards allowed."
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
    FreezeRule: FreezingRule | None = Field(None, description="Nothing passes for a time but what is named.")

    @model_validator(mode="after")
    def _is_one_rule(self) -> Self:
        if len(self.model_fields_set) != 1 or self.rule is None:
            raise ValueError(f"allowed: exactly one of {', '.join(type(self).model_fields)}")
        return self

    @property
    def rule(self) -> Rule | None:
        """The rule as the gate weighs it."""
        if self.PassingTestCaseRule is not None:
            return PassingTestCase(**dict(self.PassingTestCaseRule))
        if self.MinimumKarmaRule is not None:
            return MinimumKarma(**dict(self.MinimumKarmaRule))
        return Freeze(**dict(self.FreezeRule)) if self.FreezeRule is not None else None


class PolicyEntry(Section):
    """One policy."""

    id: Name = Field(description="Its name, one of a kind.")
    product_versions: Annotated[tuple[Pattern, ...], AtLeastOne] = Field(
        description="Which releases: their `product_version`, shell wildcards allowed, such as `fedora-*`."
    )
    decision_contexts: Annotated[tuple[DecisionContext, ...], AtLeastOne] = Field(
        description="Which pushes: `bodhi_update_push_testing`, `bodhi_update_push_stable` or both."
    )
    subject_types: Annotated[tuple[SubjectType, ...], AtLeastOne] = Field(
        description="What is judged: each `koji_build` and `bodhi_update` of the push, each `compose` that it made."
    )
    packages: tuple[Pattern, ...] = Field(
        (), description="Only builds of these packages, shell wildcards allowed; without this key, all."
    )
    excluded_packages: tuple[Pattern, ...] = Field((), description="Builds of these packages need nothing.")
    rules: tuple[RuleEntry, ...] = Field(description="What must hold; an empty list always holds.")
    waivers_need: Annotated[int, Field(ge=1, le=9)] = Field(
        1, description="How many different people must waive what does not hold; 2 is the two-person rule."
    )

    @model_validator(mode="after")
    def _speaks_about_something(self) -> Self:
        if (self.packages or self.excluded_packages) and BUILD not in self.subject_types:
            raise ValueError(f"allowed: packages and excluded_packages with subject type {BUILD}")
        if any(each.MinimumKarmaRule for each in self.rules) and UPDATE not in self.subject_types:
            raise ValueError(f"allowed: MinimumKarmaRule with subject type {UPDATE}")
        return self


class Policies(Section):
    """Everything in one file of ``policies/``."""

    policies: tuple[PolicyEntry, ...] = Field(description="What must hold before anything reaches users.")


Found = Sequence[tuple[YamlFile, Policies]]


def policies_in(found: Found) -> tuple[Policy, ...]:
    """Every policy of every file, in order."""
    return tuple(_policy(entry) for _, policies in found for entry in policies.policies)


def mistakes_in(found: Found, products: Iterable[str]) -> Iterator[Mistake]:
    """Two policies of one id, and patterns that stand for no release: either would leave a gate open unseen."""
    products, seen = tuple(products), dict[str, str]()
    for file, policies in found:
        for place, entry in enumerate(policies.policies):
            key = ("policies", place)
            if entry.id in seen:
                text = f"found {entry.id!r}; allowed: an id of its own; {seen[entry.id]} has this one too"
                yield Mistake(file.path, file.line_of((*key, "id")), (*key, "id"), text)
            seen.setdefault(entry.id, str(file.path.name))
            for number, pattern in enumerate(entry.product_versions):
                if not any(is_named(product, (pattern,)) for product in products):
                    where = (*key, "product_versions", number)
                    text = f"found {pattern!r}, which stands for no release{nearest(pattern, products)}"
                    yield Mistake(file.path, file.line_of(where), where, f"{text}; allowed: {', '.join(products)}")


def _policy(entry: PolicyEntry) -> Policy:
    return Policy(
        id=entry.id,
        product_versions=entry.product_versions,
        decision_contexts=entry.decision_contexts,
        subject_types=entry.subject_types,
        rules=tuple(each.rule for each in entry.rules if each.rule is not None),
        packages=entry.packages,
        excluded_packages=entry.excluded_packages,
        waivers_need=entry.waivers_need,
    )
