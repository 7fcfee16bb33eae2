"""Does our Koji client ask well, and believe nothing that the hub did not say?"""

from datetime import timedelta
from pathlib import Path

import pytest

from relengotron.errors import NotTaggedThere, RelengError, RequestRefused, SystemUnreachable
from relengotron.systems.koji.client import KojiHub
from relengotron.systems.koji.port import Host, ImageBuild, Runroot, Tag, Target, TaskState
from relengotron.systems.koji.simulated.call import EXPOSED
from tests.contracts.koji_place import BASH, CANDIDATE, KEY, NANO, NOON, TESTING, Place

MASH = Runroot("f24-build", "x86_64", ("mash", "-o", "/compose/runs/one", TESTING), ("mash",), ("/compose",))
IMAGE = ImageBuild("Atomic", "24", "1", ("x86_64",), "f24", "http://mirror/os", "work/a.ks", ("qcow2",), "Fedora-24", 6)
BEFORE = NOON - timedelta(minutes=5)


@pytest.fixture
def place(tmp_path: Path) -> Place:
    place = Place(tmp_path)
    place.add(BASH, NANO)
    return place


@pytest.fixture
def koji(place: Place) -> KojiHub:
    return place.client()


def _finished(place: Place) -> None:
    while place.builder.work():
        pass


# -- reading ---------------------------------------------------------------------------------------------------------


def test_builds_bring_their_rpms_in_two_requests(place: Place, koji: KojiHub) -> None:
    found = koji.builds({BASH, NANO, "nosuch-1-1", "no NVR at all"})
    assert set(found) == {BASH, NANO}
    assert found[BASH].package == "bash"
    assert {rpm.arch for rpm in found[BASH].rpms} == {"src", "i686", "x86_64"}
    assert found[BASH].binary_names == {"bash"}
    assert len(place.front.calls) == 2


def test_a_build_that_is_not_complete_is_left_out(place: Place, koji: KojiHub) -> None:
    place.hub.store["build"].update(place.hub.store.row("build", 1), state=0)
    assert len(koji.builds({BASH, NANO})) == 1


def test_tags_are_those_of_the_build_itself(place: Place, koji: KojiHub) -> None:
    tags = koji.tags_of([BASH, "nosuch-1-1"])
    assert tags == {BASH: {CANDIDATE, f"{TESTING}-pending"}, "nosuch-1-1": frozenset()}
    assert len(place.front.calls) == 1


def test_a_refused_question_is_never_an_empty_answer(
    place: Place, koji: KojiHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    def breaks(*_words: object, **_named: object) -> None:
        raise KeyError("arch")

    monkeypatch.setitem(EXPOSED, "listTags", breaks)
    with pytest.raises(SystemUnreachable, match="KeyError: 'arch'"):
        koji.tags_of([BASH])


def test_a_method_that_the_hub_has_not_is_never_an_empty_answer(koji: KojiHub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(EXPOSED, "listTags")
    with pytest.raises(RequestRefused, match="Invalid method: listTags"):
        koji.tags_of([BASH])


def test_unsigned_files_are_named(place: Place, koji: KojiHub) -> None:
    place.add("openssl-1-1.fc24", is_signed=False)
    builds = koji.builds({BASH, "openssl-1-1.fc24"})
    assert koji.unsigned_rpms(list(builds.values()), KEY) == {
        "openssl-1-1.fc24": tuple(rpm.file_name for rpm in builds["openssl-1-1.fc24"].rpms)
    }
    assert set(koji.unsigned_rpms([builds[BASH]], "0badf00d")) == {BASH}


def test_tasks_are_asked_for_in_one_request(place: Place, koji: KojiHub) -> None:
    first, second = koji.runroot(MASH), koji.build_image(IMAGE)
    place.front.forget_calls()
    found = koji.tasks([first, second, 999])
    assert set(found) == {first, second}
    assert found[first].request[0] == "f24-build"
    assert (found[first].state, found[first].created_at, found[first].completed_at) == (TaskState.FREE, NOON, None)
    assert len(place.front.calls) == 1
    assert koji.tasks([]) == {}


def test_tasks_that_are_over_are_told_from_those_that_are_not(
    place: Place, koji: KojiHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("relengotron.systems.koji.client.TASKS_IN_ONE_REQUEST", 2)
    free, cancelled = koji.runroot(MASH), koji.runroot(MASH)
    koji.cancel_task(cancelled)
    koji.move_builds([(BASH, CANDIDATE, TESTING)])
    place.builder.trouble["runroot"] = "leave"
    _finished(place)
    closed = place.tasks("tagBuild")[0]["id"]
    place.front.forget_calls()
    assert koji.finished([free, cancelled, closed, 999]) == {cancelled, closed}
    assert place.asked("getTaskInfo") == 2
    assert koji.finished([]) == frozenset()


def test_builds_are_signed_when_every_rpm_carries_one_of_the_keys(place: Place, koji: KojiHub) -> None:
    place.add("openssl-1-1.fc24", is_signed=False)
    builds = list(koji.builds({BASH, "openssl-1-1.fc24"}).values())
    assert koji.signed(builds, {KEY, "0badf00d"}) == {BASH}
    assert koji.signed(builds, {"0badf00d"}) == frozenset()


def test_results_and_reasons_of_tasks(place: Place, koji: KojiHub) -> None:
    place.builder.trouble["image"] = "no kickstart"
    koji.move_builds([(BASH, CANDIDATE, TESTING)])
    image = koji.build_image(IMAGE)
    _finished(place)
    assert koji.task_result(place.tasks("tagBuild")[0]["id"]) is None
    assert koji.tasks([image])[image].state is TaskState.FAILED
    assert koji.why_failed(image) == f"task {image}: no kickstart"
    with pytest.raises(RequestRefused, match="no kickstart"):
        koji.task_result(image)


def test_the_reason_of_a_task_that_was_cancelled_or_is_unknown(koji: KojiHub) -> None:
    task = koji.runroot(MASH)
    koji.cancel_task(task)
    koji.cancel_task(task)
    assert "is canceled" in koji.why_failed(task)
    assert "No such task" in koji.why_failed(999)
    with pytest.raises(RequestRefused, match="No such task"):
        koji.cancel_task(999)


def test_an_outage_is_not_the_reason_why_a_task_failed(place: Place, koji: KojiHub) -> None:
    task = koji.runroot(MASH)
    place.hub.offline = "moving house"
    with pytest.raises(SystemUnreachable, match="moving house"):
        koji.why_failed(task)


def test_own_tasks_are_found_by_their_request(place: Place, koji: KojiHub) -> None:
    task = koji.runroot(MASH)
    place.client("admin").runroot(MASH)
    assert [found.id for found in koji.find_tasks("runroot", BEFORE, "/compose/runs/one")] == [task]
    assert koji.find_tasks("runroot", BEFORE, "/compose/runs/two") == ()
    assert koji.find_tasks("image", BEFORE, "/compose/runs/one") == ()
    assert koji.find_tasks("runroot", NOON + timedelta(hours=1), "/compose/runs/one") == ()


def test_the_lost_task_is_found_among_very_many(place: Place, koji: KojiHub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("relengotron.systems.koji.client.TASKS_IN_ONE_REQUEST", 3)
    tasks = [koji.runroot(MASH) for _ in range(7)]
    place.front.forget_calls()
    assert [task.id for task in koji.find_tasks("runroot", BEFORE, "/compose/runs/one")] == tasks
    assert place.asked("listTasks") == 3


def test_moves_are_found_by_build_and_tags(place: Place, koji: KojiHub) -> None:
    came = koji.move_builds([(BASH, CANDIDATE, TESTING), (NANO, CANDIDATE, TESTING)])
    assert [task.id for task in koji.move_tasks_since(BEFORE, BASH, CANDIDATE, TESTING)] == [came[BASH]]
    assert koji.move_tasks_since(BEFORE, BASH, TESTING, CANDIDATE) == ()
    assert koji.move_tasks_since(BEFORE, "nosuch-1-1", CANDIDATE, TESTING) == ()
    place.front.forget_calls()
    both = koji.moves_since(BEFORE, [(BASH, CANDIDATE, TESTING), (NANO, CANDIDATE, TESTING)])
    assert {build: tasks[0].id for build, tasks in both.items()} == came
    assert place.requests("listTasks") == 1


# -- acting ----------------------------------------------------------------------------------------------------------


def test_different_packages_move_in_one_request(place: Place, koji: KojiHub) -> None:
    came = koji.move_builds([(BASH, CANDIDATE, TESTING), (NANO, CANDIDATE, TESTING)])
    assert place.requests("moveBuild") == 1
    _finished(place)
    assert {task.state for task in koji.tasks([int(str(task)) for task in came.values()]).values()} == {
        TaskState.CLOSED
    }
    assert all(TESTING in tags and CANDIDATE not in tags for tags in koji.tags_of([BASH, NANO]).values())


def test_a_refused_move_costs_no_other_its_task(place: Place, koji: KojiHub) -> None:
    place.hub.call("admin", "packageListBlock", TESTING, "nano")
    came = koji.move_builds(
        [
            (NANO, CANDIDATE, TESTING),
            ("nosuch-1-1", CANDIDATE, TESTING),
            (BASH, CANDIDATE, TESTING),
        ]
    )
    assert isinstance(came[BASH], int)
    assert "blocked" in str(came[NANO])
    assert "No such build" in str(came["nosuch-1-1"])
    assert isinstance(came[NANO], RequestRefused)
    assert [task["id"] for task in place.tasks("tagBuild")] == [came[BASH]]


def test_a_defect_of_the_hub_in_one_move_costs_no_other_its_task(
    place: Place, koji: KojiHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    honest = EXPOSED["moveBuild"]

    def breaks_on_nano(call: object, tag1: object, tag2: object, build: str, force: bool = False) -> object:
        if build == NANO:
            raise KeyError("arch")
        return honest(call, tag1, tag2, build, force)

    monkeypatch.setitem(EXPOSED, "moveBuild", breaks_on_nano)
    came = koji.move_builds([(NANO, CANDIDATE, TESTING), (BASH, CANDIDATE, TESTING)])
    assert isinstance(came[NANO], RequestRefused)
    assert "KeyError: 'arch'" in str(came[NANO])
    assert isinstance(came[BASH], int)


@pytest.mark.parametrize("locked", [CANDIDATE, TESTING])
def test_a_lock_refuses_moves_and_is_seen_beforehand(place: Place, koji: KojiHub, locked: str) -> None:
    place.hub.call("admin", "editTag2", locked, locked=True)
    came = koji.move_builds([(BASH, CANDIDATE, TESTING)])[BASH]
    assert isinstance(came, RequestRefused)
    assert "tag is locked" in str(came)
    assert koji.why_not_move(CANDIDATE, TESTING) == f"{locked}: tag is locked"
    assert place.tasks("tagBuild") == []


def test_a_policy_refuses_moves_and_is_seen_beforehand(tmp_path: Path) -> None:
    place = Place(tmp_path, {"tag": "has_perm admin :: allow\nall :: deny it is frozen"})
    place.add(BASH)
    koji = place.client()
    came = koji.move_builds([(BASH, CANDIDATE, TESTING)])[BASH]
    assert isinstance(came, RequestRefused)
    assert "it is frozen" in str(came)
    assert koji.why_not_move(CANDIDATE, TESTING) == f"policy for {BASH}: deny it is frozen"
    assert place.tasks("tagBuild") == []


def test_untagging_may_be_repeated_and_ends_all_that_it_can(place: Place, koji: KojiHub) -> None:
    koji.untag_builds([(BASH, CANDIDATE), (NANO, CANDIDATE)])
    koji.untag_builds([(BASH, CANDIDATE), (NANO, CANDIDATE)])
    assert koji.tags_of([BASH]) == {BASH: {f"{TESTING}-pending"}}
    with pytest.raises(RequestRefused, match="No such"):
        koji.untag_builds([(BASH, "nosuchtag"), (NANO, f"{TESTING}-pending")])
    assert koji.tags_of([NANO]) == {NANO: frozenset()}


def test_signed_copies_may_be_written_again(place: Place, koji: KojiHub) -> None:
    place.add("openssl-1-1.fc24", is_signed=False)
    builds = koji.builds({BASH, "openssl-1-1.fc24"})
    for _ in range(2):
        koji.write_signed_copies([builds[BASH]], KEY)
    assert list((place.topdir / "packages/bash").rglob(f"signed/{KEY}/**/*.rpm")) or list(
        (place.topdir / "packages/bash").rglob(f"*{KEY}*")
    )
    with pytest.raises(RequestRefused, match="No cached signature"):
        koji.write_signed_copies(list(builds.values()), KEY)


def test_a_small_file_reaches_the_tasks(place: Place, koji: KojiHub) -> None:
    for content in (b"first", b"the second time"):
        path = koji.upload("relengotron/one", "atomic.ks", content)
        assert (place.topdir / "work" / path).read_bytes() == content
    assert path == "relengotron/one/atomic.ks"


@pytest.mark.parametrize(
    ("needs", "act"),
    [
        ("runroot", lambda koji: koji.runroot(MASH)),
        ("image", lambda koji: koji.build_image(IMAGE)),
        ("not you", lambda koji: koji.untag_builds([(BASH, CANDIDATE)])),
        ("sign", lambda koji: koji.write_signed_copies(list(koji.builds({BASH}).values()), KEY)),
        ("not owner", lambda koji: koji.cancel_task(1)),
    ],
)
def test_what_we_may_not_do_is_refused_with_koji_s_words(place: Place, koji: KojiHub, needs: str, act: object) -> None:
    koji.runroot(MASH)
    with pytest.raises(RequestRefused, match=needs):
        act(place.client("plain"))  # type: ignore[operator]


def test_without_a_login_nothing_is_done_but_everything_is_read(place: Place) -> None:
    koji = place.client(None)
    assert koji.tags_of([BASH])[BASH]
    with pytest.raises(RequestRefused, match=r"systems\.koji names none"):
        koji.runroot(MASH)


def test_a_build_that_left_its_tag_is_told_apart() -> None:
    import koji as lib

    from relengotron.systems.koji.failures import meaning_of

    assert isinstance(meaning_of(lib.TagError("build a-1-1 not in tag b"), acting=True), NotTaggedThere)


# -- looking before a push -------------------------------------------------------------------------------------------


def test_who_and_what_we_are(place: Place, koji: KojiHub, monkeypatch: pytest.MonkeyPatch) -> None:
    assert koji.identity() == "Koji 1.35.3, logged in as relengotron"
    assert {"runroot", "image", "sign"} <= koji.permissions()
    monkeypatch.delitem(EXPOSED, "getKojiVersion")
    assert koji.identity() == "Koji older than 1.23, logged in as relengotron"


def test_tags_targets_and_hosts(place: Place, koji: KojiHub) -> None:
    place.hub.call("admin", "editTag2", "f24", locked=True)
    assert koji.tags(["f24", "nosuch"]) == {"f24": Tag("f24", ("x86_64", "i686"), True, None)}
    assert koji.target("f24") == Target("f24", "f24-build", CANDIDATE)
    assert koji.target("nosuch") is None
    place.hub.call("admin", "addHostToChannel", "builder1", "runroot")
    place.hub.call("builder1", "host.updateHost", 0.0, True)
    assert koji.hosts("runroot") == (Host("builder1", ("x86_64", "i386"), True, NOON),)
    with pytest.raises(RequestRefused, match="nosuch"):
        koji.hosts("nosuch")


def test_what_we_may_move_is_known_beforehand(place: Place, koji: KojiHub) -> None:
    effects = place.front.power.effects
    assert koji.why_not_move(CANDIDATE, TESTING) is None
    assert "not you" in str(place.client("plain").why_not_move(CANDIDATE, TESTING))
    assert koji.why_not_move("f25-updates-candidate", "f25-updates-testing") is None  # nothing there to try with
    assert place.front.power.effects == effects
    assert place.tasks("tagBuild") == []


def test_every_refusal_is_one_of_ours(koji: KojiHub) -> None:
    for ask in (lambda: koji.hosts("nosuch"), lambda: koji.task_result(999), lambda: koji.cancel_task(999)):
        with pytest.raises(RelengError):
            ask()
