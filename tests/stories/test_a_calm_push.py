"""One request with two lanes on a good day: every promise of the push, seen from outside."""

import time
from collections.abc import Iterator

import pytest

from relengotron.model.run import RunState
from relengotron.systems.koji.simulated import Hub
from relengotron.workflows.push_updates import PUSH_UPDATES
from tests.builders import AnUpdate, an_update
from tests.stage.paper_builder import artifact_of
from tests.stage.stage import Stage
from tests.stories.conftest import MakeStage, check_schemas

SECURITY = an_update("bash-4.3.42-5.fc24", security=True, request="testing")
STABLE = an_update("nano-2.6-1.fc24", "openssl-1.0.2-3.fc24", request="stable")


def pushed(make_stage: MakeStage, *updates: AnUpdate) -> Stage:
    stage = make_stage(*updates)
    stage.start_push()
    stage.run_until_quiet()
    return stage


@pytest.fixture(scope="module")
def calm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """One push of two lanes, looked at by many stories and changed by none."""
    stage = Stage(tmp_path_factory.mktemp("calm"), [SECURITY, STABLE])
    began = time.monotonic()
    stage.start_push()
    stage.run_until_quiet()
    print(f"\na calm push of two lanes: {time.monotonic() - began:.2f} s")
    yield stage
    stage.close()
    check_schemas(stage)


def tags_of(hub: Hub, nvr: str) -> set[str]:
    return {tag["name"] for tag in hub.call(None, "listTags", build=nvr)}


def composes(stage: Stage) -> list[tuple[str, str]]:
    rows = stage.outside.hub.call(None, "listTasks", {"decode": True}, {"order": "id"})
    return [(artifact_of(row), row["request"][0]) for row in rows if row["method"] != "tagBuild"]


def test_a_push_of_two_lanes_is_done(calm: Stage) -> None:
    assert [run.state for run in calm.runs()] == [RunState.DONE] * 3


def test_every_step_says_that_it_is_done_or_has_nothing_to_do(calm: Stage) -> None:
    for lane in ("F24/testing", "F24/stable"):
        over = [body["step"] for body in calm.said("push.step", lane=lane) if body["state"] in ("done", "skipped")]
        assert over == [step.__name__ for step in PUSH_UPDATES]


def test_signed_copies_are_written_and_builds_are_moved_once(calm: Stage) -> None:
    hub = calm.outside.hub
    assert tags_of(hub, "bash-4.3.42-5.fc24") == {"f24-updates-testing"}
    assert tags_of(hub, "nano-2.6-1.fc24") == {"f24-updates"}
    moves = hub.call(None, "listTasks", {"method": "tagBuild"}, {})
    assert len(moves) == 3
    assert len(list((calm.root / "koji" / "packages").glob("*/*/*/data/signed/deadbeef/*/*.rpm"))) == 9


def test_each_artifact_is_composed_once_after_what_it_is_made_from(calm: Stage) -> None:
    made = [name for name, _ in composes(calm)]
    assert sorted(made) == sorted(
        ["f24-updates", "f24-updates-testing", *["atomic-host", "atomic-iso", "atomic-disk"] * 2]
    )
    assert made.index("atomic-host") > made.index("f24-updates-testing")
    assert made.index("atomic-iso") > made.index("atomic-host")


def test_the_security_lane_is_mashed_first(calm: Stage) -> None:
    assert composes(calm)[0][0] == "f24-updates-testing"


def test_an_ordinary_lane_does_not_wait_for_a_security_lane_that_is_stuck(make_stage: MakeStage) -> None:
    unsigned = an_update("bash-4.3.42-5.fc24", security=True, is_signed=False)

    stage = pushed(make_stage, unsigned, STABLE)

    assert stage.push("F24/testing").state is RunState.HELD
    assert stage.push("F24/stable").state is RunState.DONE


def test_what_a_push_does_not_change_is_skipped_and_the_reason_is_told(make_stage: MakeStage) -> None:
    stage = make_stage()
    stage.first_push()

    push = stage.push_out(an_update("nano-2.6-1.fc24"))

    assert stage.composed(push) == ["f24-updates-testing"]
    skipped = {body["artifact"]: body["reason"] for body in stage.said("artifact.compose.skipped", run=push.id)}
    assert skipped == {
        "atomic-host": "a compose for x86_64 would install exactly what is live: 2 packages",
        "atomic-iso": "nothing that the push changes (1 package) is in it with another version (x86_64)",
        "atomic-disk": "nothing that the push changes (1 package) is in it with another version (x86_64)",
    }
    outcomes = {each["artifact"]: each["outcome"] for each in stage.said("push.complete", run=push.id)[0]["results"]}
    assert outcomes == {"f24-updates-testing": "published"} | dict.fromkeys(skipped, "skipped")


def test_a_package_that_nobody_has_ever_heard_of_reaches_the_repo_only(make_stage: MakeStage) -> None:
    stage = make_stage()
    stage.first_push()

    push = stage.push_out(an_update("novelty-1-1.fc24"))

    assert push.state is RunState.DONE
    assert stage.composed(push) == ["f24-updates-testing"]
    assert "nothing that the push changes (1 package) is in it" in stage.notes(push)["atomic-iso"][1]


def test_results_are_stored_once_with_what_testers_need(calm: Stage) -> None:
    rows = [
        row["data"]
        for row in map(calm.outside.results.show_result, calm.outside.results.results.by_id.values())
        if row["testcase"]["name"] == "relengotron.compose"
    ]
    assert sorted((row["request"][0], row["artifact"][0]) for row in rows) == sorted(
        (request, name)
        for request, repo in (("testing", "f24-updates-testing"), ("stable", "f24-updates"))
        for name in (repo, "atomic-host", "atomic-iso", "atomic-disk")
    )
    assert all(row["item"] and row["release"] == ["F24"] for row in rows)


def test_readers_find_packages_trees_and_images(calm: Stage) -> None:
    pub = calm.root / "pub"
    assert (pub / "updates/24/x86_64/nano-2.6-1.fc24.x86_64.rpm").is_file()
    assert (pub / "updates-testing/24/i686/repodata/repomd.xml").is_file()
    for request in ("testing", "stable"):
        head = calm.outside.live.head(f"fedora-atomic/f24/x86_64/{request}/docker-host")
        assert head is not None
        assert calm.outside.live.has_commit(head)
    image, checksum, sheet = sorted(file.name for file in (pub / "images/updates/24/atomic-disk").iterdir())
    assert image.startswith("atomic-disk-24")
    assert (checksum, sheet) == (f"{image}-CHECKSUM", f"{image}-MANIFEST.json")
    assert not [path for path in (pub / ".relengotron-stage").rglob("*") if path.is_file()]


def test_bodhi_finishes_the_push_on_our_last_word(calm: Stage) -> None:
    assert {(update.status, update.locked) for update in calm.outside.bodhi.updates} == {
        ("testing", False),
        ("stable", False),
    }
    assert not calm.outside.bodhi.composes


def test_the_messages_of_a_lane_come_in_the_order_of_events(calm: Stage) -> None:
    topics = [body["topic"] for body in calm.said(lane="F24/stable")]
    assert topics[0] == "push.start"
    order = ["artifact.compose.start", "artifact.compose.complete", "artifact.published", "push.complete"]
    assert [topics.index(topic) for topic in order] == sorted(topics.index(topic) for topic in order)
    assert topics.count("artifact.published") == topics.count("artifact.compose.complete") == 4
    assert topics.count("push.complete") == 1


def test_every_message_names_run_lane_reason_and_links(calm: Stage) -> None:
    for body in calm.said():
        assert body["run"]
        assert body["lane"] in ("F24/testing", "F24/stable")
        assert body["links"]["koji"]
    assert calm.unsent() == 0
