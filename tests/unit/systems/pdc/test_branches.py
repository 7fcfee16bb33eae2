"""Do branches live as long as the service levels promised for them?"""

import pytest

from tests.unit.systems.pdc.api import Api, Clock

BRANCH = {"name": "m7", "global_component": "zsh", "type": "rpm"}


@pytest.fixture
def promised(api: Api) -> Api:
    api.post("global-components/", [{"name": "zsh"}, {"name": "dash"}])
    api.post("component-sla-types/", [{"name": "stable"}, {"name": "security", "description": "fixes"}])
    api.post("component-branch-slas/", {"sla": "stable", "branch": BRANCH, "eol": "2017-07-14"})
    api.post("component-branch-slas/", {"sla": "security", "branch": BRANCH, "eol": "2018-01-01"})
    return api


def test_a_branch_is_active_on_the_day_its_last_promise_ends_and_not_after(promised: Api, clock: Clock) -> None:
    promised.delete("component-branch-slas/2/")
    assert promised.get("component-branches/1/")["active"] is True

    clock.now += 86_400

    assert promised.get("component-branches/1/")["active"] is False
    assert promised.get("component-branches/?active=false")["count"] == 1
    assert promised.get("component-branch-slas/?branch_active=true")["count"] == 0


def test_a_second_promise_uses_the_same_branch(promised: Api) -> None:
    (row,) = promised.get("component-branches/?page_size=-1")

    assert row["slas"] == [
        {"id": 1, "sla": "stable", "eol": "2017-07-14"},
        {"id": 2, "sla": "security", "eol": "2018-01-01"},
    ]
    assert row["critical_path"] is False


def test_a_promise_is_given_once(promised: Api) -> None:
    body = {"sla": "security", "branch": BRANCH, "eol": "2019-01-01"}

    answer = promised.refused("POST", "component-branch-slas/", body)

    text = 'The SLA "security" tied to the component "zsh" and branch "m7" already exists'
    assert answer == {"branch": [text]}


def test_a_promise_must_agree_with_the_branch_it_finds(promised: Api) -> None:
    body = {"sla": "stable", "branch": {**BRANCH, "critical_path": True}, "eol": "2019-01-01"}

    answer = promised.refused("POST", "component-branch-slas/", body)

    text = "The found branch's critical_path field did not match the supplied value"
    assert answer == {"branch.critical_path": [text]}
    moved = promised.refused("PATCH", "component-branch-slas/1/", {"branch": {**BRANCH, "name": "m8"}})
    assert moved == {"branch": ["The branch cannot be modified using this API"]}
    assert promised.patch("component-branch-slas/1/", {"branch": BRANCH, "eol": "2020-02-29"})["eol"] == "2020-02-29"


def test_faults_inside_a_branch_are_shown_inside(promised: Api) -> None:
    body = {"sla": "gold", "branch": {"name": "m8", "type": "tar"}, "eol": "2019-02-30"}

    answer = promised.refused("POST", "component-branch-slas/", body)

    assert answer["sla"] == ["'gold' is not allowed value. Use one of 'stable', 'security'."]
    assert answer["branch"]["global_component"] == ["This field is required."]
    assert answer["branch"]["type"][0].startswith("'tar' is not allowed value. Use one of 'rpm', 'container', ")
    assert answer["eol"] == ["Date has wrong format. Use one of these formats instead: YYYY[-MM[-DD]]."]


def test_end_of_life_is_one_bulk_request(promised: Api) -> None:
    other = {"sla": "stable", "branch": {**BRANCH, "global_component": "dash"}, "eol": "2018-01-01"}
    promised.post("component-branch-slas/", other)

    promised.patch("component-branch-slas/", {str(number): {"eol": "2016-01-01"} for number in (1, 2, 3)})

    listed = promised.get("component-branches/?name=m7&active=false&page_size=-1")
    assert [row["global_component"] for row in listed] == ["dash", "zsh"]
    assert promised.get("component-branch-slas/?eol_before=2016-01-01&global_component=zsh")["count"] == 2
    assert promised.get("component-branch-slas/?eol_after=2016-01-02")["count"] == 0
    assert promised.get("component-branch-slas/?sla=stable&sla=security")["count"] == 1


def test_names_of_branches_and_promises_stay(promised: Api) -> None:
    branch = promised.refused("PATCH", "component-branches/1/", {"name": "m8"})
    sla = promised.refused("PATCH", "component-sla-types/1/", {"name": "gold"})

    assert branch == {"name": ["You may not modify the branch's name due to policy"]}
    assert sla == {"name": ["You may not modify the SLA's name due to policy"]}
    assert promised.patch("component-branches/1/", {"name": "m7", "critical_path": True})["critical_path"] is True
