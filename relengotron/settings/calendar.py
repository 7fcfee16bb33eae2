"""What is done again and again, and when? ``calendar`` in ``config/relengotron.yaml``."""

from datetime import timedelta
from typing import Literal, Self

from pydantic import Field, StrictBool, StrictInt, model_validator

from relengotron.model.appointment import Rhythm
from relengotron.settings.kinds import Duration, LocalPath, Name, Ref, RefPattern, TimeOfDay
from relengotron.settings.section import Section

A_DAY = timedelta(days=1)
SHORTEST_ROUND = timedelta(minutes=5)


class FreshBranches(Section):
    """Branches with a new tree each, and the branch that shows the newest of them."""

    refs: RefPattern = Field(description="Which branches: a name in which `*` stands for anything.")
    into: Ref = Field(
        description="The branch that gets their trees, the oldest first; one that changes nothing adds nothing."
    )


class OldBranches(Section):
    """Branches that go into another repo when nothing has come for long, and then away."""

    refs: RefPattern = Field(description="Which branches: a name in which `*` stands for anything.")
    idle: Duration = Field(description="How old the newest commit of a branch must be.")
    into: LocalPath = Field(description="The repo that they are archived in; it is made if it is not there.")


class TreeCare(Section):
    """What is done to one repo of trees."""

    repo: LocalPath = Field(description="The directory of the OSTree archive.")
    check: StrictBool = Field(
        True, description="Whether every object is read first. What is broken holds the run before it changes anything."
    )
    merge: tuple[FreshBranches, ...] = Field((), description="Which branches are merged into which, and deleted then.")
    tag: tuple[RefPattern, ...] = Field(
        (), description="Which heads get a tag: the name of the ref, `/` and the version of its commit."
    )
    archive: tuple[OldBranches, ...] = Field(
        (), description="Which branches are archived and deleted. A branch that an alias stands for stays."
    )
    collect: StrictBool = Field(
        True, description="Whether the garbage is collected that `ostree` in `systems.yaml` does not keep."
    )
    deltas: StrictInt = Field(
        0,
        ge=0,
        le=100,
        description="From how many commits below each head a static delta leads to it. 0: none is made.",
    )
    deltas_for: RefPattern = Field("*", description="Which heads get those deltas.")


class Appointment(Section):
    """One thing that is done again and again."""

    name: Name = Field(description="What people call it; no other has this name.")
    workflow: Literal["look_after_trees"] = Field(
        description="The workflow that is run; `look_after_trees` is the only one that needs no message."
    )
    every: Duration = Field(
        A_DAY, description="How often; at least `5m`. Counted from a Monday, so that `7d` means every Monday."
    )
    at: TimeOfDay | None = Field(
        None, description='The time of day, UTC, in quotes: `"03:30"`. Only where `every` is whole days; else midnight.'
    )
    trees: TreeCare = Field(description="What `look_after_trees` does, to one repo.")

    @property
    def rhythm(self) -> Rhythm:
        """How often, and from when on."""
        return Rhythm(self.every) if self.at is None else Rhythm(self.every, self.at)

    @model_validator(mode="after")
    def _fits_the_clock(self) -> Self:
        if self.every < SHORTEST_ROUND:
            raise ValueError("allowed: every 5m or more seldom")
        if self.at is not None and self.every % A_DAY:
            raise ValueError("allowed: at together with whole days in every, such as 1d or 7d")
        return self
