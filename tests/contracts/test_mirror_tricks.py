"""Can a name, a link or a swapped folder make publishing write, read or remove anything outside its target?"""

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from relengotron.errors import MalformedInput, RequestRefused
from relengotron.systems.mirror.paths import rel_path
from relengotron.systems.mirror.port import Changes, Entry
from tests.contracts.mirror_place import TARGET, Place, publish, sha

REPOMD = "x86_64/repodata/repomd.xml"
pytestmark = pytest.mark.usefixtures("no_platters")


@pytest.fixture
def place(place: Place, tmp_path: Path) -> Place:
    """The mirror, and a stranger's folder beside it."""
    shutil.copytree(place.root / TARGET, tmp_path / "outside")
    return place


def contents(folder: Path) -> dict[str, str]:
    return {str(path.relative_to(folder)): path.read_text() for path in folder.rglob("*") if path.is_file()}


def swap(place: Path, link: Path) -> None:
    """A folder or a file is moved away, and a link to the outside has its name."""
    place.rename(place.with_name(f"{place.name}.away"))
    place.symlink_to(link)


SWAPS: dict[str, Callable[[Path, Path], None]] = {
    "the target": lambda root, outside: swap(root / TARGET, outside),
    "its parent": lambda root, outside: swap(root / "updates", outside),
    "a folder in it": lambda root, outside: swap(root / TARGET / "x86_64", outside / "x86_64"),
    "a folder of metadata": lambda root, outside: swap(root / TARGET / "x86_64/repodata", outside / "x86_64/repodata"),
    "a file in it": lambda root, outside: swap(root / TARGET / REPOMD, outside / REPOMD),
    "where old files are kept": lambda root, outside: (root / ".relengotron-kept").symlink_to(outside),
}


@pytest.mark.parametrize("swapped", SWAPS)
@pytest.mark.parametrize("verb", ["stage", "switch", "withdraw"])
def test_a_link_swapped_in_between_two_verbs_leads_nowhere(
    place: Place, tmp_path: Path, swapped: str, verb: str
) -> None:
    outside = tmp_path / "outside"
    before = contents(outside)
    if verb == "withdraw":
        first = place.mirror.published(TARGET) or {}
        publish(place.mirror, tmp_path / "new", "run-2")
        if swapped == "where old files are kept":
            shutil.rmtree(place.root / ".relengotron-kept")
    staged = place.mirror.stage(tmp_path / ("old" if verb == "withdraw" else "new"), TARGET, "run-3")
    SWAPS[swapped](place.root, outside)

    acts: dict[str, Callable[[], Any]] = {
        "stage": lambda: place.mirror.switch(place.mirror.stage(tmp_path / "new", TARGET, "run-4")),
        "switch": lambda: place.mirror.switch(staged),
        "withdraw": lambda: place.mirror.withdraw(TARGET, first),
    }
    with pytest.raises(RequestRefused, match=r"symbolic link|leads out|plain file"):
        acts[verb]()

    assert contents(outside) == before


@pytest.mark.parametrize("swapped", ["the folder", "a file"])
def test_a_stage_that_was_swapped_for_a_link_is_refused(place: Place, tmp_path: Path, swapped: str) -> None:
    staged = place.mirror.stage(tmp_path / "new", TARGET, "run-2")
    file = staged.place / sha("bash five")
    (tmp_path / "secret").write_text("secret 9!")
    swap(
        staged.place if swapped == "the folder" else file,
        tmp_path / ("outside" if swapped == "the folder" else "secret"),
    )
    with pytest.raises(RequestRefused):
        place.mirror.switch(staged)
    assert "secret 9!" not in place.shown().values()


def test_a_sweep_removes_nothing_behind_a_link(place: Place, tmp_path: Path) -> None:
    publish(place.mirror, tmp_path / "new", "run-2")
    swap(place.root / TARGET / "x86_64", tmp_path / "outside/x86_64")
    before = contents(tmp_path / "outside")
    with pytest.raises(RequestRefused):
        place.mirror.sweep(TARGET, keep_generations=0)
    assert contents(tmp_path / "outside") == before


def test_a_source_swapped_for_a_link_after_it_was_compared_is_refused(place: Place, tmp_path: Path) -> None:
    changes = place.mirror.compare(tmp_path / "new", TARGET)
    swap(tmp_path / "new/x86_64/bash-5.rpm", tmp_path / "outside/x86_64/bash-4.rpm")
    with pytest.raises(RequestRefused):
        place.mirror.stage(tmp_path / "new", TARGET, "run-2", changes)


TRICKS = [
    "../outside/x",
    "/etc/passwd",
    "a/../../x",
    "a/./b",
    "a//b",
    ".relengotron-kept/x",
    "a\nb",
    "a\x1b[2Jb",
    "a\x7fb",
    "a\x85b",
    "a\udc80b",
    "a\\b",
    "n" * 256,
    "é" * 200,
    "n" * 4096,
    "/".join(["deep"] * 820),
]


@pytest.mark.parametrize("trick", TRICKS, ids=range(len(TRICKS)))
def test_no_trick_in_a_name_is_taken_for_a_path(place: Place, tmp_path: Path, trick: str) -> None:
    before, entry = contents(tmp_path / "outside"), Entry(sha("bash four"), len("bash four"))
    facts = {"base": 1, "shown": {trick: list(entry)}, "gone": []}
    for act in (
        lambda: rel_path(trick),
        lambda: place.mirror.stage(tmp_path / "new", trick, "run-2"),  # type: ignore[arg-type]
        lambda: place.mirror.withdraw(TARGET, {trick: entry}),
        lambda: Changes.from_facts(facts),
        lambda: Changes.from_facts({**facts, "shown": {}, "gone": [trick]}),
        lambda: place.mirror.look({trick: entry.sha256}),
    ):
        with pytest.raises(MalformedInput):
            act()
    assert contents(tmp_path / "outside") == before


@pytest.mark.parametrize("checksum", ["../../outside", "", "A" * 64, "0" * 63, "0" * 64 + "\n"])
def test_no_trick_in_a_checksum_is_taken_for_a_name(place: Place, checksum: str) -> None:
    with pytest.raises(MalformedInput):
        place.mirror.withdraw(TARGET, {"x86_64/a.rpm": Entry(checksum, 1)})
    with pytest.raises(MalformedInput):
        Changes.from_facts({"base": 1, "shown": {"a.rpm": [checksum, 1]}, "gone": []})


@pytest.mark.parametrize("name", ["a\x1b[2J.rpm", "a\x85.rpm", b"a\xff.rpm"])
def test_a_source_with_such_a_name_is_refused(place: Place, tmp_path: Path, name: str | bytes) -> None:
    folder = os.fsencode(tmp_path / "new/x86_64")
    Path(os.fsdecode(os.path.join(folder, os.fsencode(name)))).write_text("x")
    with pytest.raises(RequestRefused, match="readers must not see"):
        place.mirror.stage(tmp_path / "new", TARGET, "run-2")


def test_a_source_deeper_than_readers_can_follow_is_refused(place: Place, tmp_path: Path) -> None:
    deep = tmp_path / "new"
    for _ in range(12):
        deep = deep / ("d" * 200)
        deep.mkdir()
    with pytest.raises(RequestRefused, match="too long"):
        place.mirror.stage(tmp_path / "new", TARGET, "run-2")
