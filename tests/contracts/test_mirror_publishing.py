"""Does the master mirror keep its promises, whatever dies in between?"""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from relengotron.errors import MalformedInput, PowerCut, RequestRefused, StateDisagrees, SystemBusy
from relengotron.systems.mirror.client import MasterMirror
from relengotron.systems.mirror.paths import rel_path
from tests.contracts.mirror_place import (
    ARCH,
    NEW,
    OLD,
    TARGET,
    Place,
    check_what_it_names,
    compose,
    publish,
    read_as_a_client,
    sha,
)

IMAGES = rel_path("alt/atomic")
pytestmark = pytest.mark.usefixtures("no_platters")


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path / "calm")


def test_what_is_staged_is_not_shown_and_what_is_switched_is(place: Place, tmp_path: Path) -> None:
    staged = place.mirror.stage(compose(tmp_path / "old", OLD), TARGET, "run-1")
    assert place.shown() == {}
    assert place.mirror.published(TARGET) is None

    switched = place.mirror.switch(staged)

    assert switched.previous is None
    assert place.mirror.published(TARGET) == staged.manifest
    assert place.shown()["x86_64/bash-4.rpm"] == "bash four"
    assert switched.current["x86_64/bash-4.rpm"] == (sha("bash four"), len("bash four"))


def test_readers_of_the_old_repomd_find_everything_until_the_sweep_after_next(place: Place, tmp_path: Path) -> None:
    publish(place.mirror, compose(tmp_path / "old", OLD), "run-1")
    held = (place.root / TARGET / "x86_64/repodata/repomd.xml").read_text()
    publish(place.mirror, compose(tmp_path / "new", NEW), "run-2")
    assert place.mirror.sweep(TARGET) == ()
    check_what_it_names(place.root / TARGET / "x86_64", held)

    gone = place.mirror.sweep(TARGET, keep_generations=0)

    assert "x86_64/bash-4.rpm" in gone
    assert "x86_64/same-1.rpm" not in gone
    assert set(place.shown()) == set(place.mirror.published(TARGET) or {})
    assert len(place.mirror.generations(TARGET)) == 1
    read_as_a_client(place)


def test_only_what_changed_is_staged_and_the_rest_stays_the_file_that_it_was(place: Place, tmp_path: Path) -> None:
    publish(place.mirror, compose(tmp_path / "old", OLD), "run-1")
    inode = (place.root / TARGET / "x86_64/same-1.rpm").stat().st_ino
    staged = place.mirror.stage(compose(tmp_path / "new", NEW), TARGET, "run-2")
    assert sha("same") not in {path.name for path in staged.place.iterdir()}
    assert sha("bash five") in {path.name for path in staged.place.iterdir()}
    place.mirror.switch(staged)
    assert (place.root / TARGET / "x86_64/same-1.rpm").stat().st_ino == inode


def test_withdrawing_shows_the_state_before_and_can_be_withdrawn_itself(place: Place, tmp_path: Path) -> None:
    old = publish(place.mirror, compose(tmp_path / "old", OLD), "run-1")
    before = place.shown()
    staged = place.mirror.stage(compose(tmp_path / "new", NEW), TARGET, "run-2")
    switched = place.mirror.switch(staged)
    assert switched.previous == old

    back = place.mirror.withdraw(TARGET, old)

    assert back.current == old
    assert back.previous == staged.manifest
    assert before.items() <= place.shown().items()
    read_as_a_client(place)
    place.mirror.withdraw(TARGET, staged.manifest)
    assert place.shown()["x86_64/repodata/repomd.xml"] != before["x86_64/repodata/repomd.xml"]
    place.mirror.withdraw(TARGET, old)
    place.mirror.sweep(TARGET, keep_generations=0)
    assert place.shown() == before


def test_withdrawing_the_first_state_takes_it_off_the_list(place: Place, tmp_path: Path) -> None:
    first = publish(place.mirror, compose(tmp_path / "old", OLD), "run-1")
    assert place.mirror.withdraw(TARGET, {}).previous == first
    assert not list(place.entry_points())
    assert place.mirror.published(TARGET) == {}
    place.mirror.withdraw(TARGET, first)
    read_as_a_client(place)


def test_what_was_swept_cannot_be_put_back(place: Place, tmp_path: Path) -> None:
    old = publish(place.mirror, compose(tmp_path / "old", OLD), "run-1")
    publish(place.mirror, compose(tmp_path / "new", NEW), "run-2")
    place.mirror.sweep(TARGET, keep_generations=0)
    shown = place.shown()
    with pytest.raises(StateDisagrees):
        place.mirror.withdraw(TARGET, old)
    assert place.shown() == shown


def test_a_package_never_changes_its_content_under_its_name(place: Place, tmp_path: Path) -> None:
    publish(place.mirror, compose(tmp_path / "old", OLD), "run-1")
    with pytest.raises(RequestRefused, match="other content"):
        place.mirror.stage(compose(tmp_path / "new", {"bash-4.rpm": "rebuilt"}), TARGET, "run-2")
    read_as_a_client(place)


def test_publishing_the_same_again_mends_a_damaged_file(place: Place, tmp_path: Path) -> None:
    source = compose(tmp_path / "old", OLD)
    publish(place.mirror, source, "run-1")
    (place.root / TARGET / "x86_64/bash-4.rpm").write_text("BASH FOUR")
    publish(place.mirror, source, "run-2")
    read_as_a_client(place)
    assert len(place.mirror.generations(TARGET)) == 1


def test_an_image_under_a_fixed_name_can_be_replaced_and_put_back(place: Place, tmp_path: Path) -> None:
    manifests = []
    for number in ("one", "two"):
        source = tmp_path / number
        source.mkdir()
        (source / "Atomic.iso").write_text(number)
        (source / "Atomic-CHECKSUM").write_text(f"SHA256 (Atomic.iso) = {sha(number)}\n")
        manifests.append(publish(place.mirror, source, f"run-{number}", IMAGES))
    place.mirror.withdraw(IMAGES, manifests[0])
    assert place.shown(IMAGES)["Atomic.iso"] == "one"
    assert sha("one") in place.shown(IMAGES)["Atomic-CHECKSUM"]


def test_files_of_others_are_never_swept(place: Place, tmp_path: Path) -> None:
    publish(place.mirror, compose(tmp_path / "old", OLD), "run-1")
    (place.root / TARGET / "README").write_text("by hand")
    publish(place.mirror, compose(tmp_path / "new", NEW), "run-2")
    place.mirror.sweep(TARGET, keep_generations=0)
    assert place.shown()["README"] == "by hand"


def test_a_discarded_stage_leaves_nothing(place: Place, tmp_path: Path) -> None:
    staged = place.mirror.stage(compose(tmp_path / "old", OLD), TARGET, "run-1")
    place.mirror.discard(TARGET, "run-1")
    place.mirror.discard(TARGET, "run-1")
    with pytest.raises(StateDisagrees):
        place.mirror.switch(staged)
    assert place.shown() == {}


def test_two_writers_of_one_target_do_not_meet(place: Place, tmp_path: Path) -> None:
    other = MasterMirror(place.root, place.root.parent / "states", "http://mirror")
    publish(place.mirror, compose(tmp_path / "old", OLD), "run-1")
    staged = place.mirror.stage(compose(tmp_path / "new", NEW), TARGET, "run-2")
    with place.mirror._records(TARGET).alone(), pytest.raises(SystemBusy):
        other.switch(staged)
    other.switch(staged)


def a_push(place: Place, old: Path, new: Path) -> None:
    """Two publications, a way back, and the way forward again."""
    first = publish(place.mirror, old, "run-1")
    second = publish(place.mirror, new, "run-2")
    place.mirror.withdraw(TARGET, first)
    place.mirror.withdraw(TARGET, second)
    place.mirror.sweep(TARGET, keep_generations=0)


def effects_of_a_calm_push(tmp_path: Path) -> tuple[Place, int]:
    calm = Place(tmp_path / "calm")
    old, new = (
        compose(tmp_path / "old", {"bash-4.rpm": "4"}, ARCH),
        compose(tmp_path / "new", {"bash-5.rpm": "5"}, ARCH),
    )
    a_push(calm, old, new)
    return calm, calm.disk.count


def test_a_reader_never_sees_a_mixed_state(tmp_path: Path) -> None:
    watched = Place(tmp_path / "watched")
    watched.disk.between = lambda: read_as_a_client(watched)
    a_push(watched, compose(tmp_path / "old", OLD), compose(tmp_path / "new", NEW))
    assert watched.disk.count > 50


def test_publishing_survives_a_power_cut_at_any_moment(tmp_path: Path) -> None:
    calm, effects = effects_of_a_calm_push(tmp_path)
    expected = calm.everything()
    for moment in range(1, effects + 1):
        stormy = Place(tmp_path / f"storm-{moment}")
        stormy.disk.cut_before = moment
        stormy.disk.between = lambda stormy=stormy: read_as_a_client(stormy)  # type: ignore[misc]
        with pytest.raises(PowerCut):
            a_push(stormy, tmp_path / "old", tmp_path / "new")
        read_as_a_client(stormy)

        a_push(stormy, tmp_path / "old", tmp_path / "new")

        assert stormy.everything() == expected, f"after a power cut before effect {moment}"


@pytest.mark.parametrize("verb", ["switch", "withdraw", "sweep"])
def test_one_verb_repeated_after_a_power_cut_ends_as_if_nothing_had_been(tmp_path: Path, verb: str) -> None:
    old, new = compose(tmp_path / "old", OLD, ARCH), compose(tmp_path / "new", NEW, ARCH)
    for moment in range(1, 200):
        calm, stormy = Place(tmp_path / f"calm-{moment}"), Place(tmp_path / f"storm-{moment}")
        act = {id(place): prepared(place, old, new, verb) for place in (calm, stormy)}
        act[id(calm)]()
        stormy.disk.cut_before = stormy.disk.count + moment
        try:
            act[id(stormy)]()
        except PowerCut:
            stormy.disk.cut_before = None
            act[id(stormy)]()
        else:
            return
        assert stormy.everything() == calm.everything()
        assert stormy.mirror.generations(TARGET) == calm.mirror.generations(TARGET)
    raise AssertionError("the verb never came to its end")


def prepared(place: Place, old: Path, new: Path, verb: str) -> Callable[[], object]:
    first = publish(place.mirror, old, "run-1")
    staged = place.mirror.stage(new, TARGET, "run-2")
    if verb == "switch":
        return lambda: place.mirror.switch(staged)
    place.mirror.switch(staged)
    if verb == "withdraw":
        return lambda: place.mirror.withdraw(TARGET, first)
    return lambda: place.mirror.sweep(TARGET, keep_generations=0)


BAD = "", "/etc", "a/../../b", "..", "a//b", "a\nb", "a/", ".", ".relengotron-stage/x", "a\\b", "a\0b"


@pytest.mark.parametrize("target", BAD)
def test_no_other_text_is_taken_for_a_target(place: Place, tmp_path: Path, target: str) -> None:
    source = compose(tmp_path / "old", OLD)
    with pytest.raises(MalformedInput):
        rel_path(target)
    for verb in (
        lambda: place.mirror.stage(source, target, "run-1"),  # type: ignore[arg-type]
        lambda: place.mirror.published(target),  # type: ignore[arg-type]
        lambda: place.mirror.sweep(target),  # type: ignore[arg-type]
        lambda: place.mirror.withdraw(target, {}),  # type: ignore[arg-type]
    ):
        with pytest.raises(MalformedInput):
            verb()


@pytest.mark.parametrize("run", ["", "../x", "a/b", "-a", "a b", "a..b"])
def test_no_other_text_is_taken_for_a_run(place: Place, tmp_path: Path, run: str) -> None:
    with pytest.raises(MalformedInput):
        place.mirror.stage(compose(tmp_path / "old", OLD), TARGET, run)


def test_a_symbolic_link_out_of_the_tree_is_not_followed(place: Place, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (place.root / "updates").mkdir(parents=True)
    (place.root / "updates/23").symlink_to(outside)
    with pytest.raises(RequestRefused):
        place.mirror.stage(compose(tmp_path / "old", OLD), TARGET, "run-1")
    assert not list(outside.iterdir())


@pytest.mark.parametrize("odd", ["link", "fifo", "hidden", "newline"])
def test_only_plain_files_are_published(place: Place, tmp_path: Path, odd: str) -> None:
    source = compose(tmp_path / "old", OLD)
    match odd:
        case "link":
            (source / "link").symlink_to("/etc/passwd")
        case "fifo":
            os.mkfifo(source / "pipe")
        case "hidden":
            (source / ".relengotron-stage").mkdir()
            (source / ".relengotron-stage/x").write_text("x")
        case "newline":
            (source / "a\nb").write_text("x")
    with pytest.raises(RequestRefused):
        place.mirror.stage(source, TARGET, "run-1")


def test_an_empty_or_absent_folder_is_not_published(place: Place, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(RequestRefused):
        place.mirror.stage(tmp_path / "empty", TARGET, "run-1")
    with pytest.raises(StateDisagrees):
        place.mirror.stage(tmp_path / "absent", TARGET, "run-1")
