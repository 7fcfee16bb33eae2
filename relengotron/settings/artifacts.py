"""What is composed in which lane? ``config/artifacts/*.yaml``, with its placeholders filled in."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import timedelta
from itertools import pairwise
from typing import Annotated, Any, Self

from pydantic import AfterValidator, Field, model_validator

from relengotron.model.artifact import Artifact
from relengotron.model.rollout import Share
from relengotron.settings.kinds import (
    AtLeastOne,
    Duration,
    Frozen,
    Kind,
    Name,
    ReleaseName,
    Template,
    is_name,
    path_below_root,
    placeholders_in,
    template,
    url,
)
from relengotron.settings.kinds import TestName as _TestName
from relengotron.settings.releases import Release, Request
from relengotron.settings.section import Section


def _templates_inside(value: Any) -> Any:
    for text in texts_in(value):
        template(text)
    return value


def texts_in(value: Any) -> Iterator[str]:
    """Every text in a value of settings, however deep."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for each in value.values():
            yield from texts_in(each)
    elif isinstance(value, list | tuple):
        for each in value:
            yield from texts_in(each)


class RolloutStep(Section):
    """One step of a rollout."""

    percent: int = Field(ge=1, le=99, description="The part of all machines that may take the new version.")
    lasts: Duration = Field(description="How long it stays this part.")


class Declaration(Section):
    """One entry of `artifacts`: it stands for one artifact in each of its lanes, or for one per architecture."""

    name: Template = Field(
        description="The artifact's name, one of a kind in its lane. `{arch}` in it makes one for each architecture."
    )
    kind: Kind = Field(description="Which plugin makes it: `mash`, `ostree`, `image` or one that was installed.")
    releases: Annotated[tuple[ReleaseName, ...], AtLeastOne] | None = Field(
        None, description="The releases it is made for; without this key, all."
    )
    requests: Annotated[tuple[Request, ...], AtLeastOne] | None = Field(
        None, description="The requests it is made for; without this key, all that the release has."
    )
    arches: Annotated[tuple[Name, ...], AtLeastOne] | None = Field(
        None, description="Its architectures; without this key, those of the release."
    )
    made_from: tuple[Template, ...] = Field(
        (), description="The artifacts of the same lane that must be complete first: repo, then tree, then image."
    )
    component: Template | None = Field(
        None,
        description="Its name in PDC, which says what affects it. null: every push of the lane changes it (a repo).",
    )
    composed_in: Template | None = Field(
        None,
        description="Where the last compose of it lies, if others compose it: the address of the directory that holds "
        "`compose/metadata/`. Its `rpms.json` says what the artifact contains when its plugin cannot.",
    )
    composed_variant: Template | None = Field(
        None, description="The variant of that compose which the artifact is made from; without this key, all."
    )
    target: Template = Field(description="Where it is published: a path below the mirror's root, its own alone.")
    required_tests: tuple[_TestName, ...] = Field(
        (), description="The test cases that must pass before it is published."
    )
    may_lag: bool = Field(
        False,
        description="Whether a push may go live without it, when its compose failed or its gate is shut: it follows "
        "once it is ready, until the next push. What is made from it must be allowed to lag too; a repo can not.",
    )
    live_after: Duration | None = Field(
        None,
        description="How long after the rest of its push it goes live, if no other push comes before; without this key "
        "together with it. What is made from it waits as long or longer; a repo can not wait.",
    )
    rollout: tuple[RolloutStep, ...] = Field(
        (),
        description="To which part of all machines the page at `systems.mirror.website` offers a new version, step by "
        "step; after the last step to all. Without this key to all at once. What is made from it must not be ahead of "
        "it; a repo can not be rolled out.",
    )
    settings: Annotated[Mapping[str, Any], AfterValidator(_templates_inside), Frozen] = Field(
        {}, description="What the plugin wants to know; its own page says which keys there are."
    )

    @model_validator(mode="after")
    def _only_others_lag(self) -> Self:
        if (self.may_lag or self.live_after) and self.component is None and not self.made_from:
            raise ValueError("allowed: may_lag and live_after for what is made from others; a repo never lags")
        return self

    @model_validator(mode="after")
    def _rolls_out_more_and_more(self) -> Self:
        if self.rollout and self.component is None and not self.made_from:
            raise ValueError("allowed: a rollout of what is made from others; a repo is for everybody at once")
        percents = [each.percent for each in self.rollout]
        if any(later <= earlier for earlier, later in pairwise(percents)):
            raise ValueError(f"rollout: found {', '.join(map(str, percents))} percent; allowed: each more than before")
        return self


class Declarations(Section):
    """Everything in one file of ``artifacts/``."""

    artifacts: tuple[Declaration, ...] = Field(description="What is composed.")


def expand(declared: Declaration, name: str, release: Release, request: Request) -> list[Artifact]:
    """The artifacts that a declaration stands for in one lane.

    Raises:
        ValueError: a filled-in text is not allowed where it stands; the first word of the text is the key.
    """
    arches = declared.arches or release.arches
    strangers = [arch for arch in arches if arch not in release.arches]
    if strangers:
        raise ValueError(f"arches: {name} has no {', '.join(strangers)}; allowed: {', '.join(release.arches)}")
    target = release.requests[request]
    words = {"version": release.version, "release": name, "request": request, "repo": target.repo, "tag": target.tag}
    if "arch" in placeholders_in(declared.name):
        return [_fill_in(declared, name, (arch,), {**words, "arch": arch}) for arch in arches]
    if len(arches) == 1:
        return [_fill_in(declared, name, arches, {**words, "arch": arches[0]})]
    if any("arch" in placeholders_in(text) for text in _own_texts(declared)):
        raise ValueError(
            "name: {arch} is used, but the artifact has several; allowed: {arch} in its name too, or one arch"
        )
    return [_fill_in(declared, name, arches, words)]


def _own_texts(declared: Declaration) -> Iterable[str]:
    yield from texts_in([declared.target, declared.component, declared.composed_in, list(declared.made_from)])
    yield from texts_in(declared.settings)


def _fill_in(declared: Declaration, release: str, arches: tuple[str, ...], words: Mapping[str, str]) -> Artifact:
    return Artifact(
        name=_checked("name", is_name, declared.name.format_map(words)),
        kind=declared.kind,
        release=release,
        arches=arches,
        target=_checked("target", path_below_root, declared.target.format_map(words)),
        made_from=tuple(each.format_map(words) for each in declared.made_from),
        component=_optional("component", is_name, declared.component, words),
        composed_in=_optional("composed_in", url, declared.composed_in, words),
        composed_variant=_optional("composed_variant", is_name, declared.composed_variant, words),
        required_tests=declared.required_tests,
        may_lag=declared.may_lag,
        live_after=declared.live_after or timedelta(),
        rollout=tuple(Share(each.percent, each.lasts) for each in declared.rollout),
        settings=_filled(dict(declared.settings), words),
    )


def _filled(value: Any, words: Mapping[str, str]) -> Any:
    if isinstance(value, str):
        return value.format_map(words)
    if isinstance(value, Mapping):
        return {key: _filled(each, words) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_filled(each, words) for each in value]
    return value


def _optional(key: str, check: Any, text: str | None, words: Mapping[str, str]) -> str | None:
    return None if text is None else _checked(key, check, text.format_map(words))


def _checked(key: str, check: Any, text: str) -> str:
    try:
        checked: str = check(text)
    except ValueError as refused:
        raise ValueError(f"{key}: found {text!r}; {refused}") from None
    return checked
