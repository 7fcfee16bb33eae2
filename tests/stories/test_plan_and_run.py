"""What a plan says and what the run then does are equal, or a fact of the world is another one than it was."""

import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from relengotron.model.nvr import Nvr
from relengotron.systems.bodhi.simulated import Build
from relengotron.systems.koji.simulated import Hub
from tests.builders import AnUpdate, an_update, our_request
from tests.stage import seeds
from tests.stage.configuration import URLS
from tests.stage.paper_repo import PaperWords
from tests.stage.planning import deviations, planned
from tests.stage.stage import Stage
from tests.stories.conftest import MakeStage

LANES = (("F24", "testing"), ("F24", "stable"), ("F25", "testing"))
PACKAGES = ("bash", "openssl", "nano", "novelty", "glibc")


def some_updates(chance: random.Random, number: int) -> list[AnUpdate]:
    """A few updates of one lane: of packages in the tree and others, some of several builds, some unknown to Koji."""
    release, request = chance.choice(LANES)
    suffix = f"fc{release[1:]}"
    found = []
    for place in range(chance.randint(1, 3)):
        names = chance.sample(PACKAGES, chance.randint(1, 2))
        builds = [f"{name}-{chance.randint(2, 4)}.{number}-{place + 1}.{suffix}" for name in names]
        is_known, is_urgent = chance.random() > 0.2, chance.random() < 0.3
        found.append(an_update(*builds, release=release, request=request, is_in_koji=is_known, security=is_urgent))
    return found


def with_new_words(chance: random.Random, updates: list[AnUpdate], words: PaperWords) -> list[AnUpdate]:
    """Some of their packages require or provide what they did not before."""
    for build in (build for update in updates for build in update.builds if chance.random() < 0.5):
        nvr = Nvr.parse(build)
        said = chance.choice((words.requires, words.provides))
        said[f"{nvr.name}-{nvr.version}"] = [chance.choice(("glibc", "nano"))]
    return updates


def push(stage: Stage) -> None:
    stage.start_push()
    stage.run_until_quiet()


@pytest.mark.parametrize("seed", range(3))
def test_a_run_does_what_its_plan_says(make_stage: MakeStage, seed: int) -> None:
    chance = random.Random(seed)
    stage = make_stage()
    for number in (1, 2):
        for update in with_new_words(chance, some_updates(chance, number), stage.outside.builder.words):
            stage.outside.add(update)

        plan = planned(stage)
        push(stage)

        assert plan.lanes
        assert deviations(stage, plan) == []


CHANGING = an_update("openssl-1.0.2-3.fc24")
OTHER = an_update("nano-2.6-1.fc24")
TARGET = "f24-updates-testing"


def withdrawn(stage: Stage) -> None:
    stage.outside.bodhi.update(CHANGING.alias).request = None


def edited(stage: Stage) -> None:
    newer = an_update("openssl-1.0.2-4.fc24", alias=CHANGING.alias)
    seeds.add_to_koji(stage.outside.hub, newer)
    stage.outside.bodhi.update(CHANGING.alias).builds = (Build(newer.builds[0], signed=True),)


def moved_by_hand(stage: Stage) -> None:
    hub: Hub = stage.outside.hub
    hub.call("admin", "tagBuildBypass", TARGET, CHANGING.builds[0])


EDITED = "Bodhi: it was edited, its builds are openssl-1.0.2-4.fc24 and were openssl-1.0.2-3.fc24"
CHANGES: list[tuple[Callable[[Stage], None], bool, str]] = [
    (withdrawn, True, "Bodhi: its request is withdrawn and was testing"),
    (edited, True, EDITED),
    (moved_by_hand, False, "Koji: it was where it belongs already when the run looked"),
]


@pytest.mark.parametrize(("change", "by_alias", "fact"), CHANGES)
def test_what_changed_in_the_world_explains_the_difference(
    make_stage: MakeStage, change: Callable[[Stage], None], by_alias: bool, fact: str
) -> None:
    stage = make_stage(CHANGING, OTHER)
    plan = planned(stage)

    stage.start_push()
    if by_alias:
        stage.news.clear()
        stage.receive(our_request(CHANGING, OTHER))
    change(stage)
    stage.run_until_quiet()

    found = deviations(stage, plan)
    assert fact in [why for each in found for why in each.because]
    assert [each for each in found if not each.is_explained] == []


def test_an_update_that_nobody_signed_was_announced_by_the_plan(make_stage: MakeStage) -> None:
    stage = make_stage(an_update("openssl-1.0.2-3.fc24", is_signed=False), OTHER)
    plan = planned(stage)
    assert plan.lanes[0].holds == ("openssl-1.0.2-3.fc24: 3 RPMs lack a signature of key deadbeef",)
    push(stage)

    stage.wait(hours=7)

    found = deviations(stage, plan)
    assert any("would hold the push, and nobody mended it in time" in why for each in found for why in each.because)
    assert [each for each in found if not each.is_explained] == []


def test_what_pdc_says_otherwise_explains_why_something_else_is_composed(make_stage: MakeStage) -> None:
    stage = make_stage(an_update("bash-4.3.42-5.fc24"))
    push(stage)
    stage.outside.add(OTHER)
    plan = planned(stage)

    with pdc_relates("atomic-iso", "ImageIncludesRPM", "nano"):
        push(stage)

    found = deviations(stage, plan)
    assert [each.subject for each in found if each.kind == "artifact"] == ["atomic-iso"]
    assert "PDC says that atomic-iso contains nano, and said nothing" in found[0].because
    assert [each for each in found if not each.is_explained] == []


@contextmanager
def pdc_relates(artifact: str, relation: str, package: str) -> Iterator[None]:
    """For a while PDC knows one relationship more."""
    with seeds.pdc_session() as session:
        row = seeds.relate(session, "fedora-24-updates", artifact, relation, package)
        try:
            yield
        finally:
            session.delete(f"{URLS['pdc']}/rest_api/v1/release-component-relationships/{row}/", timeout=5)
