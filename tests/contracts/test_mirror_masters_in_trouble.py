"""A master that is away, full, broken or in somebody else's hands: nothing half visible, and it is named."""

import socket
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from relengotron.errors import RelengError, StateDisagrees, SystemUnreachable
from relengotron.systems.mirror.client import Remote
from relengotron.systems.mirror.client.rsync import Rsync
from tests.contracts.masters import REPOMD, a_pair, files_of, read_there, through_ssh
from tests.contracts.mirror_place import ARCH, OLD, TARGET, Place, compose, publish, read_as_a_client
from tests.contracts.rsync_place import Daemon, nobody_listens, on_a_small_disk, running_daemon

pytestmark = pytest.mark.usefixtures("no_platters")


def test_while_one_master_is_down_nothing_is_visible_anywhere_and_it_is_named(
    one: Remote, there: Path, tmp_path: Path
) -> None:
    place = a_pair(tmp_path, one)
    down = Remote("two", nobody_listens())
    both = Place(tmp_path / "here", remotes=(one, down))
    before = files_of(there)
    with pytest.raises(SystemUnreachable, match=r"master two \(rsync://.*it does not answer.*Connection refused"):
        publish(both.mirror, tmp_path / "new", "run-2")

    assert place.mirror.published(TARGET) == both.mirror.published(TARGET)
    assert {**files_of(there), **before} == files_of(there)
    read_there(there)
    read_as_a_client(both)
    publish(place.mirror, tmp_path / "new", "run-2")  # without it, as the configuration says now
    assert "x86_64/bash-5.rpm" in files_of(there / TARGET)
    read_there(there)


def test_a_master_that_fails_in_the_middle_shows_the_old_state_whole_and_catches_up(
    one: Remote, there: Path, rsync_daemon: Daemon, tmp_path: Path
) -> None:
    other = rsync_daemon.place(f"{tmp_path.name}-two")
    two = replace(through_ssh(other, tmp_path), name="two")
    place = a_pair(tmp_path, one, two)
    staged = place.mirror.stage(tmp_path / "new", TARGET, "run-2")
    away = there.rename(there.with_name("away"))
    with pytest.raises(SystemUnreachable, match=r"master one .*Nothing is half visible there"):
        place.mirror.switch(staged)

    read_there(away)
    assert (away / TARGET / REPOMD).read_text() == (tmp_path / "old" / REPOMD).read_text()
    assert (other / TARGET / REPOMD).read_text() == (tmp_path / "new" / REPOMD).read_text(), "the others went on"
    away.rename(there)
    publish(place.mirror, tmp_path / "new", "run-2")
    assert files_of(there) == files_of(other) == files_of(place.root)


def test_a_master_that_was_behind_keeps_for_its_readers_what_it_showed(
    one: Remote, there: Path, tmp_path: Path
) -> None:
    place = a_pair(tmp_path, one)
    alone = Place(tmp_path / "here")
    publish(alone.mirror, tmp_path / "new", "run-2")
    place.mirror.sweep(TARGET, keep_generations=0)
    assert (there / TARGET / REPOMD).read_text() == (tmp_path / "new" / REPOMD).read_text()
    assert "x86_64/bash-4.rpm" in files_of(there / TARGET)
    place.mirror.sweep(TARGET, keep_generations=0)
    assert files_of(there) == files_of(place.root)


def test_what_somebody_else_wrote_there_is_not_published_over(pair: Place, there: Path, tmp_path: Path) -> None:
    (there / TARGET / REPOMD).write_text("by hand")
    with pytest.raises(StateDisagrees, match=r"master one .*repomd\.xml there is not what was published last"):
        pair.mirror.stage(tmp_path / "new", TARGET, "run-2")
    assert (there / TARGET / REPOMD).read_text() == "by hand"
    assert "x86_64/bash-5.rpm" not in files_of(there / TARGET)
    (there / TARGET / REPOMD).unlink()
    publish(pair.mirror, tmp_path / "new", "run-2")
    read_there(there)


def test_a_master_that_was_emptied_gets_everything_anew(pair: Place, there: Path, tmp_path: Path) -> None:
    there.rename(there.with_name("broken disk"))
    there.mkdir()
    publish(pair.mirror, tmp_path / "new", "run-2")
    read_there(there)
    assert set(files_of(there / TARGET)) == set(pair.mirror.published(TARGET) or {})


def test_a_ledger_that_cannot_be_read_is_named(pair: Place, tmp_path: Path) -> None:
    ledger = tmp_path / "here/states/updates%2F23/master-one.sqlite"
    ledger.write_bytes(b"no such thing" * 100)
    with pytest.raises(SystemUnreachable, match=r"master-one\.sqlite does not say what the master shows.*remove it"):
        pair.mirror.stage(tmp_path / "new", TARGET, "run-2")
    ledger.unlink()
    publish(pair.mirror, tmp_path / "new", "run-2")


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("{daemon}/ro/{here}", "read-only"),
        ("{daemon}/nowhere", "does not let us in"),
        ("{daemon}/locked/{here}", "cannot log in"),
        ("{daemon}/pub/not/there", "rsync ended with status"),
    ],
)
def test_what_keeps_us_from_writing_there_is_told_in_words(
    rsync_daemon: Daemon, there: Path, tmp_path: Path, url: str, words: str
) -> None:
    address = url.format(daemon=f"rsync://127.0.0.1:{rsync_daemon.port}", here=there.name)
    place = Place(tmp_path / "here", remotes=(Remote("one", address),))
    (seen,) = place.mirror.try_masters()
    assert words in str(seen.trouble)
    with pytest.raises(SystemUnreachable, match=words):
        place.mirror.stage(compose(tmp_path / "old", OLD, ARCH), TARGET, "run-1")
    assert place.shown() == {}


def test_a_master_that_says_nothing_is_not_waited_for_longer_than_agreed(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"rsync://127.0.0.1:{silent.getsockname()[1]}/pub"
        remote = Remote("one", url, longest=timedelta(seconds=0.3))
        (seen,) = Place(tmp_path / "here", remotes=(remote,)).mirror.try_masters()
    assert "it took longer than 0:00:00.3" in str(seen.trouble)


def test_without_rsync_it_is_said_so(one: Remote, tmp_path: Path) -> None:
    with pytest.raises(SystemUnreachable, match="cannot run no-such-rsync"):
        Rsync(one, "no-such-rsync").make_folder("updates")


def test_a_folder_here_that_was_swapped_for_a_link_is_not_followed(pair: Place, there: Path, tmp_path: Path) -> None:
    before = files_of(there)
    publish(Place(tmp_path / "here").mirror, tmp_path / "new", "run-2")
    live = pair.root / TARGET / "x86_64"
    live.rename(tmp_path / "outside")
    live.symlink_to(tmp_path / "outside")
    with pytest.raises(RelengError, match="symbolic link"):
        pair.mirror.sweep(TARGET)
    assert files_of(there) == before


def test_a_master_whose_disk_fills_up_shows_the_old_state_until_there_is_room(tmp_path: Path) -> None:
    place_of_files = tmp_path / "full" / "pub"
    place_of_files.mkdir(parents=True)
    small = on_a_small_disk(place_of_files, "64k")
    if small is None:  # no user here may mount anything: as little room, by another limit
        small = ["sh", "-c", 'trap "" XFSZ; ulimit -f 64; exec "$@"', "sh"]
    with running_daemon(tmp_path / "full", *small) as daemon:
        there = Path(f"/proc/{daemon.pid}/root{place_of_files}")
        place = a_pair(tmp_path, Remote("one", daemon.url("pub")))
        compose(tmp_path / "big", {"big-1.rpm": "x" * 200_000, "same-1.rpm": "same"}, ARCH)
        with pytest.raises(SystemUnreachable, match=r"master one .*(full: make room|File too large)"):
            publish(place.mirror, tmp_path / "big", "run-2")
        read_there(there)
        read_as_a_client(place)
        assert "x86_64/big-1.rpm" not in files_of(there / TARGET)
        assert "x86_64/big-1.rpm" not in place.shown(), "it was known before anything was visible"
        publish(place.mirror, tmp_path / "new", "run-2")
        read_there(there)
        assert "x86_64/bash-5.rpm" in files_of(there / TARGET)
