"""The change was made and its answer is lost: it is looked for and adopted, never made again."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from relengotron.systems.mischief import Kind, Rule
from tests.conftest import Tell
from tests.crash.moments import a_place, differences, in_calm, live_through
from tests.crash.stories import STORIES
from tests.crash.story import Story
from tests.stage.leaks import EFFECTS
from tests.stage.outside import EFFECTS_OF_KOJI, methods_in
from tests.stage.stage import Stage

SEED = int(os.environ.get("RELENGOTRON_CRASH_SEED", "0"))
KINDS = tuple((system, verb) for system, verbs in sorted(EFFECTS.items()) for verb in sorted(verbs))
NOT_MADE_YET = {
    ("waiverdb", "give"): "only people waive: tests/contracts/test_gate_engines.py",
    ("mirror", "relay"): "no story has trees on masters: tests/contracts/test_trees_on_masters.py",
    ("ostree", "set_damaged_aside"): "only people heal: tests/crash/test_tree_operations.py",
}
BROAD = ("a push", "a push called off while it composes", "a push rolled back", "a repo of trees is looked after")
"""The stories in which nearly every kind of change is made."""
SAYING, SAID_ALIKE = ("bus", "publish"), 5
"""All that is said goes out by the same few lines: of those answers every fifth is lost."""
PUSH = next(story for story in STORIES if story.name == "a push")


@pytest.fixture
def root() -> Iterator[Path]:
    with a_place() as place:
        yield place


def losing(*answers: tuple[str, str, int]) -> Callable[[Stage], None]:
    """These answers never come: of a system and a verb the n-th."""

    def prepare(stage: Stage) -> None:
        stage.outside.leaks.lost = frozenset(answers)

    return prepare


def check(root: Path, story: Story, prepare: Callable[[Stage], None], told: str) -> None:
    lived = live_through(root, story, prepare=prepare)
    assert not (wrong := differences(in_calm(story).ending, lived.ending)), f"{story.name}: {told}: {wrong}"


@pytest.mark.parametrize("name", BROAD)
def test_one_answer_of_every_kind_in_a_story_is_lost_and_nothing_is_made_twice(root: Path, name: str) -> None:
    story = next(story for story in STORIES if story.name == name)
    lost = [(*kind, 1 + SEED % made) for kind, made in sorted(in_calm(story).made.items())]
    check(root, story, losing(*lost), f"these answers were lost: {lost}")


@pytest.mark.crash
@pytest.mark.timeout(600)
def test_every_kind_of_change_is_made_in_a_story() -> None:
    made = {kind for story in STORIES for kind in in_calm(story).made}
    assert {kind for kind in KINDS if kind not in made} == NOT_MADE_YET.keys()


@pytest.mark.crash
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("story", STORIES, ids=str)
def test_every_answer_is_lost_once_and_nothing_is_made_twice(tell: Tell, root: Path, story: Story) -> None:
    chosen = [
        (kind, number)
        for kind, made in in_calm(story).made.items()
        for number in range(
            1 + SEED % SAID_ALIKE if kind == SAYING else 1, made + 1, SAID_ALIKE if kind == SAYING else 1
        )
    ]
    for (system, verb), number in chosen:
        check(root, story, losing((system, verb, number)), f"the answer to {system}.{verb} {number} was lost")
    tell(f"{story.workflow}: {story.name}: each of {len(chosen)} answers was lost once, nothing was made twice")


# -- the same on the wire: how the clients of Koji and ResultsDB tell a lost answer from a refusal ---------------------


def test_an_answer_lost_on_the_wire_is_never_asked_for_twice(tell: Tell, root: Path) -> None:
    check_wire(tell, root, Kind.LOST_ANSWER, every=6)


@pytest.mark.crash
@pytest.mark.timeout(600)
@pytest.mark.parametrize("kind", [Kind.LOST_ANSWER, Kind.HALF, Kind.STATUS])
def test_no_answer_lost_on_the_wire_is_asked_for_twice(tell: Tell, root: Path, kind: Kind) -> None:
    check_wire(tell, root, kind, every=1)


def check_wire(tell: Tell, root: Path, kind: Kind, every: int) -> None:
    """Lose the answer to each request that changes something, once."""
    chosen = _requests(root)[SEED % every :: every]
    for service, body, skip in chosen:

        def lose(stage: Stage, service: str = service, body: str = body, skip: int = skip) -> None:
            stage.outside.services[service].misbehave(Rule(kind, method="POST", body=body, skip=skip, status=500))

        check(root, PUSH, lose, f"{kind.name} for {service} {body} {skip}")
    tell(f"{PUSH.name}: {len(chosen)} answers on the wire were lost ({kind.name})")


def _requests(root: Path) -> list[tuple[str, str, int]]:
    """Every request of a calm push that changes something, as a rule finds it again."""
    seen: list[Stage] = []
    live_through(root, PUSH, prepare=seen.append)
    koji, resultsdb = seen[0].outside.koji, seen[0].outside.resultsdb
    methods = [method for call in koji.calls for method in methods_in(call) if method in EFFECTS_OF_KOJI]
    asked = [("koji", f"{method}<", skip) for method in sorted(set(methods)) for skip in range(methods.count(method))]
    return asked + [("resultsdb", "testcase", skip) for skip in range(resultsdb.count("POST"))]
