"""Which Koji tags stand before which others, and what lets a build pass? ``config/gates.yaml``."""

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Annotated, Self

from pydantic import Field, StrictBool, StrictInt, model_validator

from relengotron.settings.kinds import AtLeastOne, Duration, Frozen, Name, Pattern, ReleaseName, Url
from relengotron.settings.mistakes import Mistake
from relengotron.settings.releases import Release
from relengotron.settings.section import Section
from relengotron.settings.yaml_file import YamlFile


class Batching(Section):
    """Which builds go through a gate together; what none of these joins goes alone."""

    side_tags: tuple[Pattern, ...] = Field(
        (), description="Builds of one Koji tag whose name fits one of these go together, such as `*-build-side-*`."
    )
    same_submitter: Duration | None = Field(
        None, description="Builds that one person brings within this time of one another go together."
    )
    dependencies: StrictBool = Field(
        True,
        description="A build that breaks others goes together with what mends them, such as a new soname with the "
        "rebuilt dependants. Needs `repos`.",
    )
    most: StrictInt = Field(128, ge=1, le=1000, description="So many builds go together at most.")


class Gate(Section):
    """One gate: builds land in `pending`, good ones move to `target`, suspects to `quarantine`."""

    pending: Name = Field(description="The Koji tag that builds land in.")
    target: Name = Field(description="The Koji tag that good builds move to.")
    quarantine: Name = Field(description="The Koji tag that suspects move to.")
    product_version: Name = Field(
        description="What policies, Greenwave and WaiverDB call it, such as `fedora-rawhide`; its policies have the "
        "decision context `koji_gate`."
    )
    batching: Batching = Field(default_factory=Batching, description="Which builds go through together.")
    repos: Annotated[Mapping[Name, tuple[Url, ...]], Frozen] = Field(
        {},
        description="Per architecture the repos that show `target`: with them it is checked that nothing loses what it "
        "requires. Without this key it is not.",
    )
    wait_for_dependants: Duration = Field(
        timedelta(hours=6),
        description="How long builds that would break others wait for what mends them; then they go into quarantine.",
    )
    tests: Duration | None = Field(
        None, description="How long a test result may be missing; without this key, `patience.tests`."
    )
    regenerate: tuple[Name, ...] = Field(
        (), description="Koji tags whose build root repo is asked to be made anew once builds have moved."
    )
    reminders: Annotated[tuple[Duration, ...], AtLeastOne] = Field(
        (timedelta(days=1), timedelta(days=3), timedelta(days=7)),
        description="At which ages a build in quarantine is called to mind; at last again and again by the last one.",
    )
    owner: Name | None = Field(
        None, description="Who can act at this gate; without this key, `owner` of `relengotron.yaml`."
    )

    @model_validator(mode="after")
    def _leads_somewhere(self) -> Self:
        if len({self.pending, self.target, self.quarantine}) < len(("pending", "target", "quarantine")):
            raise ValueError("allowed: three different tags as pending, target and quarantine")
        return self

    @property
    def tags(self) -> tuple[str, str, str]:
        """Pending, target and quarantine."""
        return self.pending, self.target, self.quarantine


class Gates(Section):
    """Everything in ``gates.yaml``."""

    gates: Annotated[Mapping[ReleaseName, Gate], Frozen] = Field(description="Every gate by its name.")


def tags_of_two_gates(file: YamlFile, gates: Mapping[str, Gate]) -> Iterator[Mistake]:
    """A build that landed in one gate would be moved by another: no tag may be pending or in quarantine twice."""
    seen: dict[str, str] = {}
    for name, gate in gates.items():
        for key in ("pending", "quarantine"):
            tag, place = getattr(gate, key), ("gates", name, key)
            if tag in seen:
                text = f"found {tag!r}; allowed: a tag of its own; {seen[tag]} has this one too"
                yield Mistake(file.path, file.line_of(place), place, text)
            seen.setdefault(tag, f"gates.{name}.{key}")


def tags_of_lanes(file: YamlFile, gates: Mapping[str, Gate], releases: Mapping[str, Release]) -> Iterator[Mistake]:
    """What pushes move their builds to is no place for a gate: nothing would be pushed that it lets through."""
    lanes = {
        target.tag: f"{name}/{request}"
        for name, release in releases.items()
        for request, target in release.requests.items()
    }
    for name, gate in gates.items():
        for key, tag in zip(("pending", "target", "quarantine"), gate.tags, strict=True):
            if tag in lanes:
                place = ("gates", name, key)
                text = f"found {tag!r}, which {lanes[tag]} moves its builds to; allowed: a tag that no push moves to"
                yield Mistake(file.path, file.line_of(place), place, text)


def gates_in_a_circle(file: YamlFile, gates: Mapping[str, Gate]) -> Iterator[Mistake]:
    """What one gate lets through may stand before the next, but must come to an end somewhere."""
    behind = {gate.pending: gate.target for gate in gates.values()}
    for name, gate in gates.items():
        tag, passed = gate.target, {gate.pending}
        while tag in behind and tag not in passed:
            passed.add(tag)
            tag = behind[tag]
        if tag == gate.pending:
            place = ("gates", name, "target")
            text = f"found {gate.target!r}, from which builds come to {gate.pending!r} again; allowed: a way that ends"
            yield Mistake(file.path, file.line_of(place), place, text)
