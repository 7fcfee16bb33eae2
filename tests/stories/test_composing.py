"""Composes that fail, break or do not change anything."""

from typing import Any

import pytest

from relengotron.model.artifact import Artifact, Built, Plan
from relengotron.model.run import RunState
from relengotron.plugins.image import ImagePlugin
from relengotron.plugins.ostree import OstreePlugin
from relengotron.sdk import Detected, Failed, Running, Workbench
from relengotron.sdk.artifact import Affected, Changes
from tests.builders import an_update
from tests.stage.paper_builder import artifact_of
from tests.stage.stage import PLUGINS, Stage
from tests.stories.conftest import MakeStage

UPDATE = an_update("bash-4.3.42-5.fc24")
OTHER_LANE = an_update("nano-2.6-1.fc24", request="stable")
OF_NO_TREE = an_update("nano-2.6-1.fc24")
REF = "fedora-atomic/f24/x86_64/testing/docker-host"
TREE_AND_IMAGES = ("atomic-host", "atomic-iso", "atomic-disk")


def composes_of(stage: Stage, artifact: str, lane_word: str = "") -> int:
    rows = stage.outside.hub.call(None, "listTasks", {"decode": True}, {"order": "id"})
    return sum(artifact_of(row) == artifact and lane_word in repr(row["request"]) for row in rows)


class Broken(ImagePlugin):
    """An image plugin with a defect in one verb."""

    def __init__(self, verb: str) -> None:
        self._verb = verb

    def _break(self, verb: str) -> None:
        if verb == self._verb:
            raise ZeroDivisionError(f"oh no, {verb}")

    def affected_by(self, artifact: Artifact, changes: Changes) -> Affected:
        self._break("affected_by")
        return super().affected_by(artifact, changes)

    def plan(self, artifact: Artifact, bench: Workbench) -> Plan:
        self._break("plan")
        return super().plan(artifact, bench)

    def compose(self, plan: Plan, bench: Workbench) -> Built | Running | Failed:
        self._break("compose")
        return super().compose(plan, bench)

    def publish(self, built: Built, artifact: Artifact, bench: Workbench) -> Any:
        self._break("publish")
        return super().publish(built, artifact, bench)

    def probe(self, published: Any, bench: Workbench) -> Any:
        self._break("probe")
        return super().probe(published, bench)

    def retire(self, artifact: Artifact, bench: Workbench) -> None:
        self._break("retire")
        super().retire(artifact, bench)


def with_a_past(make_stage: MakeStage, verb: str) -> Stage:
    """Both lanes were pushed once; then somebody installs an image plugin with a defect."""
    stage = make_stage()
    stage.first_push("testing", "stable")
    stage.install(*PLUGINS[:2], Broken(verb))
    return stage


@pytest.mark.parametrize(
    ("artifact", "trouble"),
    [
        ("f24-updates-testing", "the disk is full"),
        ("atomic-host", "cancel"),
        ("atomic-iso", "cancel"),
        ("atomic-disk", "the disk is full"),
    ],
)
def test_a_compose_that_fails_is_named_and_a_retry_makes_it_good(
    make_stage: MakeStage, artifact: str, trouble: str
) -> None:
    stage = make_stage(UPDATE, OTHER_LANE)
    stage.outside.builder.trouble[artifact] = trouble
    stage.start_push(requests=("testing",))
    stage.run_until_quiet()

    push = stage.push("F24/testing")
    assert push.state is RunState.HELD
    assert artifact in push.reason
    assert ("was cancelled" if trouble == "cancel" else trouble) in push.reason
    assert [body["artifact"] for body in stage.said("artifact.compose.failed")] == [artifact]
    assert stage.said("push.hold")[-1]["command"] == f"relengotron runs retry {push.id}"

    stage.outside.builder.trouble.clear()
    stage.wish("retry", push)
    stage.run_until_quiet()

    assert stage.push("F24/testing").state is RunState.DONE
    assert composes_of(stage, artifact) == 2
    others = {"f24-updates-testing", "atomic-host", "atomic-iso", "atomic-disk"} - {artifact}
    assert {composes_of(stage, other) for other in others} == {1}


def test_a_failed_compose_delays_no_other_lane(make_stage: MakeStage) -> None:
    stage = make_stage(UPDATE, OTHER_LANE)
    stage.outside.builder.trouble["f24-updates-testing"] = "oh no"
    stage.start_push()

    stage.run_until_quiet()

    assert stage.push("F24/testing").state is RunState.HELD
    assert stage.push("F24/stable").state is RunState.DONE


def test_a_failed_compose_that_nobody_looks_after_fails_the_push_at_the_deadline(make_stage: MakeStage) -> None:
    stage = make_stage(UPDATE)
    stage.outside.builder.trouble["atomic-iso"] = "oh no"
    stage.start_push()
    stage.run_until_quiet()

    stage.wait(days=3)

    assert stage.push("F24/testing").state is RunState.FAILED
    assert "oh no" in stage.said("push.failed")[0]["reason"]
    assert not stage.said("artifact.published")


def test_a_compose_that_never_ends_becomes_a_hold_and_has_an_end(make_stage: MakeStage) -> None:
    stage = make_stage(UPDATE)
    stage.outside.builder.trouble["atomic-host"] = "leave"
    stage.start_push()
    for _ in range(8):
        stage.turn()
    stage.clock.pass_by(hours=13)
    for _ in range(3):
        stage.turn()
    assert stage.push("F24/testing").state is RunState.HELD
    assert "unusually long" in stage.push("F24/testing").reason

    stage.clock.pass_by(days=3)
    for _ in range(3):
        stage.turn()

    assert stage.push("F24/testing").state is RunState.FAILED
    assert stage.said("push.failed")


@pytest.mark.parametrize("verb", ["plan", "compose"])
def test_a_plugin_that_raises_fails_its_own_artifacts_with_a_clear_sentence(make_stage: MakeStage, verb: str) -> None:
    stage = with_a_past(make_stage, verb)
    stage.push_out(UPDATE, OTHER_LANE)

    push = stage.push("F24/testing")
    assert push.state is RunState.HELD
    notes = stage.notes(push)
    assert notes["atomic-iso"][0] == "failed"
    assert f"the image plugin raised ZeroDivisionError('oh no, {verb}')" in notes["atomic-iso"][1]
    assert notes["atomic-host"][0] == "composed"
    assert stage.push("F24/stable").state is RunState.DONE


def test_a_plugin_that_cannot_say_whether_it_is_affected_counts_as_affected(make_stage: MakeStage) -> None:
    stage = with_a_past(make_stage, "affected_by")
    push = stage.push_out(OF_NO_TREE)

    assert push.state is RunState.DONE
    assert stage.composed(push) == ["f24-updates-testing", "atomic-iso", "atomic-disk"]
    facts = stage.facts(push, "atomic-iso", "affected")
    assert facts["is_doubt"]


@pytest.mark.parametrize("verb", ["publish", "probe"])
def test_a_plugin_that_raises_while_bits_go_live_ends_its_run_with_a_clear_sentence(
    make_stage: MakeStage, verb: str
) -> None:
    stage = with_a_past(make_stage, verb)
    stage.push_out(UPDATE, OTHER_LANE)

    push = stage.push("F24/testing")
    assert push.state is RunState.FAILED
    assert "the image plugin raised ZeroDivisionError" in push.reason
    assert stage.push("F24/stable").state is RunState.DONE


def test_a_plugin_that_raises_while_it_tidies_up_leaves_the_push_complete(make_stage: MakeStage) -> None:
    stage = make_stage(UPDATE, plugins=(*PLUGINS[:2], Broken("retire")))
    stage.start_push()
    stage.run_until_quiet()

    assert stage.push("F24/testing").state is RunState.DONE
    assert len(stage.said("push.complete")) == 1
    assert stage.said("push.failed") == []


class NothingNew(OstreePlugin):
    """A tree that always says of itself that it has not changed, though there is none."""

    def detect(self, plan: Plan, bench: Workbench) -> Detected:
        return Detected(False, "nothing is new")


def test_an_image_without_any_tree_fails_and_says_why(make_stage: MakeStage) -> None:
    stage = make_stage(UPDATE, plugins=(PLUGINS[0], NothingNew(), PLUGINS[2]))
    stage.start_push()

    stage.run_until_quiet()

    assert "atomic-iso is made from a tree and there is none yet" in stage.push("F24/testing").reason


def test_a_tree_that_turns_out_as_it_is_live_is_not_published_and_its_images_are_let_off(make_stage: MakeStage) -> None:
    stage = make_stage()
    stage.first_push()
    live = stage.outside.live.head(REF)
    stage.edit("atomic-host", treefile={"packages": ["bash", "openssl"], "documentation": False})

    push = stage.push_out(OF_NO_TREE)

    assert push.state is RunState.DONE
    assert stage.composed(push) == ["f24-updates-testing", "atomic-host"]
    assert stage.outside.live.head(REF) == live
    results = {each["artifact"]: each for each in stage.said("push.complete", run=push.id)[0]["results"]}
    assert [results[name]["outcome"] for name in TREE_AND_IMAGES] == ["skipped"] * 3
    assert results["atomic-host"]["reason"].startswith("unchanged: content ")
    assert results["atomic-iso"]["reason"] == "unchanged: made from atomic-host, which did not change after all"
    assert {body["artifact"] for body in stage.said("artifact.published", run=push.id)} == {"f24-updates-testing"}
    assert stage.facts(push, "atomic-host", "unchanged")["rung"] == "content"

    again = stage.push_out(an_update("nano-2.6-2.fc24"))

    assert stage.composed(again) == ["f24-updates-testing"]


def test_bits_that_changed_after_their_tests_are_not_published(make_stage: MakeStage) -> None:
    stage = make_stage(UPDATE)
    stage.outside.tester.verdicts["f24-updates-testing"] = None
    stage.start_push()
    for _ in range(12):
        stage.turn()
    repomd = next((stage.root / "compose").glob("runs/*/f24-updates-testing/1/*/x86_64/repodata/repomd.xml"))
    repomd.write_text("<repomd>evil</repomd>\n")
    stage.outside.tester.judge_again("f24-updates-testing", "PASSED")
    stage.run_until_quiet()

    push = stage.push("F24/testing")
    assert push.state is RunState.FAILED
    assert "is no longer what was tested" in push.reason
    assert not (stage.root / "pub" / "updates-testing").exists()
