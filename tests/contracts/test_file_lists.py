"""Do the lists that mirrors compare name what is on the mirror, at the cost of what has changed, whatever dies?"""

import fcntl
import os
import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path

import pytest

from relengotron.errors import PowerCut, StateDisagrees, SystemBusy, SystemUnreachable
from relengotron.systems.filelists import client
from relengotron.systems.filelists.port import How, Module
from relengotron.systems.mirror.client import Remote
from tests.contracts.lists_place import WHOLE, Listing
from tests.contracts.mirror_place import (
    NEW,
    OLD,
    TARGET,
    Place,
    without_platters,
)
from tests.contracts.rsync_place import Daemon, nobody_listens

REPOMD = f"{TARGET}/x86_64/repodata/repomd.xml"


@pytest.fixture(autouse=True)
def _a_rehearsal_need_not_wait_for_the_platters(monkeypatch: pytest.MonkeyPatch) -> None:
    without_platters(monkeypatch)


@pytest.fixture
def listing(tmp_path: Path) -> Listing:
    """A mirror that shows a first state, and lists of it."""
    made = Listing(tmp_path)
    made.publish(OLD)
    assert made.refresh().how is How.WALKED
    return made


def test_the_first_lists_name_everything_in_the_format_that_mirrors_read(listing: Listing) -> None:
    listing.must_be_true()
    assert listing.rows()[f"{TARGET}/x86_64/bash-4.rpm"] == ("f", len("bash four"))
    assert listing.sums().keys() == {REPOMD}
    found = os.stat(listing.mirror.root / REPOMD)
    assert listing.times()[REPOMD] == int(max(found.st_mtime, found.st_ctime))


def test_images_are_listed_by_their_names(listing: Listing) -> None:
    images = listing.mirror.root / "images"
    images.mkdir()
    for name in ("a.iso", "b.raw.xz", "b.raw.xz-CHECKSUM", "c.tar.xz", "d.rpm"):
        (images / name).write_text(name)
    (listing.mirror.root / "source.tar.gz").write_text("no image")
    listing.refresh(full=True)
    assert listing.text("imagelist-all") == "./images/a.iso\n./images/b.raw.xz\n./images/c.tar.xz\n"


def test_what_was_published_since_is_found_without_a_look_at_the_rest(
    listing: Listing, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(50):
        (listing.mirror.root / f"other-{number}").mkdir()
        (listing.mirror.root / f"other-{number}" / "file").write_text("untouched")
    listing.refresh(full=True)
    listing.publish(NEW)
    looked_at: list[str] = []
    seen = os.lstat

    def look(path: str) -> os.stat_result:
        looked_at.append(str(path))
        return seen(path)

    monkeypatch.setattr(os, "lstat", look)
    monkeypatch.setattr(os, "scandir", lambda _path: pytest.fail("nothing is to be listed anew"))

    listed = listing.refresh()

    monkeypatch.undo()
    assert listed.how is How.CHANGED
    assert listed.news == ("fullfilelist", "fullfiletimelist-all")
    assert not [path for path in looked_at if "/other-" in path]
    listing.must_be_true()


@pytest.mark.parametrize("full", [False, True])
def test_a_list_that_is_true_already_keeps_its_time(listing: Listing, full: bool) -> None:
    before = {name: os.stat(listing.mirror.root / name) for name in ("fullfilelist", "fullfiletimelist-all")}
    listed = listing.refresh(full=full)
    assert listed.news == ()
    assert listed.how is (How.WALKED if full else How.AS_IT_WAS)
    for name, facts in before.items():
        now = os.stat(listing.mirror.root / name)
        assert (now.st_ino, now.st_mtime_ns) == (facts.st_ino, facts.st_mtime_ns)
    assert not list(listing.mirror.root.glob(".relengotron-new-*"))


def test_a_new_package_between_two_old_ones_stands_between_them(listing: Listing) -> None:
    listing.publish({**OLD, "c-1.rpm": "c"})
    listing.refresh()
    listing.must_be_true()


def test_files_stay_listed_until_they_are_swept(listing: Listing) -> None:
    listing.publish(NEW)
    listing.publish({"bash-6.rpm": "bash six"})
    listing.refresh()
    listing.must_be_true()
    assert f"{TARGET}/x86_64/bash-4.rpm" in listing.rows()

    listing.mirror.mirror.sweep(TARGET, keep_generations=0)
    assert listing.refresh().how is How.CHANGED
    listing.must_be_true()
    assert f"{TARGET}/x86_64/bash-4.rpm" not in listing.rows()
    assert listing.refresh().how is How.AS_IT_WAS


@pytest.mark.parametrize("meanwhile", ["asked for", "broken"])
def test_what_leaves_is_not_forgotten_when_the_whole_tree_is_read_meanwhile(listing: Listing, meanwhile: str) -> None:
    listing.publish(NEW)
    listing.publish({"bash-6.rpm": "bash six"})
    listing.refresh()
    if meanwhile == "broken":
        place = listing.mirror.root / "fullfiletimelist-all"
        place.write_text(place.read_text().replace("\tf\t", " f ", 1))
    assert listing.refresh(full=meanwhile == "asked for").how is How.WALKED

    listing.mirror.mirror.sweep(TARGET, keep_generations=0)
    listing.refresh()
    listing.must_be_true()


def test_a_way_back_is_listed_as_any_change(listing: Listing) -> None:
    first = listing.mirror.mirror.published(TARGET)
    assert first is not None
    listing.publish(NEW)
    listing.refresh()
    listing.mirror.mirror.withdraw(TARGET, first)
    assert listing.refresh().how is How.CHANGED
    listing.must_be_true()


@pytest.mark.parametrize("touched", ["atomic/repo", "atomic"])
def test_a_module_that_is_touched_as_a_whole_is_read_anew(tmp_path: Path, touched: str) -> None:
    listing = Listing(tmp_path, Module("trees", "atomic/repo"))
    repo = listing.mirror.root / "atomic" / "repo"
    repo.mkdir(parents=True)
    listing.refresh()
    (repo / "summary").write_text("two")

    assert listing.refresh(touched).how is How.WALKED
    assert "\tsummary\n" in (repo / "fullfiletimelist-trees").read_text()


def test_a_target_that_is_taken_away_altogether_takes_its_folders_along(listing: Listing) -> None:
    listing.mirror.mirror.withdraw(TARGET, {})
    listing.mirror.mirror.sweep(TARGET, keep_generations=0)
    listing.refresh()
    listing.must_be_true()


def test_a_folder_without_a_record_is_read_anew_when_it_is_named(listing: Listing) -> None:
    repo = listing.mirror.root / "atomic" / "repo"
    (repo / "objects").mkdir(parents=True)
    (repo / "objects" / "one").write_text("one")
    listing.refresh("atomic/repo")
    listing.must_be_true()

    (repo / "objects" / "one").unlink()
    (repo / "summary").write_text("two")
    assert listing.refresh("atomic/repo", "nowhere/at/all").how is How.CHANGED
    listing.must_be_true()


@pytest.mark.parametrize(
    "spoil",
    [
        lambda text: text.removesuffix("[End]\n"),
        lambda text: text[: len(text) // 2],
        lambda text: "",
        lambda text: text.replace("[Version]\n2", "[Version]\n3"),
        lambda text: text.replace("\tf\t", "\tf ", 1),
        lambda text: text.replace("[Checksums SHA1]\n", "[Checksums SHA1]\nzz\t"),
    ],
)
def test_a_list_that_is_broken_is_not_believed(listing: Listing, spoil: Callable[[str], str]) -> None:
    place = listing.mirror.root / "fullfiletimelist-all"
    place.write_text(spoil(place.read_text()))
    assert listing.refresh().how is How.WALKED
    listing.must_be_true()


def test_a_list_that_others_wrote_is_kept_where_nothing_of_ours_lies(listing: Listing) -> None:
    (listing.mirror.root / "of-others").mkdir()
    (listing.mirror.root / "of-others" / "file").write_text("theirs")
    place = listing.mirror.root / "fullfiletimelist-all"
    listing.refresh(full=True)
    head, rows, rest = re.split(r"(?<=\[Files\]\n)|(?=\n\[Checksums)", place.read_text(), maxsplit=2)
    place.write_text(head + "\n".join(reversed(rows.splitlines())) + "\n" + rest)  # nobody must sort
    (listing.mirror.root / "of-others" / "later").write_text("nobody told us")
    listing.publish(NEW)

    assert listing.refresh().how is How.CHANGED
    assert "of-others/later" not in listing.rows()
    (listing.mirror.root / "of-others" / "later").unlink()
    assert f"{TARGET}/x86_64/bash-5.rpm" in listing.rows()
    assert "of-others/file" in listing.rows()


def test_the_power_may_go_at_any_moment_and_no_reader_sees_half_a_list(tmp_path: Path) -> None:
    moment, seen = 0, 0
    while True:
        moment += 1
        listing = Listing(tmp_path / str(moment))
        listing.publish(OLD)
        listing.refresh()
        before = listing.text()
        listing.publish(NEW)
        listing.disk.cut_before = listing.disk.count + moment
        listing.disk.between = partial(_read_as_a_mirror, listing)
        cut = True
        with suppress(PowerCut):
            listing.refresh()
            cut = False
        listing.disk.cut_before = None
        assert listing.text() == before or listing.rows() == listing.on_disk()
        listing.refresh()
        listing.must_be_true()
        listing.publish({**NEW, "d-1.rpm": "d"})
        listing.refresh()
        listing.must_be_true()
        if not cut:
            break
        seen += 1
    assert seen >= 6


def _read_as_a_mirror(listing: Listing) -> None:
    assert WHOLE.fullmatch(listing.text())


def test_somebody_elses_lock_is_not_broken_and_its_holder_is_named(listing: Listing, tmp_path: Path) -> None:
    lock = tmp_path / "update.lock"
    lists = listing.opened(lock=lock)
    with lock.open("w") as theirs:
        fcntl.flock(theirs, fcntl.LOCK_EX)
        with pytest.raises(SystemBusy, match=r"somebody who left no name .* holds .*update\.lock"):
            lists.refresh()
        theirs.write('{"who": "ftpsync@mirror01", "why": "write lists", "since": "2016-11-01T10:00:00+00:00"}')
        theirs.flush()
        with pytest.raises(SystemBusy, match=r"ftpsync@mirror01 .to write lists, since 2016"):
            lists.refresh()
    lists.refresh()


def test_names_that_no_list_can_carry_are_left_out_and_told(listing: Listing) -> None:
    evil = listing.mirror.root / "evil"
    evil.mkdir()
    for name in ("a\nb", "tab\there", "escape\x1b[2J", "plain"):
        (evil / name).write_text("x")
    (evil / "folder\n1480000000\tf\t1\tforged").mkdir()
    os.close(os.open(os.fsencode(evil) + b"/not-utf8-\xff", os.O_CREAT))
    listed = listing.refresh("evil")
    assert len(listed.left_out) == 5
    assert {path for path in listing.rows() if path.startswith("evil/")} == {"evil/plain"}
    assert "forged" not in listing.text()


def test_links_are_listed_and_never_followed_and_private_files_are_marked(listing: Listing, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "secret").write_text("secret")
    (listing.mirror.root / "way-out").symlink_to(outside)
    private = listing.mirror.root / "staged"
    private.mkdir()
    (private / "image").write_text("not yet")
    private.chmod(0o750)
    (private / "image").chmod(0o640)
    listing.refresh("way-out", "staged")
    rows = listing.rows()
    assert rows["way-out"][0] == "l"
    assert rows["staged"][0] == "d-"
    assert rows["staged/image"][0] == "f-"
    assert not [path for path in rows if "secret" in path]


def test_modules_have_lists_of_their_own_and_leave_out_what_they_are_told(tmp_path: Path) -> None:
    listing = Listing(tmp_path, Module("one", "pub/one", ("atomic",)), Module("two", "pub/two"), Module("none", "no"))
    listing.publish(OLD, "pub/one/updates")
    listing.publish(NEW, "pub/two/updates")
    (listing.mirror.root / "pub/one/atomic").mkdir()
    (listing.mirror.root / "pub/one/atomic/object").write_text("many")
    assert [each.module for each in listing.lists.refresh()] == ["one", "two"]
    one = listing.text("pub/one/fullfilelist").splitlines()
    assert "updates/x86_64/bash-4.rpm" in one
    assert not [path for path in one if "atomic" in path or "bash-5" in path]
    assert "updates/x86_64/bash-5.rpm" in listing.text("pub/two/fullfilelist")
    listing.publish(NEW, "pub/one/updates")
    assert [each.how for each in listing.lists.refresh(["pub/one/atomic"])] == [How.CHANGED, How.AS_IT_WAS]
    assert "atomic" not in listing.text("pub/one/fullfilelist")


def test_a_mirror_that_is_not_mounted_gets_no_empty_list(listing: Listing, tmp_path: Path) -> None:
    listing.mirror.root.rename(tmp_path / "unmounted")
    listing.mirror.root.mkdir()
    with pytest.raises(SystemUnreachable, match="is it mounted"):
        listing.refresh()
    assert not list(listing.mirror.root.glob("full*"))


def test_what_is_behind_is_told_and_what_is_true_is_not(listing: Listing) -> None:
    assert listing.lists.behind() == {}
    listing.publish(NEW)
    assert f"last publication of {TARGET}" in listing.lists.behind()["all"]
    listing.refresh()
    assert listing.lists.behind() == {}
    place = listing.mirror.root / "fullfiletimelist-all"
    place.write_text(place.read_text())
    assert "by somebody else" in listing.lists.behind()["all"]
    place.unlink()
    assert "not there" in listing.lists.behind()["all"]


def test_a_long_list_is_changed_row_by_row(listing: Listing, monkeypatch: pytest.MonkeyPatch) -> None:
    def pieces(rows: object) -> Iterator[object]:
        pytest.fail("a sorted list is never held as a whole")

    monkeypatch.setattr(client, "in_order", pieces)
    listing.publish(NEW)
    listing.refresh()
    listing.must_be_true()


def test_other_masters_get_the_lists_as_they_are_here(rsync_daemon: Daemon, tmp_path: Path) -> None:
    there = rsync_daemon.place(tmp_path.name)
    private = there / "pub"
    private.mkdir(mode=0o750)
    listing = Listing(tmp_path, Module("one", "pub"), Module("absent", "no"))
    remotes = (Remote("away", nobody_listens()), Remote("one", rsync_daemon.url("pub", tmp_path.name)))
    mirror = Place(tmp_path, remotes=remotes).mirror
    (listing.mirror.root / "pub").mkdir(parents=True)
    (listing.mirror.root / "pub" / "file").write_text("content")
    listing.lists.refresh()

    assert listing.lists.paths() == ("pub/fullfilelist", "pub/imagelist-one", "pub/fullfiletimelist-one")
    with pytest.raises(SystemUnreachable, match=r"^master away "):
        mirror.spread(listing.lists.paths())
    list_there = private / "fullfiletimelist-one"
    assert list_there.read_text() == listing.text("pub/fullfiletimelist-one")
    assert private.stat().st_mode & 0o777 == 0o750
    before = list_there.stat()
    with suppress(SystemUnreachable):
        mirror.spread(listing.lists.paths())
    assert (list_there.stat().st_ino, list_there.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)
    with pytest.raises(StateDisagrees, match=r"pub/none is not in .*, or no plain file"):
        mirror.spread(["pub/none"])
