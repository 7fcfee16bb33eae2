"""Is everything that speaks against a move known before it, in one request?"""

from datetime import timedelta
from pathlib import Path

import pytest

from relengotron.errors import RequestRefused
from relengotron.systems.koji.client import KojiHub
from relengotron.systems.koji.port import TaskState
from relengotron.systems.koji.simulated.call import EXPOSED
from tests.contracts.koji_place import BASH, CANDIDATE, NANO, NOON, TESTING, Place

MOVES = [(BASH, CANDIDATE, TESTING), (NANO, CANDIDATE, TESTING)]


@pytest.fixture
def place(tmp_path: Path) -> Place:
    place = Place(tmp_path)
    place.add(BASH, NANO)
    return place


@pytest.fixture
def koji(place: Place) -> KojiHub:
    koji = place.client()
    koji.before_moves(MOVES)  # who we are is asked once
    place.front.forget_calls()
    return koji


def test_many_builds_are_asked_about_in_one_request(place: Place, koji: KojiHub) -> None:
    stand = koji.before_moves([*MOVES, ("nosuch-1-1", CANDIDATE, TESTING)])
    assert len(place.front.calls) == 1
    assert {build: each.refusal for build, each in stand.items() if build in (BASH, NANO)} == {BASH: None, NANO: None}
    assert stand[BASH].tags == {CANDIDATE, f"{TESTING}-pending"}
    assert stand["nosuch-1-1"].tags == frozenset()
    assert place.tasks("tagBuild") == []


def test_the_latest_of_the_package_in_the_target_is_the_one_that_was_tagged_last(place: Place, koji: KojiHub) -> None:
    assert koji.before_moves(MOVES)[BASH].latest is None
    newer, older = "bash-4.4-1.fc24", "bash-4.2-1.fc24"
    place.add(newer, older)
    for each in (newer, older):
        place.hub.call("admin", "tagBuildBypass", TESTING, each)
    found = koji.before_moves(MOVES)
    latest = found[BASH].latest
    assert latest is not None
    assert (latest.nvr, latest.package, found[NANO].latest) == (older, "bash", None)


@pytest.mark.parametrize("locked", [CANDIDATE, TESTING])
def test_a_lock_is_quoted(place: Place, koji: KojiHub, locked: str) -> None:
    place.hub.call("admin", "editTag2", locked, locked=True)
    assert {each.refusal for each in koji.before_moves(MOVES).values()} == {f"{locked}: tag is locked"}


def test_the_policy_is_quoted_for_the_build_that_it_is_about(tmp_path: Path) -> None:
    place = Place(tmp_path, {"tag": "has_perm admin :: allow\npackage bash :: deny it is frozen\nall :: allow"})
    place.add(BASH, NANO)
    stand = place.client().before_moves(MOVES)
    assert {build: each.refusal for build, each in stand.items()} == {
        BASH: f"policy for {BASH}: deny it is frozen",
        NANO: None,
    }


def test_a_tag_that_is_not_there_lets_nothing_move(koji: KojiHub) -> None:
    stand = koji.before_moves([(BASH, CANDIDATE, "nosuchtag")])
    assert (stand[BASH].refusal, stand[BASH].latest) == ("nosuchtag: Koji knows no such tag", None)


def test_a_hub_without_a_policy_for_tags_lets_everything_move(place: Place, koji: KojiHub) -> None:
    place.hub.policy.texts.pop("tag", None)
    assert koji.before_moves(MOVES)[BASH].refusal is None


@pytest.mark.parametrize("method", ["evalPolicy", "checkTagAccess"])
def test_a_very_old_hub_says_no_only_when_it_is_asked_to_move(
    place: Place, koji: KojiHub, monkeypatch: pytest.MonkeyPatch, method: str
) -> None:
    monkeypatch.delitem(EXPOSED, method)
    assert koji.before_moves(MOVES)[BASH].tags == {CANDIDATE, f"{TESTING}-pending"}
    place.front.forget_calls()
    assert koji.before_moves(MOVES)[BASH].refusal is None
    assert len(place.front.calls) == 1  # that it is old is learned once


def test_a_question_that_is_refused_is_never_an_answer(
    place: Place, koji: KojiHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(EXPOSED, "listTagged")
    with pytest.raises(RequestRefused, match="Invalid method: listTagged"):
        koji.before_moves(MOVES)


# -- repos -----------------------------------------------------------------------------------------------------------


def test_a_repo_is_asked_for_and_found(place: Place, koji: KojiHub) -> None:
    place.hub.call("admin", "grantPermission", "relengotron", "regen-repo", create=True)
    task = koji.request_repo("f24-build")
    place.hub.call("relengotron", "newRepo", "f24")
    found = koji.repo_tasks("f24-build", NOON)
    assert [(each.id, each.method, each.state) for each in found] == [(task, "newRepo", TaskState.FREE)]


def test_a_repo_of_somebody_else_that_has_not_begun_will_show_what_is_new(place: Place, koji: KojiHub) -> None:
    place.time -= 3600
    task = place.hub.call("admin", "newRepo", "f24-build")
    place.time += 3600
    assert [each.id for each in koji.repo_tasks("f24-build", NOON)] == [task]


@pytest.mark.parametrize(("begun_after", "counts"), [(-10, False), (30, False), (90, True)])
def test_a_repo_that_began_too_early_shows_nothing_new(
    place: Place, koji: KojiHub, begun_after: int, counts: bool
) -> None:
    task = place.hub.call("admin", "newRepo", "f24-build")
    row = place.hub.store.row("task", task)
    place.hub.store["task"].update(row, state=1, start_ts=NOON.timestamp() + begun_after)
    assert bool(koji.repo_tasks("f24-build", NOON)) is counts
    assert not koji.repo_tasks("f24-build", NOON + timedelta(hours=1))


def test_a_repo_that_we_may_not_ask_for_is_refused(place: Place) -> None:
    with pytest.raises(RequestRefused, match="regen-repo permission required"):
        place.client("plain").request_repo("f24-build")


def test_who_only_looks_is_told_what_the_one_who_acts_may_do(place: Place) -> None:
    place.hub.call("admin", "editTag2", TESTING, locked=True)
    looking = KojiHub(place.sessions(None), "relengotron")
    assert "locked" in str(looking.before_moves(MOVES)[BASH].refusal)
    nobody = KojiHub(place.sessions(None))
    assert nobody.before_moves(MOVES)[BASH].refusal is None
    assert nobody.before_moves(MOVES)[BASH].tags == {CANDIDATE, f"{TESTING}-pending"}


def test_the_packages_of_a_tag_are_those_whose_builds_may_be_in_it(place: Place, koji: KojiHub) -> None:
    assert {"bash", "nano"} <= koji.packages_in(CANDIDATE)
    place.hub.call("admin", "packageListBlock", CANDIDATE, "nano")
    assert "nano" not in koji.packages_in(CANDIDATE)
