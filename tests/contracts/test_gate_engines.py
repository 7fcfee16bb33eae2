"""How are Greenwave and WaiverDB asked, and what do their refusals, silences and lies lead to?"""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
import requests
from flask import Flask, Response, jsonify

from relengotron.errors import MalformedInput, RequestRefused, SystemUnreachable
from relengotron.model.gate import Finding, Question, RequirementState, Subject
from relengotron.model.policy import PassingTestCase, Policy
from relengotron.model.waiver import Waiver
from relengotron.systems.bodhi.client import BodhiClient
from relengotron.systems.gate.client import GreenwaveGate
from relengotron.systems.gate.own import OwnGate
from relengotron.systems.gate.simulated import SimulatedGreenwave
from relengotron.systems.gate.simulated import create_app as greenwave_app
from relengotron.systems.inprocess import WsgiAdapter
from relengotron.systems.rest import RestService
from relengotron.systems.resultsdb.client import ResultsDbClient
from relengotron.systems.resultsdb.simulated import SimulatedResultsDb
from relengotron.systems.resultsdb.simulated import create_app as resultsdb_app
from relengotron.systems.waiverdb.client import WaiverDbClient
from relengotron.systems.waiverdb.simulated import SimulatedWaiverDb
from relengotron.systems.waiverdb.simulated import create_app as waiverdb_app

NOW = datetime(2016, 11, 1, tzinfo=UTC)
BUILDS = tuple(Subject("koji_build", f"bash-4.3.{n}-1.fc24", f"bash-4.3.{n}-1.fc24") for n in range(19))
UPDATE = Subject("bodhi_update", "FEDORA-2016-0000000001", "FEDORA-2016-0000000001")
CONTEXT, PRODUCT = "bodhi_update_push_stable", "fedora-24"
POLICY = {
    "id": "lint",
    "product_versions": ["fedora-*"],
    "decision_contexts": [CONTEXT],
    "subject_types": ["koji_build"],
    "rules": [{"test_case_name": "dist.rpmdeplint"}],
}


def service(app: Any) -> RestService:
    session = requests.Session()
    session.trust_env = False
    session.mount("http://there.stage", WsgiAdapter(app))
    return RestService("http://there.stage/api/v1.0", session)


def found(app: Any, *subjects: Subject) -> tuple[Finding, ...]:
    gate = GreenwaveGate(service(app), ("koji_build", "bodhi_update"))
    return gate.findings(Question(CONTEXT, PRODUCT, subjects, (), NOW)).found


def test_eight_subjects_of_one_type_are_asked_about_in_a_request() -> None:
    greenwave = SimulatedGreenwave([POLICY])
    findings = found(greenwave_app(greenwave), UPDATE, *BUILDS)
    assert sorted(greenwave.asked) == [1, 3, 8, 8]
    assert {each.state for each in findings} == {RequirementState.MISSING}
    assert len(findings) == len(BUILDS)


def test_what_it_is_not_asked_about_is_not_sent() -> None:
    greenwave = SimulatedGreenwave([POLICY])
    assert found(greenwave_app(greenwave), Subject("compose", "sha256:abc", "tree")) == ()
    assert not greenwave.asked


def test_a_policy_gap_is_told_for_every_subject_and_is_no_pass() -> None:
    findings = found(greenwave_app(SimulatedGreenwave([])), *BUILDS[:2], UPDATE)
    assert [(each.requirement.item, each.state) for each in findings] == [
        (build.item, RequirementState.POLICY_MISSING) for build in BUILDS[:2]
    ]
    assert "no applicable policies for koji_build subjects" in findings[0].note


def _answering(status: int, body: Any) -> Flask:
    app = Flask("broken_greenwave")

    @app.post("/api/v1.0/decision")
    def decision() -> tuple[Response, int]:
        return jsonify(body), status

    @app.get("/api/v1.0/about")
    def about() -> Response:
        return jsonify(["no", "version"])

    return app


@pytest.mark.parametrize("status", [500, 502, 503, 504, 429])
def test_a_greenwave_that_cannot_answer_is_a_source_that_is_down(status: int) -> None:
    (finding,) = found(_answering(status, {"message": "later"}), BUILDS[0])
    assert finding.state is RequirementState.SOURCE_DOWN
    assert str(status) in finding.note


def _decision(**change: Any) -> dict[str, Any]:
    passed: dict[str, Any] = {
        "type": "test-result-passed",
        "testcase": "t",
        "subject_type": "koji_build",
        "result_id": 1,
    }
    passed |= {"subject_identifier": BUILDS[0].item, "scenario": None}
    sound = {"policies_satisfied": True, "applicable_policies": ["lint"], "satisfied_requirements": [passed]}
    return sound | {"unsatisfied_requirements": [], "results": [], "waivers": []} | change


FAILED: dict[str, Any] = {"type": "test-result-failed", "testcase": "t", "subject_type": "koji_build", "scenario": None}
FAILED |= {"subject_identifier": BUILDS[0].item, "result_id": 1}
LIES = {
    "nothing": {},
    "a list": [1],
    "a pass of another": _decision(satisfied_requirements=[FAILED | {"subject_identifier": "zsh-1-1"}]),
    "satisfied with a failure": _decision(unsatisfied_requirements=[FAILED]),
    "not satisfied without a reason": _decision(policies_satisfied=False),
    "satisfied as text": _decision(policies_satisfied="yes"),
    "a word nobody knows": _decision(satisfied_requirements=[FAILED | {"type": "test-result-splendid"}]),
    "no waivers told": {key: value for key, value in _decision().items() if key != "waivers"},
}


@pytest.mark.parametrize("answer", LIES.values(), ids=list(LIES))
def test_an_answer_that_contradicts_itself_opens_nothing(answer: Any) -> None:
    (finding,) = found(_answering(200, answer), BUILDS[0])
    assert finding.state is RequirementState.ERRORED


def test_a_sound_answer_is_believed() -> None:
    (finding,) = found(_answering(200, _decision()), BUILDS[0])
    assert finding.state is RequirementState.PASSED


def test_waived_without_a_waiver_to_show_is_told_as_failed() -> None:
    waived = FAILED | {"type": "test-result-failed-waived", "waiver_id": 3}
    (finding,) = found(_answering(200, _decision(satisfied_requirements=[waived])), BUILDS[0])
    assert finding.state is RequirementState.FAILED


@pytest.mark.parametrize(("outcome", "state"), [("QUEUED", "queued"), ("RUNNING", "running"), (None, "missing")])
def test_missing_queued_and_running_are_told_apart(outcome: str | None, state: str) -> None:
    data = {"item": [BUILDS[0].item], "type": ["koji_build"]}
    row = {"id": 1, "testcase": {"name": "dist.rpmdeplint"}, "outcome": outcome, "data": data}
    greenwave = SimulatedGreenwave([POLICY], lambda: [row] if outcome else [])
    (finding,) = found(greenwave_app(greenwave), BUILDS[0])
    assert str(finding.state) == state


def test_it_says_who_it_is_and_a_stranger_is_refused() -> None:
    assert GreenwaveGate(service(greenwave_app(SimulatedGreenwave())), ()).identity().startswith("http://there.stage")
    with pytest.raises(MalformedInput):
        GreenwaveGate(service(_answering(200, {})), ()).identity()


@pytest.fixture
def waiverdb() -> SimulatedWaiverDb:
    return SimulatedWaiverDb(lambda: NOW.timestamp())


def _waiver(build: Subject, **change: Any) -> dict[str, Any]:
    about = {"subject_type": build.type, "subject_identifier": build.item, "testcase": "dist.rpmdeplint"}
    return about | {"product_version": PRODUCT, "comment": "known"} | change


def test_the_newest_word_of_each_person_is_read(waiverdb: SimulatedWaiverDb) -> None:
    client = WaiverDbClient(service(waiverdb_app(waiverdb)))
    waiverdb.create(_waiver(BUILDS[0]), "alice")
    waiverdb.create(_waiver(BUILDS[0]), "bob")
    waiverdb.create(_waiver(BUILDS[0], waived=False), "alice")
    waiverdb.create(_waiver(BUILDS[1]), "alice")
    read = {each.who: each for each in client.waivers_of(BUILDS[:1])}
    assert {who: each.is_active(NOW) for who, each in read.items()} == {"alice": False, "bob": True}
    assert (read["bob"].id, read["bob"].at, read["bob"].item) == ("waiverdb 2", NOW, BUILDS[0].item)
    assert len(client.waivers_of([replace(each) for each in BUILDS] * 9)) == 3
    assert client.identity()


MINE = Waiver("", BUILDS[0].type, BUILDS[0].item, "dist.rpmdeplint", PRODUCT, "alice", "known", NOW)


def _writer(waiverdb: SimulatedWaiverDb, token: str = "proxy-token") -> WaiverDbClient:
    session = requests.Session()
    session.mount("http://there.stage", WsgiAdapter(waiverdb_app(waiverdb)))
    session.headers["Authorization"] = f"Bearer {token}"
    return WaiverDbClient(RestService("http://there.stage/api/v1.0", session))


def test_a_waiver_is_given_in_the_name_of_its_person_and_withdrawn_again(waiverdb: SimulatedWaiverDb) -> None:
    waiverdb.tokens["proxy-token"], waiverdb.proxies = "relengotron", {"relengotron"}
    client = _writer(waiverdb)
    for _ in range(2):
        client.give(MINE)
    (given,) = client.waivers_of(BUILDS[:1])
    assert (given.who, given.why, given.is_active(NOW)) == ("alice", "known", True)
    assert client.give(replace(MINE, is_waived=False)) == "waiverdb 3"
    assert not client.waivers_of(BUILDS[:1])[0].is_active(NOW)


def test_who_may_not_speak_for_others_gives_no_waiver(waiverdb: SimulatedWaiverDb) -> None:
    waiverdb.tokens["proxy-token"] = "relengotron"
    for token, told in (("proxy-token", "proxyuser"), ("forged", "401")):
        with pytest.raises(RequestRefused, match=told):
            _writer(waiverdb, token).give(MINE)
    assert not waiverdb.rows


def test_a_waiver_that_was_not_taken_as_given_is_told() -> None:
    app, row = Flask("another"), _waiver(BUILDS[0]) | {"id": 1, "timestamp": "2016-11-01", "waived": True}

    @app.post("/api/v1.0/waivers/")
    def give() -> tuple[Response, int]:
        return jsonify(row | {"username": "relengotron"}), 201

    with pytest.raises(MalformedInput, match="another waiver"):
        WaiverDbClient(service(app)).give(MINE)


def _store(results: SimulatedResultsDb, **forged: Any) -> None:
    data = {"item": BUILDS[0].item, "type": "koji_build"} | forged
    testcase, groups = data.pop("testcase", "dist.rpmdeplint"), data.pop("groups", [])
    results.create_result({"testcase": testcase, "outcome": "PASSED", "data": data, "groups": groups})


def test_a_forged_result_opens_nothing() -> None:
    results = SimulatedResultsDb(lambda: NOW.timestamp())
    session = requests.Session()
    session.mount("http://results.stage", WsgiAdapter(resultsdb_app(results)))
    resultsdb = ResultsDbClient(RestService("http://results.stage/api/v2.0", session))
    gate = OwnGate(resultsdb, BodhiClient(RestService("http://bodhi.stage")))
    rules = (PassingTestCase("dist.rpmdeplint", "uefi"),)
    policy = Policy("p", ("fedora-24",), (CONTEXT,), ("koji_build",), rules)
    question = Question(CONTEXT, PRODUCT, BUILDS[:1], (policy,), NOW)
    for forged in (
        {"item": BUILDS[1].item},
        {"item": f"{BUILDS[0].item} "},
        {"type": "compose"},
        {"testcase": "dist.rpmdeplint.mine"},
        {"scenario": "bios"},
        {"groups": ["a-group-of-ours"]},
    ):
        _store(results, **{"scenario": "uefi"} | forged if "groups" not in forged else forged)
    assert [each.state for each in gate.findings(question).found] == [RequirementState.MISSING]
    _store(results, scenario="uefi")
    assert [each.state for each in gate.findings(question).found] == [RequirementState.PASSED]


def test_what_was_said_of_a_build_before_it_came_once_more_counts_no_longer() -> None:
    clock = iter([NOW.timestamp() - 1, NOW.timestamp() + 1, NOW.timestamp() + 2])
    results = SimulatedResultsDb(lambda: next(clock))
    session = requests.Session()
    session.mount("http://results.stage", WsgiAdapter(resultsdb_app(results)))
    resultsdb = ResultsDbClient(RestService("http://results.stage/api/v2.0", session))
    gate = OwnGate(resultsdb, BodhiClient(RestService("http://bodhi.stage")))
    policy = Policy("p", ("fedora-24",), (CONTEXT,), ("koji_build",), (PassingTestCase("dist.rpmdeplint"),))
    released, other = BUILDS[:2]
    question = Question(CONTEXT, PRODUCT, (released, other), (policy,), NOW, since={released.item: NOW})

    _store(results, item=[released.item, other.item])
    assert [each.state for each in gate.findings(question).found] == [
        RequirementState.MISSING,
        RequirementState.PASSED,
    ]
    _store(results)
    assert [each.state for each in gate.findings(question).found] == [RequirementState.PASSED] * 2


def test_a_resultsdb_that_answers_nonsense_is_a_source_that_is_down_and_fails_nothing() -> None:
    app = Flask("nonsense")

    @app.get("/api/v1.0/results/latest")
    @app.get("/api/v1.0/results")
    def results() -> Response:
        return jsonify({"data": [{"id": "seven"}]})

    policy = Policy("p", ("fedora-24",), (CONTEXT,), ("koji_build",), (PassingTestCase("dist.rpmdeplint"),))
    gate = OwnGate(ResultsDbClient(service(app)), BodhiClient(RestService("http://bodhi.stage")))
    (finding,) = gate.findings(Question(CONTEXT, PRODUCT, BUILDS[:1], (policy,), NOW)).found
    assert finding.state is RequirementState.SOURCE_DOWN
    assert "no page of results" in finding.note


def test_waivers_nobody_asked_about_and_rows_that_are_none_are_refused() -> None:
    for data in (
        [{"id": 1}],
        [_waiver(BUILDS[1]) | {"id": 1, "username": "a", "timestamp": "2016-11-01", "waived": 1}],
    ):
        with pytest.raises(MalformedInput):
            WaiverDbClient(service(_waiverdb_with(data))).waivers_of(BUILDS[:1])


def test_a_waiverdb_that_is_away_says_so() -> None:
    app = Flask("away")
    with pytest.raises(SystemUnreachable):
        WaiverDbClient(service(_failing(app))).waivers_of(BUILDS[:1])


def _failing(app: Flask) -> Flask:
    @app.post("/api/v1.0/waivers/+filtered")
    def filtered() -> tuple[str, int]:
        return "proxy", 502

    return app


def _waiverdb_with(rows: list[dict[str, Any]]) -> Flask:
    app = Flask("lying_waiverdb")

    @app.post("/api/v1.0/waivers/+filtered")
    def filtered() -> Response:
        return jsonify({"data": rows})

    return app
