"""Every difference between a plan and its run has a fact of the world, or is said to have none."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from relengotron.decisions.comparing import FOLLOWS_FROM, NOT_YET, _is_alike, compare
from relengotron.model.batch import Ejected, Update
from relengotron.model.deviation import Deviation
from relengotron.model.difference import Change
from relengotron.model.estimate import Eta, Scope
from relengotron.model.lane import Lane
from relengotron.model.push_plan import (
    Fate,
    Forecast,
    Happened,
    LanePlan,
    Move,
    PlannedArtifact,
    PushPlan,
    SeenUpdate,
    Sight,
    Story,
    Task,
    Treatment,
)
from relengotron.model.rung import MOST_CHANGES_KEPT, Rung, RungName, Says

LANE = Lane("F24", "testing")
BASH = Update("FEDORA-1", "bash-2-1", "bugfix", "F24", "testing", True, ("bash-2-1",))
NANO = Update("FEDORA-2", "nano-2-1", "bugfix", "F24", "testing", True, ("nano-2-1",))
SEEN = {each.alias: SeenUpdate(each.builds, "F24", "testing", is_locked=True) for each in (BASH, NANO)}
SIGHT = Sight(
    updates=SEEN,
    contained={"tree": ("bash",)},
    live={"tree": "commit a"},
    wished={"tree": "digest"},
    revisions={"file:///base": "1"},
    configuration={"": "lane", "repo": "one", "tree": "two"},
)
CHANGES = (Change("bash", "x86_64", "1-1", "2-1"),)
TREE = PlannedArtifact(
    "tree",
    "ostree",
    Treatment.COMPOSE,
    "a compose brings bash 1-1 → 2-1",
    RungName.SOLVED,
    changes=CHANGES,
    tasks=(Task("runroot", ("x86_64",), "compose"),),
    target="atomic",
    component="tree",
)
REPO = PlannedArtifact("repo", "mash", Treatment.COMPOSE, "every build", tasks=TREE.tasks, target="updates")
PLAN = LanePlan(
    lane=LANE,
    asked=("FEDORA-1", "FEDORA-2"),
    ships=(BASH, NANO),
    ejected=(),
    holds=(),
    notes=(),
    unsigned={},
    moves=(Move("bash-2-1", "candidate", "testing"), Move("nano-2-1", "candidate", "testing")),
    in_place=(),
    lost=(),
    untags=(),
    artifacts=(REPO, TREE),
    published=("repo", "tree"),
    acknowledged_by=(),
    forecast=Forecast(Eta(None, Scope.ANY), 4, None),
    sight=SIGHT,
)
TOLD = Story(Fate.COMPOSED, TREE.reason, RungName.SOLVED, changes=CHANGES)
RUN = Happened(
    run="run",
    lane=LANE,
    state="done",
    is_finished=True,
    attempts=1,
    asked=PLAN.asked,
    shipped=PLAN.ships,
    ejected=(),
    moves=PLAN.moves,
    in_place=(),
    artifacts={"repo": Story(Fate.COMPOSED, "every build"), "tree": TOLD},
    tasks={"tagBuild": 2, "runroot": 2},
    published={"repo": "updates", "tree": "atomic"},
    sight=SIGHT,
)
SKIPPED = Story(Fate.SKIPPED, "nothing changes", RungName.SOLVED)


def differences(**otherwise: Any) -> dict[tuple[str, str], tuple[str, ...]]:
    """Why each subject differs when the run did something else."""
    return {(each.kind, each.subject): each.because for each in compare(PLAN, replace(RUN, **otherwise))}


def without_tree(story: Story, **otherwise: Any) -> dict[tuple[str, str], tuple[str, ...]]:
    """The same, where the tree was not composed."""
    artifacts = {**RUN.artifacts, "tree": story}
    return differences(
        artifacts=artifacts, tasks={"tagBuild": 2, "runroot": 1}, published={"repo": "updates"}, **otherwise
    )


def test_a_run_that_did_what_was_planned_differs_in_nothing() -> None:
    assert compare(PLAN, RUN) == ()


@pytest.mark.parametrize(
    ("there", "fact"),
    [
        ({"live": {"tree": "commit b"}}, "what is live of it is another one (commit a → commit b)"),
        ({"wished": {"tree": "other"}}, "its manifest was edited (digest → other)"),
        ({"contained": {}}, "PDC says that tree contains nothing, and said bash"),
        ({"revisions": {"file:///base": "2"}}, "the repos file:///base show another revision"),
        ({"configuration": {**SIGHT.configuration, "tree": "3"}}, "it is configured otherwise (two → 3)"),
        ({"configuration": {**SIGHT.configuration, "": "new"}}, "the lane is configured otherwise (lane → new)"),
    ],
)
def test_what_is_otherwise_of_an_artifact_explains_why_it_was_skipped(there: dict[str, Any], fact: str) -> None:
    assert without_tree(SKIPPED, sight=replace(SIGHT, **there)) == {
        ("artifact", "tree"): (fact,),
        ("tasks", "runroot"): (FOLLOWS_FROM,),
        ("published", "tree"): (FOLLOWS_FROM,),
    }


def test_a_difference_without_any_fact_stays_unexplained_and_explains_nothing_else() -> None:
    assert set(without_tree(SKIPPED).values()) == {()}


def test_another_predicted_difference_is_a_difference() -> None:
    more = replace(TOLD, changes=(*CHANGES, Change("glibc", "x86_64", None, "1-1")))
    assert differences(artifacts={**RUN.artifacts, "tree": more}) == {("artifact", "tree"): ()}


def test_equal_content_is_known_by_the_compose_alone() -> None:
    found = without_tree(replace(TOLD, fate=Fate.UNCHANGED))
    assert found["artifact", "tree"] == ("only its compose could tell that its content is what users have already",)


def test_a_plan_in_doubt_says_what_it_could_not_read() -> None:
    doubtful = replace(TREE, rungs=(Rung(RungName.SOLVED, Says.DOUBT, "no repo answers"),), rung=RungName.NAMES)
    found = compare(replace(PLAN, artifacts=(REPO, doubtful)), RUN)
    assert [each.because for each in found] == [("the plan could not know: no repo answers",)]


def test_a_compose_that_failed_was_foreseen_where_the_plan_was_in_doubt() -> None:
    failed = replace(TOLD, fate=Fate.FAILED)
    assert without_tree(failed)["artifact", "tree"] == ("its compose failed, which no plan can know",)
    doubt = Rung(RungName.SOLVED, Says.DOUBT, "nothing provides nano-ng")
    plan = replace(PLAN, artifacts=(REPO, replace(TREE, rungs=(doubt,))))
    found = {
        each.subject: each.because for each in compare(plan, replace(RUN, artifacts={"repo": TOLD, "tree": failed}))
    }
    assert found["tree"] == ("its compose failed; the plan had its doubts: nothing provides nano-ng",)


def test_a_run_on_its_way_has_not_come_so_far() -> None:
    found = differences(
        is_finished=False, state="open", shipped=(), moves=(), artifacts={}, tasks={}, published={}, sight=Sight()
    )
    assert set(found.values()) == {(NOT_YET,)}


def test_an_ejected_update_takes_its_moves_along_and_bodhi_says_why() -> None:
    seen = {**SEEN, "FEDORA-2": SeenUpdate(NANO.builds, "F24", None, is_locked=True)}
    found = differences(
        shipped=(BASH,),
        ejected=(Ejected("FEDORA-2", "nano-2-1", "its request is withdrawn", NANO.builds),),
        moves=PLAN.moves[:1],
        tasks={"tagBuild": 1, "runroot": 2},
        sight=replace(SIGHT, updates=seen),
    )
    assert found == {
        ("update", "FEDORA-2"): ("Bodhi: its request is withdrawn and was testing",),
        ("move", "nano-2-1"): ("FEDORA-2 is told above",),
        ("tasks", "tagBuild"): (FOLLOWS_FROM,),
    }


def test_koji_says_why_a_build_was_left_behind() -> None:
    reason = "Koji has no complete build nano-2-1 any more"
    found = differences(
        shipped=(BASH,),
        ejected=(Ejected("FEDORA-2", "nano-2-1", reason, NANO.builds),),
        moves=PLAN.moves[:1],
        tasks={"tagBuild": 1, "runroot": 2},
    )
    assert found["update", "FEDORA-2"] == (f"Koji: {reason}",)


def test_a_title_that_bodhi_knows_no_more_is_the_update_that_was_planned() -> None:
    updates = {"FEDORA-1": SEEN["FEDORA-1"], "nano-2-1": None}
    found = differences(
        shipped=(BASH,),
        ejected=(Ejected("", "nano-2-1", "Bodhi knows no update nano-2-1"),),
        moves=PLAN.moves[:1],
        tasks={"tagBuild": 1, "runroot": 2},
        sight=replace(SIGHT, updates=updates),
    )
    assert found["update", "FEDORA-2"] == ("Bodhi: it knows no update nano-2-1 any more",)
    assert all(found.values())


def test_a_move_from_elsewhere_and_a_move_that_was_not_needed_are_told_by_koji() -> None:
    elsewhere = differences(moves=(PLAN.moves[0], Move("nano-2-1", "pending", "testing")))
    assert elsewhere == {("move", "nano-2-1"): ("Koji: it was in pending, and in candidate when this was planned",)}
    there = differences(moves=PLAN.moves[:1], in_place=("nano-2-1",), tasks={"tagBuild": 1, "runroot": 2})
    assert there["move", "nano-2-1"] == ("Koji: it was where it belongs already when the run looked",)


def test_a_person_who_let_it_try_again_made_more_tasks() -> None:
    assert differences(attempts=2, tasks={"tagBuild": 2, "runroot": 3}) == {
        ("tasks", "runroot"): ("a person let the run try 2 times",)
    }


def test_a_run_that_was_called_off_published_nothing() -> None:
    assert differences(state="cancelled", published={}) == {
        ("published", "repo"): ("the run ended before: it is cancelled",),
        ("published", "tree"): ("the run ended before: it is cancelled",),
    }


def test_another_order_is_a_difference() -> None:
    assert differences(published={"tree": "atomic", "repo": "updates"}) == {("published", "the order"): ()}


def test_a_plan_is_clear_when_every_lane_ships_something_and_nothing_is_in_the_way() -> None:
    at = datetime(2016, 11, 1, tzinfo=UTC)
    assert PushPlan(at, (PLAN,)).is_clear
    assert not PushPlan(at, ()).is_clear
    assert not PushPlan(at, (PLAN, replace(PLAN, ships=()))).is_clear
    assert not PushPlan(at, (replace(PLAN, holds=("no signature",)),)).is_clear


def test_a_deviation_is_explained_by_a_fact() -> None:
    assert Deviation("move", "bash", "here", "there", ("Koji",)).is_explained
    assert not Deviation("move", "bash", "here", "there").is_explained


def test_a_run_keeps_the_first_of_very_many_changes_and_is_what_was_planned_all_the_same() -> None:
    many = tuple(Change(f"p{number}", "x86_64", "1-1", "2-1") for number in range(300))
    planned = replace(TREE, changes=many)
    did = Story(Fate.COMPOSED, TREE.reason, RungName.SOLVED, (), many[:MOST_CHANGES_KEPT])
    assert _is_alike(planned, did)
    assert not _is_alike(planned, replace(did, changes=many[1 : MOST_CHANGES_KEPT + 1]))
