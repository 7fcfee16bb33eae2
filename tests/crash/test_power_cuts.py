"""A machine that dies at any moment of any workflow ends in the same world: nothing lost, nothing twice."""

import os
import random
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

import relengotron.engine
from relengotron.workflows.bench import Bench
from tests.conftest import Tell
from tests.crash import tally
from tests.crash.moments import (
    Lived,
    a_place,
    differences,
    doubled,
    in_calm,
    live_through,
    lives_cut_at,
    lost,
    moments_of,
    stories_of,
    workflows,
)
from tests.crash.stories import STORIES
from tests.crash.story import Story
from tests.crash.tally import Tally
from tests.stage.ending import Ending

SEED = int(os.environ.get("RELENGOTRON_CRASH_SEED", "0"))
"""Another seed lets the default suite cut the power at other moments."""
FEW = 2
PIECES = 4
CHOSEN = os.environ.get("RELENGOTRON_CRASH_AT")
"""One moment, or several after one another, as a failure names them."""
PAIRS = 12
ENGINE = Path(relengotron.engine.__file__).parent
WRITES_FOR_PEOPLE = {"second_chance", "recovery_wish"}
"""One commit for one order of a person at the command line, who sees whether it was carried out."""

SHORT = [pytest.param(each, marks=pytest.mark.crash) if each.is_for_the_long_run else each for each in STORIES]


@pytest.fixture
def root() -> Iterator[Path]:
    with a_place() as place:
        yield place


@dataclass(frozen=True)
class Trial:
    """Some power cuts in one story; what was found is told and, where all are tried, kept also when it is bad."""

    tell: Tell
    story: Story
    name: str
    expected: Ending
    is_kept: bool = True

    def check(self, lives: Iterable[tuple[str, Lived | str]]) -> None:
        """Every life after a power cut ended as a calm one; each comes with how to live it again."""
        began, found, wrong = time.monotonic(), Tally(), []
        for again, lived in lives:
            if isinstance(lived, str):
                found += Tally(1, lost=1)
                wrong.append(f"RELENGOTRON_CRASH_AT={again}: {lived}")
                continue
            found += Tally(1, doubled(self.expected, lived.ending), lost(self.expected, lived.ending))
            if (told := differences(self.expected, lived.ending)) or not lived.cuts:
                where = " and ".join(lived.cuts) or "nowhere"
                wrong.append(f"RELENGOTRON_CRASH_AT={again}: the power went {where}:\n{told}")
        if self.is_kept:
            tally.write(f"{self.story}-{self.name}", found)
        self.tell(
            f"{self.story.workflow}: {self.story.name}: the power was cut {found.tried} times ({self.name}) in "
            f"{time.monotonic() - began:.0f} s, effects doubled: {found.doubled}, lost: {found.lost}"
        )
        assert not wrong, "\n".join(wrong)


def at_each(root: Path, story: Story, moments: Iterable[int]) -> Iterator[tuple[str, Lived | str]]:
    """One life for a power cut at each of these moments."""
    for moment, lived in lives_cut_at(root, story, frozenset(moments)).items():
        yield str(moment), lived


def at_all(root: Path, story: Story, *several: tuple[int, ...]) -> Iterator[tuple[str, Lived | str]]:
    """One life for each of these series of power cuts."""
    for cuts in several:
        yield ",".join(map(str, cuts)), live_through(root, story, *cuts)


def a_few(count: int) -> range:
    """Moments spread over the story; the seed says with which of them it begins."""
    step = max(1, count // FEW)
    return range(1 + SEED % step, count + 1, step)


def test_every_workflow_of_the_catalogue_has_a_story() -> None:
    without = [workflow for workflow in workflows() if not stories_of(workflow)]
    assert not without, f"no story in tests/crash/stories.py, so no power cut was tried: {', '.join(without)}"


def test_every_story_is_of_a_workflow_of_the_catalogue() -> None:
    assert {story.workflow for story in STORIES} <= set(workflows())


@pytest.mark.crash
@pytest.mark.timeout(600)
def test_every_part_of_the_engine_that_writes_the_journal_is_cut_in_a_story() -> None:
    writing = {file.stem for file in ENGINE.glob("*.py") if ".write() as " in file.read_text()}
    cut = {moment.partition("commit of ")[2] for story in STORIES for moment in in_calm(story).moments}
    forgotten = writing - cut - WRITES_FOR_PEOPLE
    assert not forgotten, f"no power cut is tried while these write the journal: {', '.join(sorted(forgotten))}"


@pytest.mark.parametrize("story", SHORT, ids=str)
def test_a_workflow_survives_a_power_cut_at_some_of_its_moments(tell: Tell, root: Path, story: Story) -> None:
    expected = in_calm(story)
    lives = (
        at_all(root, story, tuple(map(int, CHOSEN.split(","))))
        if CHOSEN
        else at_each(root, story, a_few(len(expected.moments)))
    )
    Trial(tell, story, f"of {len(expected.moments)} moments", expected.ending, is_kept=False).check(lives)


def test_a_task_that_was_made_twice_would_be_noticed(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    story = next(each for each in STORIES if each.name == "a push")
    expected = in_calm(story)
    moment = expected.moments.index("after koji: runroot") + 1
    monkeypatch.setattr(Bench, "_find_task", lambda _bench, _wanted, _intent: None)

    lived = live_through(root, story, moment)

    assert doubled(expected.ending, lived.ending) == 1
    assert "runroot" in differences(expected.ending, lived.ending)


@pytest.mark.crash
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("piece", range(PIECES))
@pytest.mark.parametrize("story", STORIES, ids=str)
def test_a_workflow_survives_a_power_cut_at_every_moment(tell: Tell, root: Path, story: Story, piece: int) -> None:
    expected = in_calm(story)
    moments = range(1 + piece, len(expected.moments) + 1, PIECES)
    Trial(tell, story, f"piece-{piece + 1}-of-{PIECES}", expected.ending).check(at_each(root, story, moments))


@pytest.mark.crash
@pytest.mark.timeout(600)
@pytest.mark.parametrize("story", STORIES, ids=str)
def test_a_workflow_survives_a_second_power_cut_while_it_recovers_from_the_first(
    tell: Tell, root: Path, story: Story
) -> None:
    expected, chance = in_calm(story), random.Random(SEED)
    first = [chance.randint(1, len(expected.moments)) for _ in range(PAIRS)]
    cuts = [(one, chance.randint(1, 12)) for one in first]
    Trial(tell, story, "twice", expected.ending).check(at_all(root, story, *cuts))


@pytest.mark.crash
def test_the_moments_of_every_workflow_are_counted(tell: Tell) -> None:
    for workflow in workflows():
        tell(f"{workflow}: {moments_of(workflow)} moments at which the power is cut")
