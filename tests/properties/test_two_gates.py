"""Do both engines of the gate answer alike on the same facts, and does no message of anybody open it?"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import requests
from hypothesis import given, settings
from hypothesis import strategies as st

from relengotron.decisions import evaluating, gating, requiring
from relengotron.decisions.evaluating import Facts
from relengotron.model.gate import Findings, Question, RequirementState, StoredResult, Subject, Verdict
from relengotron.model.policy import PassingTestCase, Policy
from relengotron.systems.gate.client import GreenwaveGate
from relengotron.systems.gate.simulated import SimulatedGreenwave, create_app
from relengotron.systems.inprocess import WsgiAdapter
from relengotron.systems.rest import RestService
from relengotron.systems.waiverdb.reading import read_waiver

NOW = datetime(2016, 11, 1, tzinfo=UTC)
CONTEXTS = ("bodhi_update_push_testing", "bodhi_update_push_stable")
PRODUCTS = ("fedora-24", "fedora-25")
TESTS = ("dist.rpmdeplint", "dist.abicheck")
SCENARIOS = (None, "bios", "uefi")
SUBJECTS = (
    Subject("koji_build", "bash-4.3.42-5.fc24", "bash-4.3.42-5.fc24"),
    Subject("koji_build", "python2-six-1.0-1.fc24", "python2-six-1.0-1.fc24"),
    Subject("bodhi_update", "FEDORA-2016-0000000001", "FEDORA-2016-0000000001"),
    Subject("compose", "sha256:abc", "atomic-host"),
)
TYPES = tuple(dict.fromkeys(each.type for each in SUBJECTS))
OUTCOMES = ("PASSED", "INFO", "FAILED", "NEEDS_INSPECTION", "ERROR", "QUEUED", "RUNNING", "SPLENDID")
TIMES = st.none() | st.sampled_from([NOW + timedelta(days=days) for days in (-2, 0, 2)])


ABOUT = st.sampled_from((None, None, None, *SUBJECTS))
"""What a result or a waiver is about: mostly None, which stands for the subject that is asked about."""


def _some(values: tuple[Any, ...], least: int = 1) -> st.SearchStrategy[list[Any]]:
    return st.lists(st.sampled_from(values), min_size=least, max_size=len(values), unique=True)


RULES = st.fixed_dictionaries(
    {"test_case_name": st.sampled_from(TESTS)},
    optional={"scenario": st.sampled_from((None, None, *SCENARIOS)), "valid_since": TIMES, "valid_until": TIMES},
)
POLICIES = st.lists(
    st.fixed_dictionaries(
        {
            "product_versions": st.just(["fedora-*"]) | _some(PRODUCTS),
            "decision_contexts": st.just(list(CONTEXTS)) | _some(CONTEXTS),
            "subject_types": st.just(list(TYPES)) | _some(TYPES),
            "packages": st.just([]) | _some(("ba*", "python2-six")),
            "excluded_packages": st.just([]) | _some(("python2-*", "zsh")),
            "rules": st.lists(RULES, min_size=1, max_size=3),
        }
    ),
    max_size=4,
)
RESULTS = st.lists(
    st.fixed_dictionaries(
        {
            "subject": ABOUT,
            "type": st.sampled_from((None, None, None, "brew-build", "bodhi_update", "")),
            "testcase": st.sampled_from((TESTS[0], *TESTS)),
            "outcome": st.sampled_from(("PASSED", "PASSED", "PASSED", *OUTCOMES)),
            "scenario": st.sampled_from((None, None, *SCENARIOS)),
            "system_architecture": st.sampled_from((None, "x86_64")),
        }
    ),
    max_size=12,
)
WAIVERS = st.lists(
    st.fixed_dictionaries(
        {
            "subject": ABOUT,
            "testcase": st.sampled_from(TESTS),
            "scenario": st.sampled_from(SCENARIOS),
            "product_version": st.sampled_from(PRODUCTS),
            "waived": st.booleans(),
        }
    ),
    max_size=5,
)


def _policy(number: int, told: Mapping[str, Any]) -> Policy:
    many: dict[str, Any] = {key: tuple(value) for key, value in told.items() if key != "rules"}
    return Policy(id=f"p{number}", rules=tuple(PassingTestCase(**rule) for rule in told["rules"]), **many)


def _row(number: int, told: Mapping[str, Any], asked: Subject) -> dict[str, Any]:
    subject = told["subject"] or asked
    kind = subject.type if told["type"] is None else told["type"]
    data = {"item": [subject.item], "type": [kind] if kind else []}
    data |= {key: [told[key]] for key in ("scenario", "system_architecture") if told[key] is not None}
    return {"id": number, "testcase": {"name": told["testcase"]}, "outcome": told["outcome"], "data": data}


def _stored(row: Mapping[str, Any]) -> StoredResult:
    data = row["data"]
    return StoredResult(
        row["id"],
        next(iter(data["type"]), ""),
        data["item"][0],
        row["testcase"]["name"],
        row["outcome"],
        tuple(data.get("scenario", ())),
        tuple(data.get("system_architecture", ())),
    )


def _waiver(number: int, told: Mapping[str, Any], asked: Subject = SUBJECTS[0]) -> dict[str, Any]:
    subject = told["subject"] or asked
    about = {"id": number, "subject_type": subject.type, "subject_identifier": subject.item, "username": "alice"}
    rest = {key: told[key] for key in ("testcase", "scenario", "product_version", "waived")}
    return about | rest | {"comment": "known", "timestamp": "2016-10-31T10:00:00"}


def _in_force(waivers: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What WaiverDB shows: the newest of each person about one test of one thing."""
    about = ("subject_type", "subject_identifier", "testcase", "product_version")
    return list({tuple(each[key] for key in about): each for each in waivers}.values())


@settings(max_examples=120, deadline=None)
@given(
    POLICIES,
    RESULTS,
    WAIVERS,
    st.sampled_from(CONTEXTS),
    st.sampled_from(PRODUCTS),
    st.sampled_from(SUBJECTS),
    TIMES,
)
def test_both_engines_answer_alike_on_the_same_facts(
    policies: list[dict[str, Any]],
    results: list[dict[str, Any]],
    waivers: list[dict[str, Any]],
    context: str,
    product: str,
    subject: Subject,
    made: datetime | None,
) -> None:
    rows = [_row(number, told, subject) for number, told in enumerate(results, 1)]
    waived = _in_force([_waiver(number, told, subject) for number, told in enumerate(waivers, 1)])
    built = {} if made is None else {subject.item: made}
    ours = tuple(_policy(number, told) for number, told in enumerate(policies))
    theirs = [told | {"id": f"p{number}"} for number, told in enumerate(policies)]
    question = Question(context, product, (subject,), ours, datetime.now(UTC), built)

    own = evaluating.evaluate(requiring.demands(question), Facts(tuple(map(_stored, rows))))
    greenwave = _gate(SimulatedGreenwave(theirs, lambda: rows, lambda: waived, built))
    given_waivers = [read_waiver(row) for row in waived]

    one = gating.judge(question, Findings("own", evaluating.merged(own)), given_waivers)
    found = greenwave.findings(question)
    other = gating.judge(question, Findings("Greenwave", evaluating.merged(found.found), found.waivers), ())

    assert one.verdict is other.verdict
    assert {(str(each.requirement), each.state) for each in one.reasons} == {
        (str(each.requirement), each.state) for each in other.reasons
    }


@given(st.permutations(range(5)), st.lists(st.sampled_from(OUTCOMES), min_size=5, max_size=5), st.booleans())
def test_one_more_waiver_never_shuts_an_open_gate_and_the_order_of_policies_says_nothing(
    order: list[int], outcomes: list[str], waived: bool
) -> None:
    subject = SUBJECTS[0]
    tests = [f"test.{number}" for number in range(5)]
    policies = [
        Policy(f"p{n}", ("*",), CONTEXTS, TYPES, (PassingTestCase(test),), waivers_need=n % 2 + 1)
        for n, test in enumerate(tests)
    ]
    rows = tuple(
        StoredResult(n, subject.type, subject.item, test, outcomes[n]) for n, test in enumerate(tests) if n != 3
    )
    waivers = [
        read_waiver(_waiver(n, {"subject": subject, "testcase": test, "scenario": None, "waived": True}
                            | {"product_version": PRODUCTS[0]}))
        for n, test in enumerate(tests)
    ]  # fmt: skip

    def verdict(chosen: list[Policy], more: bool) -> tuple[Verdict, list[RequirementState]]:
        question = Question(CONTEXTS[0], PRODUCTS[0], (subject,), tuple(chosen), NOW)
        found = Findings("own", evaluating.evaluate(requiring.demands(question), Facts(rows)))
        answer = gating.judge(question, found, waivers if more else waivers[:2])
        return answer.verdict, [each.state for each in answer.reasons]

    assert verdict(policies, waived) == verdict([policies[n] for n in order], waived)
    if verdict(policies, False)[0] is Verdict.OPEN:
        assert verdict(policies, True)[0] is Verdict.OPEN


def _gate(service: SimulatedGreenwave) -> GreenwaveGate:
    session = requests.Session()
    session.trust_env = False
    session.mount("http://greenwave.stage", WsgiAdapter(create_app(service)))
    return GreenwaveGate(RestService("http://greenwave.stage/api/v1.0", session), TYPES)
