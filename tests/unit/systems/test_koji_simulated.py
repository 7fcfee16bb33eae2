"""Does the Koji stand-in keep the rules that a recording cannot show completely?"""

from typing import Any

import koji
import pytest
from koji import xmlrpcplus

from relengotron.systems.koji.simulated import Hub
from relengotron.systems.koji.simulated.policy import DEFAULT_POLICIES

Message = tuple[str, dict[str, Any]]


@pytest.fixture
def heard() -> list[Message]:
    return []


@pytest.fixture
def hub(heard: list[Message]) -> Hub:
    hub = Hub.empty(clock=lambda: 1_462_190_400.0, announce=lambda topic, body: heard.append((topic, body)))
    hub.call("admin", "grantPermission", "relengotron", "releng", create=True)
    for tag in ("rawhide", "rawhide-pending", "somewhere"):
        hub.call("admin", "createTag", tag, arches="x86_64")
        hub.call("admin", "packageListAdd", tag, "bash", "plain")
    hub.call("admin", "createEmptyBuild", "bash", "1", "1", None)
    heard.clear()
    return hub


def _session(hub: Hub, name: str = "admin", password: str = "adminpw") -> tuple[int, str]:
    answer = hub.answer("login", [name, password], None)
    return answer["session-id"], answer["session-key"]


def _say(hub: Hub, who: tuple[int, str], number: int, method: str, *params: Any) -> Any:
    return hub.answer(method, list(params), (*who, str(number)))


# -- policy ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("user", "tag", "fromtag", "answer"),
    [
        ("relengotron", "rawhide", "rawhide-pending", "allow"),
        ("plain", "rawhide", "rawhide-pending", "deny tagging into that tag is for release engineering"),
        ("relengotron", "somewhere", None, "deny tagging into that tag is for release engineering"),
        ("admin", "somewhere", None, "allow"),
    ],
)
def test_the_first_rule_that_matches_decides(hub: Hub, user: str, tag: str, fromtag: str | None, answer: str) -> None:
    user_id = hub.call(None, "getUser", user)["id"]
    data = {"tag": tag, "fromtag": fromtag, "build": "bash-1-1", "operation": "move", "user_id": user_id}
    assert hub.call(None, "evalPolicy", "tag", data) == answer


def test_an_unknown_policy_is_an_error(hub: Hub) -> None:
    with pytest.raises(koji.GenericError, match="no such policy"):
        hub.call(None, "evalPolicy", "cooking", {})


def test_a_denial_names_the_rule_only_when_the_hub_is_verbose() -> None:
    rules = {"tag": "operation tag && user plain :: deny not you\nall :: allow"}
    for verbose in (True, False):
        hub = Hub.empty(policies=rules, verbose=verbose)
        hub.call("admin", "createTag", "t")
        hub.call("admin", "packageListAdd", "t", "bash", "plain")
        hub.call("admin", "createEmptyBuild", "bash", "1", "1", None)
        with pytest.raises(koji.ActionNotAllowed, match="not you") as denial:
            hub.call("plain", "tagBuild", "t", "bash-1-1")
        assert ("[rule:" in str(denial.value)) is verbose


@pytest.mark.parametrize(
    ("rule", "answer"),
    [
        ("package ba* :: allow", "allow"),
        ("version 2 :: allow", None),
        ("release 1 :: allow", "allow"),
        ("hastag rawhide* :: allow", None),
        ("buildtype rpm :: allow", None),
        ("imported :: allow", "allow"),
        ("buildtag f* :: allow", None),
        ("is_build_owner :: allow", "allow"),
        ("is_sidetag :: allow", None),
        ("is_sidetag_owner :: allow", None),
        ("user_in_group x :: allow", None),
        ("is_draft :: allow", None),
        ("operation move !! allow", "allow"),
        ("tag some* && operation tag :: allow", "allow"),
    ],
)
def test_each_test_looks_into_the_hub(hub: Hub, rule: str, answer: str | None) -> None:
    hub.policy.texts["mine"] = rule
    data = {"tag": "somewhere", "build": "bash-1-1", "operation": "tag"}
    assert hub.call("admin", "evalPolicy", "mine", data) == answer


def test_every_default_policy_can_be_read(hub: Hub) -> None:
    for name in DEFAULT_POLICIES:
        assert hub.policy.ruleset(name) is not None


# -- call numbers ----------------------------------------------------------------------------------------------------


def test_a_change_that_is_asked_again_with_its_number_is_refused(hub: Hub) -> None:
    who = _session(hub)
    _say(hub, who, 1, "createTag", "one")
    with pytest.raises(koji.RetryError):
        _say(hub, who, 1, "createTag", "two")
    assert hub.call(None, "getTag", "two") is None


def test_a_read_may_be_asked_again_with_its_number(hub: Hub) -> None:
    who = _session(hub)
    assert _say(hub, who, 1, "getTag", "rawhide") == _say(hub, who, 1, "getTag", "rawhide")


def test_a_write_that_changed_nothing_or_failed_may_be_asked_again(hub: Hub) -> None:
    who = _session(hub)
    for _ in range(2):
        _say(hub, who, 1, "packageListAdd", "rawhide", "bash", "plain")
        with pytest.raises(koji.GenericError, match="already exists"):
            _say(hub, who, 1, "createTag", "rawhide")


def test_a_lower_number_is_out_of_sequence(hub: Hub) -> None:
    who = _session(hub)
    _say(hub, who, 5, "createTag", "one")
    with pytest.raises(koji.SequenceError):
        _say(hub, who, 4, "getTag", "one")


def test_an_expired_session_keeps_its_id_when_it_is_renewed(hub: Hub) -> None:
    who = _session(hub)
    hub.expire_session(who[0])
    with pytest.raises(koji.AuthExpired):
        _say(hub, who, 1, "getTag", "rawhide")
    options = {"renew": True, "__starstar": True}
    renewed = _say(hub, who, 2, "login", "admin", "adminpw", options)
    assert renewed["session-id"] == who[0]
    assert renewed["session-key"] != who[1]


# -- all or nothing --------------------------------------------------------------------------------------------------


def test_a_failing_call_changes_nothing(hub: Hub, heard: list[Message]) -> None:
    before = hub.call(None, "listTagged", "rawhide")
    with pytest.raises(koji.GenericError, match="No such build"):
        hub.call("admin", "massTag", "rawhide", ["bash-1-1", "nothing-1-1"])
    assert hub.call(None, "listTagged", "rawhide") == before
    assert heard == []


def test_a_failing_part_of_a_multicall_is_undone_alone(hub: Hub, heard: list[Message]) -> None:
    calls = [
        {"methodName": "tagBuildBypass", "params": ["rawhide", "bash-1-1"]},
        {"methodName": "massTag", "params": ["somewhere", ["bash-1-1", "nothing-1-1"]]},
        {"methodName": "noSuchCall", "params": []},
        {"methodName": "tagBuildBypass", "params": ["rawhide-pending", "bash-1-1"]},
    ]
    first, second, third, fourth = _say(hub, _session(hub), 1, "multiCall", calls)
    assert (first, second["faultCode"], third["faultCode"], fourth) == ([None], 1000, 1000, [None])
    tags = {tag["name"] for tag in hub.call(None, "listTags", build="bash-1-1")}
    assert tags == {"rawhide", "rawhide-pending"}
    assert [(topic, body["tag"]) for topic, body in heard] == [
        ("buildsys.tag", "rawhide"),
        ("buildsys.tag", "rawhide-pending"),
    ]


# -- tasks -----------------------------------------------------------------------------------------------------------


def test_a_filter_that_the_hub_does_not_know_returns_every_task(hub: Hub) -> None:
    for _ in range(3):
        hub.call("admin", "build", "git://somewhere", "rawhide")
    assert len(hub.call(None, "listTasks", {"id": [1]})) == 3
    assert len(hub.call(None, "listTasks", {"state": [2]})) == 0


def test_a_move_is_one_event_and_two_messages(hub: Hub, heard: list[Message]) -> None:
    hub.call("admin", "addHost", "builder1", ["x86_64"])
    hub.call("admin", "tagBuildBypass", "rawhide-pending", "bash-1-1")
    task = hub.call("relengotron", "moveBuild", "rawhide-pending", "rawhide", "bash-1-1")
    heard.clear()
    hub.call("builder1", "host.openTask", task)
    hub.call("builder1", "host.tagBuild", task, *hub.call(None, "getTaskRequest", task))
    hub.call("builder1", "host.closeTask", task, xmlrpcplus.dumps((None,), methodresponse=1))
    rows = hub.call(None, "queryHistory", tables=["tag_listing"], build="bash-1-1")["tag_listing"]
    assert rows[0]["revoke_event"] == rows[1]["create_event"]
    assert [topic for topic, _body in heard] == [
        "buildsys.task.state.change",
        "buildsys.untag",
        "buildsys.tag",
        "buildsys.task.state.change",
    ]
    assert heard[2][1]["user"] == "relengotron"


def test_work_of_builders_needs_the_exclusive_session(hub: Hub) -> None:
    hub.call("admin", "addHost", "builder1", ["x86_64"])
    who = _session(hub, "builder1", "hostpw")
    with pytest.raises(koji.AuthError, match="exclusive"):
        _say(hub, who, 1, "host.getID")
    _say(hub, who, 2, "exclusiveSession")
    assert _say(hub, who, 3, "host.getID") == 1


def test_an_outage_is_told_to_everybody(hub: Hub) -> None:
    hub.offline = "back at ten"
    with pytest.raises(koji.ServerOffline, match="back at ten"):
        hub.answer("getAPIVersion", [], None)


def test_waiting_tasks_are_assigned_once_a_minute_at_most() -> None:
    now = [1_462_190_400.0]
    hub = Hub.empty(clock=lambda: now[0])
    hub.call("admin", "createTag", "t")
    hub.call("admin", "addHost", "builder1", ["x86_64"])
    hub.call("builder1", "host.updateHost", 0.0, True)
    first = hub.call("admin", "build", "git://somewhere", "t")
    assert [task["id"] for task in hub.call("builder1", "host.getTasks")] == [first]
    hub.call("builder1", "host.openTask", first)
    second = hub.call("admin", "build", "git://elsewhere", "t")
    assert hub.call("builder1", "host.getTasks") == []
    now[0] += 61
    assert [task["id"] for task in hub.call("builder1", "host.getTasks")] == [second]


def test_blocking_hides_a_build_that_is_tagged(hub: Hub) -> None:
    hub.call("admin", "tagBuildBypass", "rawhide", "bash-1-1")
    hub.call("admin", "packageListBlock", "rawhide", "bash")
    assert hub.call(None, "listTagged", "rawhide") == []
    hub.call("admin", "packageListUnblock", "rawhide", "bash")
    assert [build["nvr"] for build in hub.call(None, "listTagged", "rawhide")] == ["bash-1-1"]


def test_the_past_can_be_read(hub: Hub) -> None:
    before = hub.call(None, "getLastEvent")["id"]
    hub.call("admin", "tagBuildBypass", "rawhide", "bash-1-1")
    hub.call("admin", "deleteTag", "rawhide-pending")
    assert hub.call(None, "listTagged", "rawhide", event=before) == []
    assert hub.call(None, "getTag", "rawhide-pending", event=before)["query_event"] == before
    assert hub.call(None, "getTag", "rawhide-pending") is None
