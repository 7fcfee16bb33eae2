"""Does our Koji client see what is in tags, what came and what left, in few requests?"""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from relengotron.errors import RequestRefused
from relengotron.systems.koji.client import KojiHub
from tests.contracts.koji_place import BASH, CANDIDATE, NANO, TESTING, Place

NEWER_BASH = "bash-4.3.42-6.fc24"
PENDING = f"{TESTING}-pending"


@pytest.fixture
def place(tmp_path: Path) -> Place:
    place = Place(tmp_path)
    place.add(BASH, NANO)
    return place


@pytest.fixture
def koji(place: Place) -> KojiHub:
    return place.client()


def _move(place: Place, nvr: str, source: str, target: str) -> None:
    place.hub.call("admin", "untagBuildBypass", source, nvr)
    place.hub.call("admin", "tagBuildBypass", target, nvr)


def test_a_tag_lists_its_own_builds_the_newest_tagging_first(place: Place, koji: KojiHub) -> None:
    place.add(NEWER_BASH)
    found = koji.tagged(CANDIDATE)
    assert [each.nvr for each in found] == [NEWER_BASH, NANO, BASH]
    assert {(each.package, each.epoch, each.owner) for each in found} == {
        ("bash", "0", "admin"),
        ("nano", "0", "admin"),
    }
    assert sorted((each.event for each in found), reverse=True) == [each.event for each in found]
    assert len(place.front.calls) == 1
    assert koji.tagged("f24-updates") == ()


def test_a_tag_that_is_not_there_is_no_empty_one(koji: KojiHub) -> None:
    with pytest.raises(RequestRefused, match="nosuch"):
        koji.tagged("nosuch")
    with pytest.raises(RequestRefused, match="nosuch"):
        koji.tagged_of("nosuch", ["bash"])
    with pytest.raises(RequestRefused, match="nosuch"):
        koji.tag_changes(["nosuch"], 1)


def test_the_builds_of_some_packages_are_asked_for_in_one_request(place: Place, koji: KojiHub) -> None:
    place.add(NEWER_BASH)
    assert [each.nvr for each in koji.tagged_of(CANDIDATE, ["nano", "bash", "unknown"])] == [NEWER_BASH, BASH, NANO]
    assert len(place.front.calls) == 1
    assert koji.tagged_of(CANDIDATE, []) == ()


def test_blocked_packages_do_not_show(place: Place, koji: KojiHub) -> None:
    place.hub.call("admin", "packageListBlock", CANDIDATE, "bash")
    assert [each.nvr for each in koji.tagged(CANDIDATE)] == [NANO]
    assert koji.tagged_of(CANDIDATE, ["bash"]) == ()


def test_what_came_and_what_left_since_an_event_is_asked_for_in_one_request(place: Place, koji: KojiHub) -> None:
    before = koji.tag_changes([CANDIDATE, TESTING], None)
    assert before.builds == {}
    place.add(NEWER_BASH)
    _move(place, NANO, CANDIDATE, TESTING)
    place.front.forget_calls()
    found = koji.tag_changes([CANDIDATE, TESTING], before.event)
    assert found.builds == {CANDIDATE: {NEWER_BASH: True, NANO: False}, TESTING: {NANO: True}}
    assert found.event > before.event
    assert len(place.front.calls) == 1
    assert koji.tag_changes([CANDIDATE, TESTING], found.event).builds == {CANDIDATE: {}, TESTING: {}}


def test_a_build_that_left_and_came_back_is_there(place: Place, koji: KojiHub) -> None:
    event = koji.tag_changes([], None).event
    _move(place, BASH, CANDIDATE, CANDIDATE)
    assert koji.tag_changes([CANDIDATE], event).builds == {CANDIDATE: {BASH: True}}
    _move(place, BASH, CANDIDATE, TESTING)
    _move(place, BASH, TESTING, CANDIDATE)
    assert koji.tag_changes([CANDIDATE], event).builds == {CANDIDATE: {BASH: True}}


def test_the_tags_that_a_build_ever_had_are_known(place: Place, koji: KojiHub) -> None:
    _move(place, BASH, CANDIDATE, TESTING)
    place.front.forget_calls()
    found = koji.tags_ever([BASH, NANO, "nosuch-1-1"])
    assert found == {BASH: {CANDIDATE, PENDING, TESTING}, NANO: {CANDIDATE, PENDING}, "nosuch-1-1": frozenset()}
    assert len(place.front.calls) == 1


def test_what_happened_since_a_time_is_what_follows_the_last_event_before_it(place: Place, koji: KojiHub) -> None:
    now = datetime.now(UTC)
    assert koji.event_before(now + timedelta(days=1)) == koji.tag_changes([], None).event
    assert koji.event_before(datetime(1971, 1, 1, tzinfo=UTC)) == 0
