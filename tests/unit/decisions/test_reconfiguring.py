"""What another configuration means for a lane, for a run on its way, and for pushes that are over."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from relengotron.decisions.hindsight import look_back
from relengotron.decisions.reconfiguring import edits, otherwise, split, why_stuck
from relengotron.model.artifact import Artifact
from relengotron.model.lane import Lane
from relengotron.model.push_plan import Fate, Happened, Sight, Story
from relengotron.model.reconfiguration import LaneSetup
from relengotron.model.rollout import Share

REPO = Artifact("repo", "mash", "F24", ("x86_64",), "updates", required_tests=("closure",))
TREE = Artifact("tree", "ostree", "F24", ("x86_64",), "atomic", ("repo",), "tree", settings={"ref": "a"})
ISO = Artifact("iso", "image", "F24", ("x86_64",), "isos", ("tree",), "iso")
OLD = LaneSetup({"tag": "f24-updates", "signing_key": "aa"}, (REPO, TREE, ISO))
STORIES = {
    "repo": Story(Fate.COMPOSED, "every build"),
    "tree": Story(Fate.COMPOSED, "it contains bash"),
    "iso": Story(Fate.COMPOSED, "made from tree", follows=("tree",)),
}


def having(*artifacts: Artifact, **words: str) -> LaneSetup:
    return LaneSetup({**OLD.words, **words}, artifacts or OLD.artifacts)


def a_run(**stories: Fate) -> Happened:
    told = {name: Story(fate, "") for name, fate in stories.items()}
    nothing: Any = ()
    return Happened(
        "run",
        Lane("F24", "stable"),
        "open",
        False,
        1,
        nothing,
        nothing,
        nothing,
        nothing,
        nothing,
        told,
        {},
        {},
        Sight(),
    )


def words(new: LaneSetup) -> list[tuple[str, str, str]]:
    return [(each.subject, each.what, each.step) for each in edits(OLD, new)]


def test_what_stays_is_not_told() -> None:
    assert edits(OLD, OLD) == ()


def test_every_edit_names_the_first_step_that_notices_it() -> None:
    assert words(having(tag="f24-new", signing_key="bb")) == [
        ("lane", "signing_key is bb, and was aa", "ensure_builds_are_signed"),
        ("lane", "tag is f24-new, and was f24-updates", "ensure_builds_are_in_target"),
    ]
    elsewhere = replace(ISO, target="images", required_tests=("boots",))
    assert words(having(replace(REPO, required_tests=()), replace(TREE, settings={"ref": "b"}), elsewhere)) == [
        ("repo", "would not need the test closure any more", "ensure_the_gate_is_open"),
        ("tree", "would be made otherwise: settings.ref", "ensure_artifacts_are_composed"),
        ("iso", "would be published below images instead of isos", "ensure_bits_are_live"),
        ("iso", "would need the test boots too", "ensure_the_gate_is_open"),
    ]
    assert words(having(REPO, TREE, replace(ISO, may_lag=True))) == [
        ("iso", "may_lag would be True, and was False", "ensure_the_gate_is_open"),
    ]
    slowly = replace(ISO, rollout=(Share(10, timedelta(hours=6)),))
    assert words(having(REPO, TREE, slowly)) == [
        ("iso", "would be rolled out to 10 %, 100 % after 6 h, and was shown at once", "ensure_bits_are_live"),
    ]


def test_artifacts_that_come_and_go_are_told() -> None:
    more = Artifact("debug", "mash", "F24", ("x86_64",), "debug")
    assert words(having(REPO, TREE, more)) == [
        ("iso", "would not be composed any more", "ensure_affected_artifacts_are_known"),
        ("debug", "would be composed too, and published below debug", "ensure_repos_are_mashed"),
    ]


def test_what_looks_at_it_is_over_comes_too_late() -> None:
    found = edits(OLD, having(tag="f24-new", signing_key="bb"))
    coming, late = split(found, {"ensure_builds_are_signed"})
    assert [each.what for each in coming] == ["tag is f24-new, and was f24-updates"]
    assert [each.what for each in late] == ["signing_key is bb, and was aa"]


def test_a_run_is_stuck_without_its_lane_or_what_it_has_composed() -> None:
    run = a_run(repo=Fate.COMPOSED, tree=Fate.PENDING)
    assert why_stuck(run, OLD, None, ()) == ("it fails: F24/stable is no lane of the new configuration",)
    assert why_stuck(run, OLD, having(TREE, ISO), ()) == ("it stops: repo is composed, and is not configured any more",)
    assert why_stuck(run, OLD, having(REPO), ()) == ()


def test_builds_that_moved_already_are_not_in_another_tag() -> None:
    new = having(tag="f24-new")
    assert why_stuck(a_run(), OLD, new, {"ensure_builds_are_in_target"}) == (
        "its builds are in f24-updates already, and f24-new would be mashed without them",
    )
    assert why_stuck(a_run(), OLD, new, ()) == ()


def test_the_past_is_judged_again_by_its_own_evidence() -> None:
    same = look_back(OLD, OLD, STORIES)
    assert (same.changes, same.unsure) == ((), ())
    elsewhere = look_back(OLD, having(REPO, TREE, replace(ISO, target="images")), STORIES)
    assert elsewhere.changes == ("iso would have gone live below images instead of isos",)
    apart = look_back(OLD, having(REPO, TREE, replace(ISO, made_from=("repo",))), STORIES)
    assert apart.changes == ("iso would not have been composed",)


def test_what_nobody_wrote_down_cannot_be_told_nor_can_what_follows_it() -> None:
    seen = look_back(OLD, having(REPO, replace(TREE, settings={"ref": "b"}), ISO), STORIES)
    assert seen.changes == ()
    assert [each.partition(":")[0] for each in seen.unsure] == ["tree", "iso"]


def test_repos_and_lanes_need_no_evidence() -> None:
    more = Artifact("debug", "mash", "F24", ("x86_64",), "debug")
    assert look_back(OLD, having(REPO, TREE, ISO, more), STORIES).changes == ("debug would have been composed",)
    assert look_back(OLD, having(REPO, TREE), STORIES).changes == (
        "iso would not have been composed: it is not configured any more",
    )
    assert look_back(OLD, None, STORIES).changes == ("it would not have been pushed: there is no such lane",)


def test_what_was_asked_with_other_words_then_cannot_be_told_afterwards() -> None:
    seen = look_back(
        OLD, having(replace(REPO, required_tests=("closure", "boots")), TREE, ISO, signing_key="bb"), STORIES
    )
    assert seen.changes == ()
    assert seen.unsure == (
        "what would have been shipped: signing_key is bb, and was aa",
        "the gate: repo would need the test boots too",
    )


def test_what_counts_everywhere_is_told_by_key() -> None:
    assert otherwise({"pace.poll": "30s", "mirror.root": "/a"}, {"mirror.root": "/b", "pace.poll": "30s"}) == (
        "mirror.root is /b, and was /a",
    )
    assert otherwise({"owner": "releng"}, {"owner": "releng"}) == ()
