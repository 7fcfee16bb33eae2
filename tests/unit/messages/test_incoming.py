import copy
from typing import Any

import pytest

from relengotron.errors import MalformedInput
from relengotron.messages.incoming import PARSERS, understand
from relengotron.model.events import (
    BuildTagged,
    BuildUntagged,
    ComposeKey,
    Ignored,
    PushRequested,
    RequestedBatch,
    RequestedUpdate,
    ResultStored,
    RpmSigned,
    TaskState,
    TaskStateChanged,
    UpdateChange,
    UpdateChanged,
)
from tests.unit.messages.builders import ALIAS, BODIES, NVR, an_envelope


def meaning(suffix: str, body: Any = None, **changed: Any) -> object:
    body = copy.deepcopy(BODIES[suffix][0] if body is None else body)
    return understand(an_envelope(suffix, body | changed))


def test_a_push_request_of_2015_lists_titles_and_aliases() -> None:
    assert meaning("bodhi.masher.start") == PushRequested(
        "releng", False, updates=(NVR, "bind-9.10.2-2.P1.fc22,dnsperf-2.0.0.0-16.fc22", ALIAS)
    )


@pytest.mark.parametrize("suffix", ["bodhi.masher.start", "bodhi.composer.start"])
def test_a_push_request_since_api_version_2_lists_composes(suffix: str) -> None:
    body = BODIES["bodhi.masher.start"][1]
    assert meaning(suffix, body) == PushRequested(
        "releng", True, composes=(ComposeKey(23, None, "testing", "rpm", False),)
    )


def test_only_rpm_composes_are_pushed() -> None:
    both = meaning("bodhi.composer.start")
    assert both == PushRequested("releng", False, composes=(ComposeKey(23, None, "stable", "rpm", True),))

    containers = [dict(BODIES["bodhi.composer.start"][0]["composes"][1])]
    assert meaning("bodhi.composer.start", composes=containers) == Ignored(
        "a push of content type container; relengotron pushes rpm only"
    )


def test_our_own_push_request_lists_everything() -> None:
    assert meaning("relengotron.push.request") == PushRequested(
        "releng",
        False,
        batches=(RequestedBatch("F24", "testing", (RequestedUpdate(ALIAS, NVR, (NVR,)),)),),
        request_id="push-1",
    )


def test_an_update_without_builds_is_well_formed_so_that_it_can_be_ejected_by_name() -> None:
    empty = [{"release": "F24", "request": "testing", "updates": [{"alias": ALIAS, "title": NVR, "builds": []}]}]
    asked = meaning("relengotron.push.request", batches=empty)
    assert isinstance(asked, PushRequested)
    assert asked.batches[0].updates[0].builds == ()


def test_a_lane_listed_twice_is_refused() -> None:
    batch = BODIES["relengotron.push.request"][0]["batches"][0]
    with pytest.raises(MalformedInput, match=r"msg\.batches\.1: the lane F24/testing is listed twice"):
        meaning("relengotron.push.request", batches=[batch, batch])


@pytest.mark.parametrize(
    ("suffix", "changed"),
    [
        ("bodhi.masher.start", {"updates": []}),
        ("bodhi.composer.start", {"composes": []}),
        ("relengotron.push.request", {"batches": []}),
        ("relengotron.push.request", {"batches": [{"release": "F24", "request": "stable", "updates": []}]}),
    ],
)
def test_a_request_for_nothing_is_ignored(suffix: str, changed: dict[str, Any]) -> None:
    assert isinstance(meaning(suffix, **changed), Ignored)


@pytest.mark.parametrize("what", list(UpdateChange))
def test_changes_of_an_update_are_told_apart(what: UpdateChange) -> None:
    update = {"update": {"alias": ALIAS, "title": NVR}}
    body = {"comment": update | {"karma": 1}} if what is UpdateChange.COMMENT else update
    assert understand(an_envelope(f"bodhi.update.{what}", body)) == UpdateChanged(ALIAS, NVR, what)


def test_a_comment_names_its_update_or_is_passed_over() -> None:
    def said(**comment: str) -> object:
        return understand(an_envelope("bodhi.update.comment", {"comment": comment}))

    assert said(update_alias=ALIAS) == UpdateChanged(ALIAS, None, UpdateChange.COMMENT)
    assert said(update_title=NVR, author="ralph") == UpdateChanged(None, NVR, UpdateChange.COMMENT)
    assert isinstance(said(text="hello"), Ignored)


def test_an_update_needs_a_name() -> None:
    with pytest.raises(MalformedInput, match="neither alias nor title"):
        meaning("bodhi.update.edit", update={"alias": None})


def test_a_task_that_ended_is_read() -> None:
    assert meaning("buildsys.task.state.change") == TaskStateChanged(
        14300012, "createLiveCD", TaskState.OPEN, TaskState.CLOSED
    )


def test_tagging_and_untagging_are_read() -> None:
    assert meaning("buildsys.tag") == BuildTagged(NVR, "f24-updates-testing", "bodhi")
    assert meaning("buildsys.untag") == BuildUntagged(NVR, "f24-updates-testing-pending", None)


def test_both_shapes_of_a_signature_are_read() -> None:
    old, new = BODIES["buildsys.rpm.sign"]
    assert meaning("buildsys.rpm.sign", old) == RpmSigned(None, 720000, "bash-doc-4.3.42-1.fc24.x86_64", "ab845621")
    assert meaning("buildsys.rpm.sign", new) == RpmSigned(NVR, 720000, f"{NVR}.src", "ab845621")


@pytest.mark.parametrize("suffix", [suffix for suffix in PARSERS if suffix.startswith("buildsys.")])
@pytest.mark.parametrize("instance", ["arm", "ppc", "s390"])
def test_secondary_koji_instances_are_ignored(suffix: str, instance: str) -> None:
    assert meaning(suffix, instance=instance) == Ignored(f"from the secondary Koji instance {instance}")


def test_results_of_both_senders_are_read() -> None:
    assert meaning("taskotron.result.new") == ResultStored("dist.depcheck", "PASSED", NVR, "koji_build", 7)
    assert meaning("resultsdb.result.new") == ResultStored(
        "compose.cloud.all", "FAILED", "Fedora-Rawhide-20180726.n.2", "compose", 23066919
    )


def test_resultsdb_spoke_like_taskotron_until_2018() -> None:
    body = BODIES["taskotron.result.new"][0]
    assert meaning("resultsdb.result.new", body) == meaning("taskotron.result.new")


def test_a_compose_result_may_name_only_the_compose() -> None:
    result = meaning("resultsdb.result.new", data={"productmd.compose.id": ["Fedora-24-20160601.n.0"]})
    assert isinstance(result, ResultStored)
    assert (result.type, result.item) == ("compose", "Fedora-24-20160601.n.0")


@pytest.mark.parametrize(
    ("suffix", "changed", "path"),
    [
        ("bodhi.masher.start", {"updates": [NVR, 7]}, "msg.updates.1"),
        ("bodhi.masher.start", {"updates": "bash"}, "msg.updates"),
        ("bodhi.masher.start", {"resume": "yes"}, "msg.resume"),
        ("bodhi.masher.start", {"updates": ["../../etc/passwd-1-1"]}, "msg.updates.0"),
        ("bodhi.masher.start", {"api_version": 3}, "msg.api_version"),
        ("bodhi.composer.start", {"composes": [{"request": "testing"}]}, "msg.composes.0"),
        ("bodhi.composer.start", {"composes": [{"request": "everywhere", "release_id": 1}]}, "msg.composes.0.request"),
        ("bodhi.update.edit", {"update": "bash"}, "msg.update"),
        ("buildsys.task.state.change", {"id": "14300012"}, "msg.id"),
        ("buildsys.task.state.change", {"id": True}, "msg.id"),
        ("buildsys.task.state.change", {"id": 2**70}, "msg.id"),
        ("buildsys.task.state.change", {"new": "EXPLODED"}, "msg.new"),
        ("buildsys.tag", {"tag": "f24/../f25"}, "msg.tag"),
        ("buildsys.tag", {"name": "-rf"}, "msg.name"),
        ("buildsys.tag", {"version": "4.3\n"}, "msg.version"),
        ("buildsys.rpm.sign", {"info": {"name": "bash"}}, "msg.info.version: missing"),
        ("taskotron.result.new", {"result": {"id": 1, "outcome": 1}}, "msg.result.outcome"),
        ("resultsdb.result.new", {"testcase": {"name": None}}, "msg.testcase.name"),
        ("relengotron.push.request", {"agent": "a\x00b"}, "msg.agent"),
        ("relengotron.push.request", {"request_id": "a b"}, "msg.request_id"),
    ],
)
def test_a_wrong_type_or_name_is_refused_with_its_key_path(suffix: str, changed: dict[str, Any], path: str) -> None:
    with pytest.raises(MalformedInput) as refused:
        meaning(suffix, **changed)
    assert f"{suffix}: {path}" in str(refused.value)


@pytest.mark.parametrize(
    ("suffix", "reason"),
    [
        ("relengotron.push.start", "an announcement of relengotron itself"),
        ("bodhi.update.editor", "a change of an update that does not touch a push"),
        ("buildsys.tagging", "not a topic relengotron acts on"),
        ("pagure.issue.new", "not a topic relengotron acts on"),
    ],
)
def test_other_topics_are_ignored_with_a_reason(suffix: str, reason: str) -> None:
    assert understand(an_envelope(suffix, {"anything": [1, None]})) == Ignored(reason)
