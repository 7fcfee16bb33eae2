"""Does our client understand every answer that a real hub gave to the questions it asks?"""

import json
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from xmlrpc.client import Fault

import koji as lib
import pytest

from relengotron.errors import NotTaggedThere, RelengError, RequestRefused, SystemUnreachable
from relengotron.systems.koji.calls import Calls
from relengotron.systems.koji.client import KojiHub
from relengotron.systems.koji.port import Build, Rpm, TaggedBuild, TaskState
from tests.conftest import Tell

RECORDING: list[dict[str, Any]] = json.loads((Path(__file__).parents[1] / "corpus" / "koji-calls.json").read_text())
NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
BASH = Build("bash-1-1", "bash", (Rpm(2, "bash", "1", "1", "noarch"),))
KEY = "f709d8a2"
COMPLETE = {"id": 1, "state": 1, "package_name": "bash", "name": "bash"}
ANYWAY: dict[str, Any] = {
    "getBuild": COMPLETE,
    "listRPMs": [],
    "getTaskResult": None,
    "getTaskDescendents": {},
    "getLoggedInUser": {"id": 2, "name": "relengotron"},
    "getKojiVersion": "1.35.3",
    "listTasks": [],
    "findBuildID": 7,
    "getTagID": 8,
    "checkTagAccess": [True, False, ""],
    "queryHistory": {},
    "getLastEvent": {"id": 120, "ts": 1795384575.3},
    "getChannel": {"id": 9, "name": "runroot"},
    "evalPolicy": "allow",
}
Verb = Callable[[KojiHub, dict[str, Any]], Any]
VERBS: dict[str, Verb] = {
    "getBuild": lambda koji, _: koji.builds({"bash-1-1"}),
    "listRPMs": lambda koji, _: koji.builds({"bash-1-1"}),
    "listTags": lambda koji, _: koji.tags_of(["bash-1-1"]),
    "queryRPMSigs": lambda koji, _: koji.unsigned_rpms([BASH], KEY),
    "getTaskInfo": lambda koji, _: koji.tasks([1]),
    "getTaskResult": lambda koji, _: koji.task_result(1),
    "getTaskDescendents": lambda koji, entry: koji.why_failed(entry["args"][0]),
    "listTasks": lambda koji, _: koji.find_tasks("any", NOON, ""),
    "findBuildID": lambda koji, _: koji.move_tasks_since(NOON, "bash-1-1", "a", "b"),
    "getTagID": lambda koji, _: koji.move_tasks_since(NOON, "bash-1-1", "a", "b"),
    "getLoggedInUser": lambda koji, _: koji.identity(),
    "getKojiVersion": lambda koji, _: koji.identity(),
    "getPerms": lambda koji, _: koji.permissions(),
    "getTag": lambda koji, _: koji.tags(["f24"]),
    "getBuildTarget": lambda koji, _: koji.target("f24"),
    "listHosts": lambda koji, _: koji.hosts("runroot"),
    "checkTagAccess": lambda koji, _: [koji.why_not_move("a", "b"), koji.before_moves([("bash-1-1", "a", "b")])],
    "evalPolicy": lambda koji, _: [koji.why_not_move("a", "b"), koji.before_moves([("bash-1-1", "a", "b")])],
    "newRepo": lambda koji, _: koji.request_repo("f24-build"),
    "queryHistory": lambda koji, _: [koji.why_not_move("a", "b"), koji.tags_ever(["bash-1-1"]), _changes(koji)],
    "getLastEvent": lambda koji, _: _changes(koji),
    "listTagged": lambda koji, _: [koji.tagged("f24"), koji.tagged_of("f24", ["bash"])],
    "moveBuild": lambda koji, _: koji.move_builds([("bash-1-1", "a", "b")]),
    "untagBuild": lambda koji, _: koji.untag_builds([("bash-1-1", "a")]),
    "writeSignedRPM": lambda koji, _: koji.write_signed_copies([BASH], KEY),
    "runroot": lambda koji, _: Calls.act(koji._calls, "runroot"),
    "buildImageOz": lambda koji, _: Calls.act(koji._calls, "buildImageOz"),
    "cancelTask": lambda koji, _: koji.cancel_task(1),
    "multiCall": lambda koji, entry: koji._calls.read_many([("any", (), {})] * len(entry["args"][0])),
}


def _changes(koji: KojiHub) -> Any:
    return koji.tag_changes(["f24"], 119)


OUTSIDE_OUR_USE: dict[str, Callable[[dict[str, Any]], bool]] = {
    "getTaskInfo": lambda entry: not isinstance(entry.get("result", []), list | dict | None),
    "listTasks": lambda entry: not entry["kwargs"].get("opts", {}).get("decode"),
    "queryHistory": lambda entry: "tag_listing" not in entry.get("result", {}),
    "getLastEvent": lambda entry: entry["result"] is None if "result" in entry else bool(entry["args"]),
    "getBuildTarget": lambda entry: bool(entry["kwargs"].get("strict")),
    "multiCall": lambda entry: "fault" in entry,
}


class Recorded:
    """A session, or a batch of calls, that answers as the hub did; what was not recorded gets an ordinary answer."""

    are_anonymous = False

    def __init__(self, method: str, entry: Mapping[str, Any]) -> None:
        self.method = method
        self.entry = entry
        self.batch: list[str] = []

    @property
    def reader(self) -> "Recorded":
        return self

    @property
    def writer(self) -> "Recorded":
        return self

    def forget_writer(self) -> None:
        """There is no other."""

    def callMethod(self, name: str, *_words: Any, **_named: Any) -> Any:
        if name != self.method:
            return ANYWAY.get(name)
        if "fault" in self.entry:
            raise lib.convertFault(Fault(self.entry["fault"]["faultCode"], self.entry["fault"]["faultString"]))
        return self.entry["result"]

    def multicall(self) -> "Batch":
        return Batch(self)


class Batch:
    """Calls that travel together."""

    def __init__(self, session: Recorded) -> None:
        self.session = session
        self.names: list[str] = []

    def callMethod(self, name: str, *_words: Any, **_named: Any) -> None:
        self.names.append(name)

    def call_all(self) -> list[Any]:
        if self.session.method == "multiCall":
            result: list[Any] = self.session.entry["result"]
            return result
        return [self._item(name) for name in self.names]

    def _item(self, name: str) -> Any:
        if name == self.session.method and "fault" in self.session.entry:
            return self.session.entry["fault"]
        return [self.session.callMethod(name)]


def _hub(method: str, entry: Mapping[str, Any]) -> KojiHub:
    return KojiHub(Recorded(method, entry))  # type: ignore[arg-type]


def _used() -> list[dict[str, Any]]:
    return [
        entry
        for entry in RECORDING
        if entry["method"] in VERBS and "http_status" not in entry and not _is_outside_our_use(entry)
    ]


def _is_outside_our_use(entry: dict[str, Any]) -> bool:
    judge = OUTSIDE_OUR_USE.get(entry["method"])
    return judge is not None and judge(entry)


def _as_a_list(entry: dict[str, Any]) -> dict[str, Any]:
    """We ask for tasks by lists of ids."""
    if entry["method"] == "getTaskInfo" and not isinstance(entry.get("result", []), list):
        return {**entry, "result": [entry["result"]]}
    return entry


def _seen(verb: Verb, hub: KojiHub, entry: dict[str, Any]) -> Any:
    try:
        return verb(hub, entry)
    except RelengError as told:
        return told


def test_every_answer_of_the_real_hub_is_understood(tell: Tell) -> None:
    """Nothing but our own errors and values leaves the client, and a fault never looks like an empty answer."""
    counted: Counter[str] = Counter()
    believed = []
    for entry in map(_as_a_list, _used()):
        came = _seen(VERBS[entry["method"]], _hub(entry["method"], entry), entry)
        counted[entry["method"]] += 1
        if "fault" in entry and not _is_refusal_or_known_absence(came, entry):
            believed.append((entry["seq"], entry["method"], entry["fault"], came))
    tell(f"\nkoji client: {sum(counted.values())} recorded exchanges of {len(counted)} methods understood")
    assert not believed
    assert set(counted) == set(VERBS)


def _is_refusal_or_known_absence(came: Any, entry: Mapping[str, Any]) -> bool:
    if isinstance(came, RelengError):
        return True
    if isinstance(came, Mapping) and any(isinstance(each, RelengError) for each in came.values()):
        return True
    return str(entry["fault"]["faultString"]).startswith(("No such", "invalid format"))


@pytest.mark.parametrize(
    ("code", "text"),
    sorted(
        {
            (e["fault"]["faultCode"], e["fault"]["faultString"].partition(":")[0])
            for e in RECORDING
            if "fault" in e and e["fault"].get("faultCode")
        }
    ),
)
def test_every_recorded_fault_has_a_meaning(code: int, text: str) -> None:
    from relengotron.systems.koji.failures import meaning_of

    assert isinstance(meaning_of(lib.convertFault(Fault(code, text)), acting=True), RelengError)


def test_what_the_recorded_tasks_say() -> None:
    children = next(e for e in RECORDING if e["method"] == "getTaskDescendents" and e["args"] == [24])
    failed = [child["id"] for row in children["result"].values() for child in row if child["state"] == 5]
    hub = _hub("getTaskDescendents", children)
    assert hub.why_failed(24) == f"task {max([24, *failed])} failed without a word"
    answer = next(e for e in RECORDING if e["method"] == "getTaskResult" and "faultCode" in (e.get("result") or {}))
    assert "already tagged" in _hub("getTaskResult", answer).why_failed(2)
    many = next(e for e in RECORDING if e["method"] == "getTaskInfo" and isinstance(e.get("result"), list))
    tasks = _hub("getTaskInfo", many).tasks([1])
    assert len(tasks) == sum(row is not None for row in many["result"])
    assert all(task.created_at is not None and task.created_at.tzinfo is not None for task in tasks.values())


def test_faults_of_sub_calls_are_told_apart() -> None:
    untag = next(e for e in RECORDING if e["seq"] == 566)
    came = _hub("multiCall", untag)._calls.act_many([("untagBuild", (), {})] * 3)
    assert [type(each) for each in came] == [type(None), NotTaggedThere, type(None)]
    mixed = next(e for e in RECORDING if e["seq"] == 565)
    with pytest.raises(RequestRefused, match="Invalid method: nosuchmethod"):
        _hub("multiCall", mixed)._calls.read_many([("any", (), {})] * 5)


def test_a_recorded_listing_of_a_tag() -> None:
    entry = next(e for e in RECORDING if e["method"] == "listTagged" and e["args"] == ["rawhide-pending"])
    found = _hub("listTagged", entry).tagged("rawhide-pending")
    assert found[0] == TaggedBuild("python-six-1.10.0-3.fc25", "python-six", "0", "admin", 104)
    assert [each.nvr for each in found] == [row["nvr"] for row in entry["result"]]


def test_a_recorded_move_shows_in_the_history() -> None:
    bodhi = "bodhi-2.1.0-2.fc24"
    entry = next(e for e in RECORDING if e["method"] == "queryHistory" and e["kwargs"] == {"build": bodhi})
    assert _hub("queryHistory", entry).tags_ever([bodhi]) == {bodhi: {"rawhide-pending", "rawhide"}}


def test_a_recorded_history_of_a_tag_says_what_is_in_it() -> None:
    history = next(e for e in RECORDING if e["method"] == "queryHistory" and e["kwargs"].get("tag") == "rawhide")
    listed = next(e for e in RECORDING if e["seq"] == 381)  # the same tag, a moment before
    found = _hub("queryHistory", history).tag_changes(["rawhide"], 0).builds["rawhide"]
    assert {nvr for nvr, is_there in found.items() if is_there} == {row["nvr"] for row in listed["result"]}


# -- hubs of 2015 ----------------------------------------------------------------------------------------------------


def _bare(row: Mapping[str, Any], *keys: str) -> dict[str, Any]:
    return {key: row[key] for key in keys}


def test_an_old_hub_may_leave_keys_out() -> None:
    task = {"id": 1, "method": "runroot", "state": 3}
    assert _hub("getTaskInfo", {"result": [task, None]}).tasks([1])[1].state is TaskState.CANCELLED
    assert _hub("listTasks", {"result": [task]}).find_tasks("runroot", NOON, "")[0].request == ()
    row = {"nvr": "bash-1-1", "name": "bash", "create_event": 7}
    assert _hub("listTagged", {"result": [row]}).tagged("f24") == (TaggedBuild("bash-1-1", "bash", "0", "", 7),)
    build = {"id": 1, "name": "bash", "state": 1}
    assert _hub("getBuild", {"result": build}).builds({"bash-1-1"})["bash-1-1"].package == "bash"
    tag = _hub("getTag", {"result": {"id": 1, "name": "f24", "arches": None}}).tags(["f24"])["f24"]
    assert (tag.arches, tag.is_locked, tag.permission) == ((), False, None)
    host = {"id": 1, "name": "builder1", "arches": None}
    assert _hub("listHosts", {"result": [host]}).hosts("runroot")[0].seen_at is None


def test_an_old_hub_tells_wrong_arguments_as_a_defect_of_its_own() -> None:
    fault = {"faultCode": 1, "faultString": 'Traceback (most recent call last):\n  File "a"\n    x()\nTypeError: no'}
    with pytest.raises(SystemUnreachable, match="TypeError: no"):
        _hub("getTaskInfo", {"fault": fault}).tasks([1])
    with pytest.raises(RequestRefused, match="TypeError: no"):
        _hub("cancelTask", {"fault": fault}).cancel_task(1)
