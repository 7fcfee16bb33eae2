"""What does the master mirror do when it is full, read-only, away, or in somebody else's hands?"""

import errno
import json
import os
import re
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

from relengotron.errors import MalformedInput, StateDisagrees, SystemUnreachable
from relengotron.systems.mirror import comparing, staging
from relengotron.systems.mirror.disk import entry_of, read_entry
from relengotron.systems.mirror.port import Changes, Entry, SourceChanged
from relengotron.systems.mirror.records import Records
from tests.contracts.mirror_place import (
    ARCH,
    NEW,
    OLD,
    TARGET,
    Place,
    compose,
    publish,
    read_as_a_client,
)

REPOMD = "x86_64/repodata/repomd.xml"
pytestmark = pytest.mark.usefixtures("no_platters")


def trouble_of(act: Callable[[], object]) -> str | None:
    try:
        act()
    except SystemUnreachable as trouble:
        return str(trouble)
    return None


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (errno.ENOSPC, "full: make room"),
        (errno.EDQUOT, "quota .* used up"),
        (errno.EROFS, "read-only: mount it writable"),
        (errno.EACCES, "may not write"),
        (errno.ESTALE, "mount it again"),
    ],
)
def test_a_file_system_in_trouble_is_told_in_words_and_shows_nothing_half(
    place: Place, tmp_path: Path, number: int, words: str
) -> None:
    told = []
    for moment in range(1, 60):
        place.disk.trouble_before(place.disk.count + moment, OSError(number, os.strerror(number)))
        trouble = trouble_of(lambda: publish(place.mirror, tmp_path / "new", "run-2"))
        read_as_a_client(place)
        if trouble is None:
            break
        told.append(trouble)
    assert len(told) > 5
    assert all(re.search(words, each) for each in told)
    assert place.shown()["x86_64/bash-5.rpm"] == "bash five"


def test_a_full_disk_leaves_room_for_a_second_try(place: Place, tmp_path: Path) -> None:
    place.disk.trouble_before(place.disk.count + 1, OSError(errno.ENOSPC, "No space left on device"))
    with pytest.raises(SystemUnreachable, match="is full: make room there; nothing of this is visible yet"):
        place.mirror.stage(tmp_path / "new", TARGET, "run-2")
    assert "x86_64/bash-5.rpm" not in place.shown()
    publish(place.mirror, tmp_path / "new", "run-2")
    read_as_a_client(place)


@pytest.mark.parametrize("is_a_folder", [True, False])
def test_a_mirror_that_is_not_mounted_is_not_filled_anew(place: Place, tmp_path: Path, is_a_folder: bool) -> None:
    first, staged = place.mirror.published(TARGET), place.mirror.stage(tmp_path / "new", TARGET, "run-2")
    place.root.rename(tmp_path / "unmounted")
    if is_a_folder:
        place.root.mkdir()
    for verb in (
        lambda: place.mirror.compare(tmp_path / "new", TARGET),
        lambda: place.mirror.stage(tmp_path / "new", TARGET, "run-3"),
        lambda: place.mirror.switch(staged),
        lambda: place.mirror.withdraw(TARGET, first or {}),
        lambda: place.mirror.sweep(TARGET, keep_generations=0),
    ):
        with pytest.raises(SystemUnreachable, match="is the mirror mounted"):
            verb()
    place.mirror.discard(TARGET, "run-2")
    assert place.everything() == {}


@pytest.mark.parametrize("when", ["before staging", "before the switch"])
def test_metadata_that_somebody_else_wrote_are_not_published_over(place: Place, tmp_path: Path, when: str) -> None:
    live = place.root / TARGET / REPOMD
    if when == "before staging":
        live.write_text("by hand")
        with pytest.raises(StateDisagrees, match="somebody else changed it"):
            place.mirror.stage(tmp_path / "new", TARGET, "run-2")
    else:
        staged = place.mirror.stage(tmp_path / "new", TARGET, "run-2")
        live.write_text("by hand")
        with pytest.raises(StateDisagrees, match="somebody else changed it"):
            place.mirror.switch(staged)
    assert "x86_64/bash-5.rpm" not in place.shown()
    assert live.read_text() == "by hand"

    live.unlink()  # as the words say
    publish(place.mirror, tmp_path / "new", "run-2")
    read_as_a_client(place)


def test_a_repo_that_was_there_before_us_is_not_published_over(tmp_path: Path) -> None:
    place = Place(tmp_path / "unknown")
    theirs = place.root / TARGET / REPOMD
    theirs.parent.mkdir(parents=True)
    theirs.write_text("their repo")
    compose(tmp_path / "ours", NEW, ARCH)

    with pytest.raises(StateDisagrees, match="no way back to it"):
        place.mirror.stage(tmp_path / "ours", TARGET, "run-1")
    assert theirs.read_text() == "their repo"

    theirs.unlink()
    publish(place.mirror, tmp_path / "ours", "run-1")
    read_as_a_client(place)


def test_what_somebody_else_wrote_can_be_taken_back_by_a_rollback(place: Place, tmp_path: Path) -> None:
    first = place.mirror.published(TARGET)
    publish(place.mirror, tmp_path / "new", "run-2")
    (place.root / TARGET / REPOMD).write_text("half a fi")
    place.mirror.withdraw(TARGET, first or {})
    read_as_a_client(place)


def test_what_was_compared_is_published_although_the_list_is_not_read_again(place: Place, tmp_path: Path) -> None:
    changes = place.mirror.compare(tmp_path / "new", TARGET)
    assert set(changes.shown) == {"x86_64/bash-5.rpm", REPOMD, *(path for path in changes.shown if "primary" in path)}
    assert "x86_64/bash-4.rpm" in changes.gone
    (tmp_path / "new/x86_64/later-1.rpm").write_text("nobody has tested this")

    publish_known = place.mirror.switch(place.mirror.stage(tmp_path / "new", TARGET, "run-2", changes))

    assert "x86_64/later-1.rpm" not in publish_known.current
    assert dict(publish_known.changed) == dict(changes.shown)
    assert REPOMD in publish_known.metadata
    read_as_a_client(place)


def test_a_package_that_was_rebuilt_after_it_was_compared_is_not_published(place: Place, tmp_path: Path) -> None:
    changes = place.mirror.compare(tmp_path / "new", TARGET)
    (tmp_path / "new/x86_64/bash-5.rpm").write_text("BASH FIVE")
    with pytest.raises(StateDisagrees, match="changed while it was staged"):
        place.mirror.stage(tmp_path / "new", TARGET, "run-2", changes)


def test_a_comparison_with_another_state_is_made_again(place: Place, tmp_path: Path) -> None:
    changes = place.mirror.compare(tmp_path / "new", TARGET)
    publish(place.mirror, compose(tmp_path / "between", {"zsh-1.rpm": "zsh"}, ARCH), "run-2")
    place.mirror.switch(place.mirror.stage(tmp_path / "new", TARGET, "run-3", changes))
    assert sorted(path for path in place.mirror.published(TARGET) or {} if path.endswith(".rpm")) == [
        "x86_64/bash-5.rpm",
        "x86_64/same-1.rpm",
    ]
    read_as_a_client(place)


def test_a_stage_made_before_somebody_else_published_is_not_switched_to(place: Place, tmp_path: Path) -> None:
    staged = place.mirror.stage(tmp_path / "new", TARGET, "run-2")
    publish(place.mirror, compose(tmp_path / "between", {"zsh-1.rpm": "zsh"}, ARCH), "run-3")
    with pytest.raises(StateDisagrees, match="published by somebody else"):
        place.mirror.switch(staged)
    read_as_a_client(place)


def test_metadata_of_equal_size_and_time_are_published_nevertheless(place: Place, tmp_path: Path) -> None:
    live = (place.root / TARGET / REPOMD).stat()
    os.utime(tmp_path / "new" / REPOMD, ns=(live.st_atime_ns, live.st_mtime_ns))
    assert (tmp_path / "new" / REPOMD).stat().st_size == live.st_size
    publish(place.mirror, tmp_path / "new", "run-2")
    assert place.shown()[REPOMD] == (tmp_path / "new" / REPOMD).read_text()


def test_an_abandoned_publication_is_mended_by_the_next_and_swept(tmp_path: Path) -> None:
    for moment in range(1, 60):
        place = Place(tmp_path / f"place-{moment}")
        for name, packages in (("old", OLD), ("bad", {"bad-1.rpm": "bad"}), ("new", NEW)):
            if moment == 1:
                compose(tmp_path / name, packages, ARCH)
        publish(place.mirror, tmp_path / "old", "run-1")
        staged = place.mirror.stage(tmp_path / "bad", TARGET, "run-2")
        place.disk.trouble_before(place.disk.count + moment, OSError(errno.EIO, "gone"))
        try:
            place.mirror.switch(staged)
        except SystemUnreachable:
            place.mirror.discard(TARGET, "run-2")
        else:
            return
        before = place.mirror.published(TARGET) or {}

        publish(place.mirror, tmp_path / "new", "run-3")
        read_as_a_client(place)
        place.mirror.sweep(TARGET, keep_generations=0)

        assert set(place.shown()) == set(place.mirror.published(TARGET) or {}), f"{moment} {len(before)}"
    raise AssertionError("the switch never came to its end")


def test_records_of_an_older_version_are_read_and_taken_over(place: Place, tmp_path: Path) -> None:
    publish(place.mirror, tmp_path / "new", "run-2")
    states = [dict(state) for state in place.mirror.generations(TARGET)]
    folder = tmp_path / "calm/states/updates%2F23"
    (folder / "states.sqlite").unlink()
    for number, state in enumerate(states, 1):
        rows = {path: list(entry) for path, entry in state.items()}
        (folder / f"{number:06}.json").write_text(json.dumps(rows))

    assert [dict(state) for state in place.mirror.generations(TARGET)] == states
    assert not (folder / "states.sqlite").exists()
    place.mirror.withdraw(TARGET, states[0])

    assert dict(place.mirror.published(TARGET) or {}) == states[0]
    assert not list(folder.glob("*.json"))
    read_as_a_client(place)


def test_a_record_that_cannot_be_read_is_said_so(place: Place, tmp_path: Path) -> None:
    folder = tmp_path / "calm/states/updates%2F23"
    (folder / "states.sqlite").unlink()
    (folder / "000001.json").write_text('{"a": 1}')
    with pytest.raises(MalformedInput, match=r"000001\.json is not a record"):
        place.mirror.published(TARGET)


def test_publishing_the_same_costs_no_reading_of_what_is_known(
    place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[str] = []

    def noted(path: Path) -> Entry:
        read.append(path.name)
        return entry_of(path)

    monkeypatch.setattr(comparing, "entry_of", noted)
    os.utime(tmp_path / "new/x86_64/same-1.rpm", ns=_times(place.root / TARGET / "x86_64/same-1.rpm"))
    place.mirror.compare(tmp_path / "new", TARGET)
    assert "same-1.rpm" not in read
    assert "bash-5.rpm" in read


def test_packages_are_linked_from_a_store_where_that_is_wished(tmp_path: Path) -> None:
    place = Place(tmp_path / "linking", links_packages=True)
    source = compose(tmp_path / "old", OLD, ARCH)
    publish(place.mirror, source, "run-1")
    live = place.root / TARGET
    assert (live / "x86_64/bash-4.rpm").samefile(source / "x86_64/bash-4.rpm")
    assert not (live / REPOMD).samefile(source / REPOMD)
    assert place.mirror.compare(source, TARGET).shown == {}


@pytest.fixture
def linking(tmp_path: Path) -> Place:
    """A mirror that links packages; a list was compared whose files nobody has touched for a while."""
    made = Place(tmp_path / "linking", links_packages=True)
    publish(made.mirror, compose(tmp_path / "old", OLD, ARCH), "run-1")
    return made


def compared_in_calm(place: Place, source: Path, monkeypatch: pytest.MonkeyPatch) -> Changes:
    """As if the files were older than a tick of the kernel's clock."""
    monkeypatch.setattr(comparing, "_TICK_NS", -1_000_000_000)
    return place.mirror.compare(source, TARGET)


def test_a_package_that_was_compared_and_not_touched_since_is_linked_unread(
    linking: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    new = compose(tmp_path / "new", NEW, ARCH)
    kept = Changes.from_facts(json.loads(json.dumps(compared_in_calm(linking, new, monkeypatch).as_facts())))
    assert kept is not None
    read: list[Entry] = []

    def noted(*words: Any) -> Entry:
        read.append(read_entry(*words))
        return read[-1]

    monkeypatch.setattr(staging, "read_entry", noted)
    staged = linking.mirror.stage(new, TARGET, "run-2", kept)
    assert kept.shown["x86_64/bash-5.rpm"] not in read
    assert kept.shown[REPOMD] in read, "what is copied is read on the way"
    linking.mirror.switch(staged)
    read_as_a_client(linking)


@pytest.mark.parametrize("how", ["in place", "as another file"])
def test_a_package_that_was_touched_after_it_was_compared_is_read_again(
    linking: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    package = compose(tmp_path / "new", NEW, ARCH) / "x86_64/bash-5.rpm"
    changes, times = compared_in_calm(linking, tmp_path / "new", monkeypatch), _times(package)
    if how == "as another file":
        package.unlink()
    package.write_text("BASH FIVE")
    os.utime(package, ns=times)
    with pytest.raises(SourceChanged, match="changed while it was staged"):
        linking.mirror.stage(tmp_path / "new", TARGET, "run-2", changes)
    read_as_a_client(linking)


def test_what_was_touched_within_a_tick_of_the_clock_is_not_taken_for_known(linking: Place, tmp_path: Path) -> None:
    assert linking.mirror.compare(compose(tmp_path / "new", NEW, ARCH), TARGET).stamps == {}


def test_a_publication_costs_what_changes_and_not_what_the_tree_holds(tmp_path: Path) -> None:
    assert calls_to_publish(tmp_path / "small", 20) == calls_to_publish(tmp_path / "large", 200)


def calls_to_publish(folder: Path, packages: int) -> Counter[str]:
    """How often the system and SQLite were called to publish one new package beside so many."""
    place, same = Place(folder), {f"same-{number}.rpm": str(number) for number in range(packages)}
    publish(place.mirror, compose(folder / "old", {**same, "bash-4.rpm": "bash four"}, ARCH), "run-1")
    changes = place.mirror.compare(source := compose(folder / "new", {**same, "bash-5.rpm": "bash five"}, ARCH), TARGET)
    calls: Counter[str] = Counter()

    def counted(_frame: FrameType, event: str, called: Any) -> None:
        if event == "c_call" and (called.__module__ == "posix" or "sqlite3" in str(called)):
            calls[called.__name__] += 1

    sys.setprofile(counted)
    try:
        place.mirror.switch(place.mirror.stage(source, TARGET, "run-2", changes))
    finally:
        sys.setprofile(None)
    assert calls["replace"]
    assert calls["execute"]
    return calls


def test_states_are_counted_by_what_they_show(place: Place, tmp_path: Path) -> None:
    first, second = place.mirror.published(TARGET) or {}, publish(place.mirror, tmp_path / "new", "run-2")
    for state in (first, second, first, second):
        place.mirror.withdraw(TARGET, state)
    records = Records(tmp_path / "calm/states", TARGET, place.disk)
    assert records.first_kept(1) == 1
    assert records.first_kept(0) == 6
    place.mirror.sweep(TARGET, keep_generations=0)
    with pytest.raises(StateDisagrees, match="swept away"):
        dict(place.mirror.generation(TARGET, 1))


def _times(path: Path) -> tuple[int, int]:
    return path.stat().st_atime_ns, path.stat().st_mtime_ns
