"""What do people hear of builds at a gate: all of it, once, in its order, in words that say what happened?"""

from collections.abc import Sequence
from typing import Any

import pytest

from relengotron.meta import RelengotronProcessor
from tests.stage.gate_configuration import BATCH_TEST, BUILD_ROOT, BUILD_TEST, GATE
from tests.stage.gate_stage import GateStage
from tests.stories.conftest import MakeGate

TOGETHER = {"batching": {"same_submitter": "30s"}}
WORDS = RelengotronProcessor(lambda text: text, topic_prefix_re=r"org\.fedoraproject\.(dev|stg|prod)")
A, B, C, D = (f"{name}-1-1.fc26" for name in "abcd")


@pytest.fixture
def stage(make_gate: MakeGate) -> GateStage:
    return make_gate(gate=TOGETHER)


def landed(stage: GateStage, *builds: str) -> None:
    for nvr in builds:
        stage.build_lands(nvr)


def heard(stage: GateStage) -> list[dict[str, Any]]:
    """Every message of the gate, as everybody gets it, each once."""
    ours = {each["msg_id"]: each for each in stage.bus.sent if ".relengotron.gate." in each["topic"]}
    return list(ours.values())


def topics(messages: Sequence[dict[str, Any]]) -> list[str]:
    return [each["topic"].partition(".relengotron.gate.")[2] for each in messages]


def of_batch(stage: GateStage, *builds: str) -> list[dict[str, Any]]:
    """What was said of the batch that was opened with exactly these builds."""
    (batch,) = (
        each["msg"]["batch"]
        for each in heard(stage)
        if each["topic"].endswith(".batch.open") and {one["nvr"] for one in each["msg"]["builds"]} == set(builds)
    )
    return [each for each in heard(stage) if each["msg"]["batch"] == batch]


def about(stage: GateStage, nvr: str) -> list[str]:
    """The topics of all that was said of one build alone."""
    return topics([each for each in heard(stage) if each["msg"].get("nvr") == nvr])


def test_a_good_batch_is_opened_tested_and_through_and_every_packager_hears_it(stage: GateStage) -> None:
    stage.build_lands(A, owner="ann")
    landed(stage, B, C)
    stage.settle()

    assert topics(of_batch(stage, A)) == ["batch.open", "batch.testing", "build.accepted", "batch.passed"]
    _, testing, *accepted, passed = of_batch(stage, B, C)
    assert topics(accepted) == ["build.accepted"] * 2
    _testers_hear_what_they_need(testing["msg"], [B, C])
    assert passed["msg"]["regenerated"] == [BUILD_ROOT]
    told = of_batch(stage, A)[2]
    assert (WORDS.usernames(told), WORDS.packages(told)) == ({"ann"}, {"a"})
    assert WORDS.subtitle(told) == f"{A} is in rawhide"
    assert isinstance(told["msg"]["koji_task_id"], int)


def _testers_hear_what_they_need(testing: dict[str, Any], builds: list[str]) -> None:
    wanted = {(each["testcase"], each["type"]): each["items"] for each in testing["tests"]}
    assert wanted == {
        (BUILD_TEST, "koji_build"): builds,
        (BATCH_TEST, "koji_batch"): [testing["item"]],
    }
    assert testing["deadline"] > testing["at"]


def test_of_a_bad_batch_everybody_hears_who_is_suspected_what_goes_on_and_who_released_it(stage: GateStage) -> None:
    landed(stage, A, B, C)
    stage.tester.bad = {B}
    stage.settle()

    bad = of_batch(stage, A, B, C)
    assert topics(bad) == ["batch.open", "batch.testing", "batch.failed", "build.quarantined"]
    failed, quarantined = bad[2]["msg"], bad[3]
    assert [each["nvr"] for each in failed["suspects"]] == [B]
    (rest,) = failed["rest"]
    assert rest["builds"] == [A, C]
    assert {each["msg"]["batch"] for each in of_batch(stage, A, C)} == {rest["batch"]}
    assert topics(of_batch(stage, A, C)) == [
        "batch.open",
        "batch.testing",
        "build.accepted",
        "build.accepted",
        "batch.passed",
    ]
    assert WORDS.subtitle(quarantined) == f"{B} is in quarantine: {BUILD_TEST} failed"
    assert quarantined["msg"]["results"]
    assert f"relengotron quarantine release {B} --gate {GATE} --reason TEXT" in WORDS.long_form(quarantined)
    _a_release_is_told_with_why(stage)


def _a_release_is_told_with_why(stage: GateStage) -> None:
    stage.tester.bad = set()
    stage.says("quarantine", gate=GATE, build=B, way="release", reason="the test was broken")
    stage.settle()

    assert about(stage, B) == ["build.quarantined", "build.released", "build.accepted"]
    released = next(each for each in heard(stage) if each["topic"].endswith("build.released"))
    assert WORDS.subtitle(released) == (
        f"{B} was released from quarantine by ralph and is tested anew: the test was broken"
    )
    assert WORDS.agent(released) == "ralph"
    last = [each for each in heard(stage) if each["topic"].endswith("batch.open")][-1]["msg"]
    assert [each["tries"] for each in last["builds"]] == [2]


def test_while_a_batch_is_divided_each_part_says_of_what_and_only_the_guilty_is_blamed(stage: GateStage) -> None:
    landed(stage, A, B, C, D)
    stage.tester.guilty = {frozenset({C})}
    stage.settle()

    divided = [each["msg"] for each in heard(stage) if each["topic"].endswith("batch.failed")]
    assert [each["round"] for each in divided] == sorted(each["round"] for each in divided)
    assert divided[0]["suspects"] == []
    assert divided[0]["reason"].startswith(f"{BATCH_TEST} failed, which names no build (round 1 of at most ")
    assert [each["nvr"] for each in divided[-1]["suspects"]] == [C]
    known = {divided[0]["batch"]}
    for opened in (each["msg"] for each in heard(stage)[1:] if each["topic"].endswith("batch.open")):
        assert opened["parent"] in known
        assert opened["round"] > 1
        known.add(opened["batch"])
    assert about(stage, C) == ["build.quarantined"]
    assert [about(stage, nvr) for nvr in (A, B, D)] == [["build.accepted"]] * 3


def test_a_dropped_build_and_one_that_gives_way_are_told_without_saying_anything_twice(stage: GateStage) -> None:
    stage.tester.bad = {A, B}
    landed(stage, A, B)
    stage.settle()
    stage.says("quarantine", gate=GATE, build=A, way="drop", reason="nobody needs it")
    newer = stage.build_lands("b-2-1.fc26")
    stage.settle()

    assert (about(stage, A), about(stage, B)) == (
        ["build.quarantined", "build.gone"],
        ["build.quarantined", "build.superseded"],
    )
    said = {WORDS.subtitle(each) for each in heard(stage)}
    assert f"{A} was dropped by ralph and does not go to rawhide: nobody needs it" in said
    assert f"{B} gives way to {newer} at the gate of rawhide" in said


def test_a_build_that_follows_upstream_says_so_from_beginning_to_end(stage: GateStage) -> None:
    stage.is_in_rawhide("a-0.9-1.fc26")
    released = {
        "upstream_version": "v1",
        "old_version": "0.95",
        "packages": [{"distro": "Fedora", "package_name": "a"}],
    }
    body = {"message": released, "project": {"id": 7}}
    stage.bus.announce("anitya.project.version.update", body)
    trigger = {"topic": "org.fedoraproject.dev.anitya.project.version.update", "msg": body}
    stage.bus.announce("hotness.update.bug.file", {"trigger": trigger, "bug": {"bug_id": 1346997}})
    landed(stage, A, B)
    stage.settle()

    news = {each["nvr"]: each["upstream"] for each in of_batch(stage, A, B)[0]["msg"]["builds"]}
    assert news[B] is None
    assert news[A]["url"] == "https://release-monitoring.org/project/7/"
    assert news[A]["bug"] == 1346997
    accepted = next(each for each in heard(stage) if each["msg"].get("nvr") == A)
    assert accepted["msg"]["before"] == "a-0.9-1.fc26"
    stage.build_lands("a-1-2.fc26")
    stage.settle()
    assert [each["upstream"] for each in of_batch(stage, "a-1-2.fc26")[0]["msg"]["builds"]] == [None], "built anew"
    assert WORDS.subtitle(accepted) == (
        f"{A} is in rawhide (update of a from 0.9 to 1, found upstream on {accepted['msg']['at'][:10]})"
    )
