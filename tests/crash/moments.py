"""How is a story lived through with the power cut at one of its moments, and was the world the same in the end?"""

import inspect
import os
import shutil
import tempfile
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, cast
from unittest import mock

import koji

from relengotron.errors import PowerCut
from relengotron.workflows.catalogue import catalogue
from tests.crash.lives import another_life
from tests.crash.stories import STORIES
from tests.crash.story import Part, Story
from tests.stage.ending import Ending, ending_of
from tests.stage.gate_stage import GateStage
from tests.stage.stage import Stage

MEMORY = Path("/dev/shm")
COUNTED = ("runs", "tasks", "results", "said", "comments")
"""What an ending counts, so that one too many shows."""


@dataclass(frozen=True)
class Lived:
    """How a story went: its moments, where the power went, how often what was changed, and the world in the end."""

    moments: tuple[str, ...]
    cuts: tuple[str, ...]
    made: Mapping[tuple[str, str], int]
    ending: Ending


def workflows() -> tuple[str, ...]:
    """The name of every workflow in the catalogue."""
    openers = cast(dict[str, Any], dict.fromkeys(inspect.signature(catalogue).parameters))
    return tuple(catalogue(**openers))


def stories_of(workflow: str) -> tuple[Story, ...]:
    """What is lived through for one workflow."""
    return tuple(story for story in STORIES if story.workflow == workflow)


def moments_of(workflow: str) -> int:
    """At how many moments the power is cut for one workflow by ``make crash``."""
    return sum(len(in_calm(story).moments) for story in stories_of(workflow))


def calm(root: Path, story: Story) -> Lived:
    """The story without a power cut; it must be a story of its workflow, and end well."""
    lived = live_through(root, story)
    assert story.end in lived.ending.ends_of(story.workflow), f"{story.name}: {lived.ending.runs}"
    assert not lived.ending.leftovers
    return lived


@cache
def in_calm(story: Story) -> Lived:
    """The same, once for everybody who asks in this process, in a place of its own."""
    with a_place() as root:
        return calm(root, story)


def live_through(root: Path, story: Story, *cuts: int, prepare: Part = lambda stage: None) -> Lived:
    """The story with the power cut at the first of these moments, at the second after the restart, and so on."""
    shutil.rmtree(root, ignore_errors=True)
    with closing(_a_stage(root, story)) as stage:
        prepare(stage)
        story.before(stage)
        went = _until_it_ends(stage, story, cuts)
        return Lived(tuple(stage.power.moments), went, stage.outside.leaks.made, ending_of(stage))


def _until_it_ends(stage: Stage, story: Story, cuts: tuple[int, ...]) -> tuple[str, ...]:
    went: list[str] = []
    for cut_at in (*cuts, None):
        stage.power.arm(cut_at)
        try:
            story.happens(stage)
            break
        except PowerCut as cut:
            went.append(str(cut))
            stage.restart()
    return tuple(went)


def lives_cut_at(root: Path, story: Story, chosen: Collection[int]) -> dict[int, Lived | str]:
    """For each of these moments the life in which the power was cut there, or how it failed; the story is told once."""
    shutil.rmtree(root, ignore_errors=True)
    lives: dict[int, Lived | str] = {}
    with closing(_a_stage(root, story)) as stage:

        def watch(moment: int) -> None:
            if moment in chosen:
                lives[moment] = another_life(root, lambda: _life_after_a_cut(stage, story))

        story.before(stage)
        stage.power.arm(watch=watch)
        story.happens(stage)
    return lives


def _life_after_a_cut(stage: Stage, story: Story) -> Lived:
    cut = stage.power.moments[-1]
    stage.come_back()
    story.happens(stage)
    return Lived((), (cut,), stage.outside.leaks.made, ending_of(stage))


def _a_stage(root: Path, story: Story) -> Stage:
    if story.at_a_gate:
        return GateStage(root)
    stage = Stage(
        root,
        story.updates,
        is_remembered=story.is_remembered,
        is_looked_after=story.is_looked_after,
        tells_mirrors=story.tells_mirrors,
        is_signed=story.is_signed,
    )
    stage.bus_waits_for_us = story.bus_waits_for_us
    return stage


@contextmanager
def a_place() -> Iterator[Path]:
    """A folder in memory where there is such a thing, and nobody who really sleeps or waits for a disk."""
    place = Path(tempfile.mkdtemp(prefix="relengotron-crash-", dir=MEMORY if MEMORY.is_dir() else None))
    try:
        with mock.patch.object(koji.time, "sleep"), mock.patch.object(os, "fsync"):
            yield place / "world"
    finally:
        shutil.rmtree(place, ignore_errors=True)


def differences(expected: Ending, found: Ending) -> str:
    """What is not as in the calm world, a line for each kind of thing; empty when the worlds are the same."""
    return "\n".join(
        f"{name}: missing {_less(expected, found, name)}, too much {_less(found, expected, name)}"
        for name in Ending.__dataclass_fields__
        if getattr(expected, name) != getattr(found, name)
    )


def doubled(expected: Ending, found: Ending) -> int:
    """How many effects there are that the calm world has not, or has not so often."""
    return sum(sum((getattr(found, name) - getattr(expected, name)).values()) for name in COUNTED)


def lost(expected: Ending, found: Ending) -> int:
    """How many effects of the calm world there are not, or not so often."""
    return doubled(found, expected)


def _less(one: Ending, other: Ending, name: str) -> object:
    ours, theirs = getattr(one, name), getattr(other, name)
    if isinstance(ours, Counter):
        return ours - theirs
    if isinstance(ours, dict):
        return {key: value for key, value in ours.items() if theirs.get(key) != value}
    return ours
