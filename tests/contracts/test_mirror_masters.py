"""Do masters on other machines show what is published here, in a bearable order and at the cost of what changes?"""

import os
import shutil
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from relengotron.errors import PowerCut, RequestRefused, StateDisagrees
from relengotron.systems.mirror.client import Remote
from relengotron.systems.mirror.client.rsync import Rsync
from tests.contracts.masters import REPOMD, a_pair, files_of, read_there, through_ssh
from tests.contracts.mirror_place import ARCH, TARGET, Place, compose, publish
from tests.contracts.rsync_place import SECRET, Daemon

pytestmark = pytest.mark.usefixtures("no_platters")


@pytest.mark.parametrize("how", ["daemon", "ssh"])
def test_a_master_shows_what_is_published_here_file_for_file(
    one: Remote, rsync_daemon: Daemon, there: Path, tmp_path: Path, how: str
) -> None:
    if how == "daemon":
        one = Remote("one", rsync_daemon.url("pub", there.name))
    place = a_pair(tmp_path, one)
    assert files_of(there) == files_of(place.root)

    first = place.mirror.published(TARGET)
    publish(place.mirror, tmp_path / "new", "run-2")
    read_there(there)
    assert (there / TARGET / REPOMD).read_text() == (tmp_path / "new" / REPOMD).read_text()
    assert "x86_64/bash-4.rpm" in files_of(there / TARGET), "readers of the old list still want it"
    place.mirror.withdraw(TARGET, first or {})
    assert (there / TARGET / REPOMD).read_text() == (tmp_path / "old" / REPOMD).read_text()
    place.mirror.sweep(TARGET, keep_generations=0)

    assert files_of(there) == files_of(place.root)
    assert "x86_64/bash-5.rpm" not in files_of(there / TARGET)
    if how == "ssh":
        asked = (tmp_path / "a bin/ssh.asked").read_text()
        assert all(word in asked for word in ("-oBatchMode=yes", "-oStrictHostKeyChecking=yes", "-p 2222", "-l releng"))
        assert f"-i {tmp_path}/a key" in asked


def test_only_what_changed_is_sent(pair: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[str] = []
    bring = Rsync.bring

    def noted(rsync: Rsync, source: Path, paths: Iterable[str], below: str, *, at_once: bool = False) -> None:
        sent.extend(listed := list(paths))
        bring(rsync, source, listed, below, at_once=at_once)

    monkeypatch.setattr(Rsync, "bring", noted)
    changes = pair.mirror.compare(tmp_path / "new", TARGET)
    publish(pair.mirror, tmp_path / "new", "run-2")
    assert set(sent) == set(changes.shown)
    sent.clear()
    publish(pair.mirror, tmp_path / "new", "run-3")
    assert sent == []


def test_metadata_of_equal_size_and_time_are_sent_nevertheless(pair: Place, there: Path, tmp_path: Path) -> None:
    old = (there / TARGET / REPOMD).stat()
    os.utime(tmp_path / "new" / REPOMD, ns=(old.st_atime_ns, old.st_mtime_ns))
    assert (tmp_path / "new" / REPOMD).stat().st_size == old.st_size
    publish(pair.mirror, tmp_path / "new", "run-2")
    assert (there / TARGET / REPOMD).read_text() == (tmp_path / "new" / REPOMD).read_text()


def test_a_target_taken_off_the_list_is_taken_off_everywhere(pair: Place, there: Path, tmp_path: Path) -> None:
    pair.mirror.withdraw(TARGET, {})
    assert not list(there.rglob("repomd.xml"))
    assert (there / TARGET / "x86_64/bash-4.rpm").exists()
    pair.mirror.sweep(TARGET, keep_generations=0)
    assert files_of(there) == {}
    assert not (there / TARGET / "x86_64").exists()


def test_files_of_others_stay_where_they_are(pair: Place, there: Path, tmp_path: Path) -> None:
    (there / TARGET / "x86_64/repodata/of-others.txt").write_text("not ours")
    (there / TARGET / "x86_64/of-others.rpm").write_text("not ours")
    publish(pair.mirror, tmp_path / "new", "run-2")
    pair.mirror.withdraw(TARGET, {})
    pair.mirror.sweep(TARGET, keep_generations=0)
    assert sorted(files_of(there / TARGET)) == ["x86_64/of-others.rpm", "x86_64/repodata/of-others.txt"]


def test_names_that_a_shell_or_rsync_could_misread_arrive_as_they_are(pair: Place, there: Path, tmp_path: Path) -> None:
    names = (
        "-rf.rpm",
        "--delete.rpm",
        "a'b\"c.rpm",
        "$(touch>x);&|.rpm",
        "*.rpm",
        "[a]?.rpm",
        "ü→.rpm",
        "#.rpm",
        "+a.rpm",
    )
    publish(pair.mirror, compose(tmp_path / "odd", dict.fromkeys(names, "odd"), ARCH), "run-2")
    read_there(there)
    pair.mirror.sweep(TARGET, keep_generations=0)
    assert files_of(there) == files_of(pair.root)
    assert {f"x86_64/{name}" for name in names} < set(files_of(there / TARGET))


def test_what_looks_like_a_comment_in_a_list_is_sent_compared_and_taken_away(
    one: Remote, there: Path, tmp_path: Path
) -> None:
    rsync, source, names = Rsync(one), tmp_path / "odd", ["#1", ";2"]
    source.mkdir()
    for name in names:
        (source / name).write_text("odd")
    rsync.bring(source, names, "")
    assert files_of(there) == dict.fromkeys(names, "odd")
    (there / "#1").write_text("other")
    assert rsync.differing(source, names, "") == {"#1": True}
    rsync.remove(names, "")
    assert files_of(there) == {}


def test_who_reads_much_may_be_silent_as_long_as_a_slow_disk_takes(
    one: Remote, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[list[str]] = []

    def noted(_rsync: Rsync, command: list[str], _given: bytes) -> tuple[int, str, str]:
        said.append(command)
        return 0, "", ""

    monkeypatch.setattr(Rsync, "_ended", noted)
    with (tmp_path / "image.iso").open("wb") as image:
        image.truncate(40_000_000_000)
    Rsync(one).bring(tmp_path, ["image.iso", "not-there.iso"], "")
    Rsync(one).fill(tmp_path, ["image.iso"], "")
    assert ["--timeout=2060" in said[0], "--timeout=60" in said[1]] == [True, True]


def test_a_master_that_is_named_later_gets_everything_and_reads_no_package_that_was_copied_before(
    one: Remote, there: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    alone = a_pair(tmp_path)
    shutil.copytree(alone.root, there, dirs_exist_ok=True, ignore=shutil.ignore_patterns(".relengotron*", "same-1.rpm"))
    inode = (there / TARGET / "x86_64/bash-4.rpm").stat().st_ino
    place = Place(tmp_path / "here", remotes=(one,))
    publish(place.mirror, tmp_path / "old", "run-2")
    assert files_of(there) == files_of(place.root)
    assert (there / TARGET / "x86_64/bash-4.rpm").stat().st_ino == inode


def test_files_of_no_target_are_spread_as_they_are_here(pair: Place, there: Path, tmp_path: Path) -> None:
    for words in ("one list", "another"):
        (pair.root / "lists/deep").mkdir(parents=True, exist_ok=True)
        (pair.root / "lists/deep/fullfilelist").write_text(words)
        pair.mirror.spread(["lists/deep/fullfilelist"])
        assert (there / "lists/deep/fullfilelist").read_text() == words
    with pytest.raises(StateDisagrees, match="no-such-list is not in"):
        pair.mirror.spread(["lists/no-such-list"])
    (pair.root / "lists/link").symlink_to("/etc/passwd")
    with pytest.raises(RequestRefused, match="plain file"):
        pair.mirror.spread(["lists/link"])


def test_what_is_cut_short_ends_alike_when_repeated_and_no_reader_there_notices(tmp_path: Path) -> None:
    there_and_back(tmp_path, "send pointers on one")


@pytest.mark.crash
def test_a_power_cut_at_any_moment_ends_alike_there(tmp_path: Path) -> None:
    effects = there_and_back(tmp_path, None)
    before = {number for number, effect in enumerate(effects, 1) if effect.endswith(" on one")}
    assert len(before) > 10
    for moment in before | {number + 1 for number in before if number < len(effects)}:
        there_and_back(tmp_path, moment)


def there_and_back(folder: Path, moment: int | str | None) -> list[str]:
    """Publish, go back and sweep; the power is cut once, before this change, and a reader looks before each of them."""
    there = folder / f"there-{moment}".replace(" ", "-")
    there.mkdir()
    place = a_pair(folder / str(moment), through_ssh(there, folder))
    first, new = place.mirror.published(TARGET) or {}, folder / str(moment) / "new"
    place.disk.count, place.disk.cut_before, place.disk.effects = 0, moment, []
    place.disk.between = lambda: read_there(there)
    acts: tuple[Callable[[], object], ...] = (
        lambda: publish(place.mirror, new, "run-2"),
        lambda: place.mirror.withdraw(TARGET, first),
        lambda: place.mirror.sweep(TARGET, keep_generations=0),
        lambda: place.mirror.sweep(TARGET, keep_generations=0),
    )
    for act in acts:
        try:
            act()
        except PowerCut:
            act()
    assert files_of(there) == files_of(place.root), f"{moment}: {place.disk.effects}"
    assert set(files_of(there / TARGET)) == set(first)
    return place.disk.effects


def test_a_password_opens_a_module_and_is_in_no_argument(rsync_daemon: Daemon, there: Path, tmp_path: Path) -> None:
    secret = tmp_path / "password"
    secret.write_text(f"{SECRET}\n")
    secret.chmod(0o600)
    url = rsync_daemon.url("locked", there.name).replace("://", "://releng@")
    remote = Remote("one", url, password_file=secret)
    place = a_pair(tmp_path, remote)
    assert files_of(there) == files_of(place.root)
    assert [seen.trouble for seen in place.mirror.try_masters()] == [None]
    assert files_of(there) == files_of(place.root)
    assert not any(SECRET in word for word in remote.login())
