"""What must hold before anything reaches users? ``config/policies/*.yaml``, in the words of Greenwave."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from relengotron.model.gate import BUILD, UPDATE
from relengotron.model.gated import BATCH, CONTEXT
from relengotron.model.policy import ABOUT_UPDATES, Policy, Rule, SameBitsWereTested, WhenClosed, is_named
from relengotron.settings.kinds import AtLeastOne, Name, Pattern
from relengotron.settings.mistakes import Mistake, nearest
from relengotron.settings.rules import RuleEntry
from relengotron.settings.section import Section
from relengotron.settings.yaml_file import YamlFile

DecisionContext = Literal["bodhi_update_push_testing", "bodhi_update_push_stable", "koji_gate"]
STABLE = "bodhi_update_push_stable"
SubjectType = Literal["koji_build", "bodhi_update", "compose", "koji_batch"]


class PolicyEntry(Section):
    """One policy."""

    id: Name = Field(description="Its name, one of a kind.")
    product_versions: Annotated[tuple[Pattern, ...], AtLeastOne] = Field(
        description="Which releases: their `product_version`, shell wildcards allowed, such as `fedora-*`."
    )
    decision_contexts: Annotated[tuple[DecisionContext, ...], AtLeastOne] = Field(
        description="Which decisions: `bodhi_update_push_testing`, `bodhi_update_push_stable`, or `koji_gate` for the "
        "gates of `gates.yaml`."
    )
    subject_types: Annotated[tuple[SubjectType, ...], AtLeastOne] = Field(
        description="What is judged: each `koji_build` and `bodhi_update` of the push, each `compose` that it made; at "
        "a gate each `koji_build`, and each `koji_batch` of builds that go through together."
    )
    packages: tuple[Pattern, ...] = Field(
        (), description="Only builds of these packages, shell wildcards allowed; without this key, all."
    )
    excluded_packages: tuple[Pattern, ...] = Field((), description="Builds of these packages need nothing.")
    rules: tuple[RuleEntry, ...] = Field(description="What must hold; an empty list always holds.")
    waivers_need: Annotated[int, Field(ge=1, le=9)] = Field(
        1, description="How many different people must waive what does not hold; 2 is the two-person rule."
    )
    waivers_by: tuple[Pattern, ...] = Field(
        (),
        description="Whose waivers count, shell wildcards allowed: the name of the login or of WaiverDB; without this "
        "key, everybody's.",
    )
    when_closed: Literal["hold", "eject"] = Field(
        "hold",
        description="Where the gate is closed on an update or a build: `hold` the push until people decide, or `eject` "
        "the update, so that the rest goes on. What is only waited for is never ejected.",
    )

    @model_validator(mode="after")
    def _speaks_about_something(self) -> Self:
        if (self.packages or self.excluded_packages) and BUILD not in self.subject_types:
            raise ValueError(f"allowed: packages and excluded_packages with subject type {BUILD}")
        for each in self.rules:
            self._suits(each.name, each.rule)
        if self.when_closed == "eject" and not set(self.subject_types) <= {BUILD, UPDATE}:
            raise ValueError(f"allowed: when_closed: eject with subject types {BUILD} and {UPDATE} alone")
        self._suits_its_decisions()
        return self

    def _suits_its_decisions(self) -> None:
        """What is never asked looks as if it held: a mistake that would leave a gate open unseen."""
        types, is_of_gates = set(self.subject_types), CONTEXT in self.decision_contexts
        if BATCH in types and not is_of_gates:
            raise ValueError(f"allowed: subject type {BATCH} with decision context {CONTEXT}")
        if self.decision_contexts == (CONTEXT,) and not types <= {BUILD, BATCH}:
            raise ValueError(f"allowed: decision context {CONTEXT} with subject types {BUILD} and {BATCH}")
        if is_of_gates and not types & {BUILD, BATCH}:
            raise ValueError(f"allowed: decision context {CONTEXT} with subject type {BUILD} or {BATCH}")
        if is_of_gates and self.when_closed == "eject":
            raise ValueError(f"allowed: when_closed: eject without {CONTEXT}; suspects go into quarantine anyway")

    def _suits(self, name: str, rule: Rule | None) -> None:
        if isinstance(rule, ABOUT_UPDATES) and UPDATE not in self.subject_types:
            raise ValueError(f"allowed: {name} with subject type {UPDATE}")
        if getattr(rule, "unless_fixes", ()) and self.subject_types != (UPDATE,):
            raise ValueError(f"allowed: unless_fixes with subject type {UPDATE} alone; only updates name bugs")
        if isinstance(rule, SameBitsWereTested) and self.decision_contexts != (STABLE,):
            raise ValueError(f"allowed: {name} with decision context {STABLE} alone; nothing is live before testing")


class Policies(Section):
    """Everything in one file of ``policies/``."""

    policies: tuple[PolicyEntry, ...] = Field(description="What must hold before anything reaches users.")


Found = Sequence[tuple[YamlFile, Policies]]


def policies_in(found: Found) -> tuple[Policy, ...]:
    """Every policy of every file, in order."""
    return tuple(_policy(entry) for _, policies in found for entry in policies.policies)


def mistakes_in(found: Found, products: Iterable[str], *, has_gates: bool = True) -> Iterator[Mistake]:
    """Two policies of one id, and patterns that stand for no release: either would leave a gate open unseen.

    What speaks of the gates of ``gates.yaml`` alone is of no use and does no harm where there are none.
    """
    products, seen = tuple(products), dict[str, str]()
    for file, policies in found:
        for place, entry in enumerate(policies.policies):
            key = ("policies", place)
            if entry.id in seen:
                text = f"found {entry.id!r}; allowed: an id of its own; {seen[entry.id]} has this one too"
                yield Mistake(file.path, file.line_of((*key, "id")), (*key, "id"), text)
            seen.setdefault(entry.id, str(file.path.name))
            if not has_gates and entry.decision_contexts == (CONTEXT,):
                continue
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
        waivers_by=entry.waivers_by,
        when_closed=WhenClosed(entry.when_closed),
    )
