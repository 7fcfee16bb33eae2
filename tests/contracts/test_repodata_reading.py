"""How are repos read when they change, break or lie, and what is believed of what was read before?"""

import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from relengotron.errors import MalformedInput, SystemBusy, SystemUnreachable
from relengotron.systems.repodata import fetching, stock
from relengotron.systems.repodata.converting import here, in_a_child
from relengotron.systems.repodata.port import Universe
from tests.contracts.repodata_repos import (
    HOST,
    Reader,
    Rpm,
    Weather,
    a_manifest,
    a_repo,
    be_slow,
    filelists,
    hang_up,
    primary,
    record,
    repomd,
    write_repo,
)

APP = Rpm("app")


@pytest.fixture
def weather(tmp_path: Path) -> Weather:
    return Weather(tmp_path / "served")


@pytest.fixture
def reader(tmp_path: Path, weather: Weather) -> Reader:
    return Reader(tmp_path / "cache", weather.session())


def never(_order: Any) -> None:
    raise AssertionError("nothing is to be converted")


@pytest.mark.parametrize("suffix", ["", ".gz", ".xz", ".bz2", ".zst"])
@pytest.mark.parametrize("over", ["file", "http"])
def test_metadata_are_read_in_every_compression_of_the_field(
    reader: Reader, tmp_path: Path, suffix: str, over: str
) -> None:
    url = a_repo(tmp_path / "served/r", APP, Rpm("user", requires=("/opt/x",)), Rpm("x", files=("/opt/x",)),
                 suffix=suffix)  # fmt: skip

    assert len(reader.installs(url if over == "file" else f"{HOST}/r/", "user")) == 2


def test_a_server_that_calls_a_packed_file_an_encoding_does_not_confuse(
    reader: Reader, weather: Weather, tmp_path: Path
) -> None:
    a_repo(tmp_path / "served/r", APP)
    weather.mischief = lambda path: ("200 OK", (tmp_path / "served" / path.lstrip("/")).read_bytes())

    assert reader.installs(f"{HOST}/r", "app") == {"app-1-1.noarch"}


def test_a_place_with_spaces_and_percent_signs_is_found(reader: Reader, tmp_path: Path) -> None:
    a_repo(tmp_path / "served/a b%20c", APP)

    assert reader.installs((tmp_path / "served/a b%20c").as_uri(), "app") == {"app-1-1.noarch"}
    assert reader.installs(f"{HOST}/{quote('a b%20c')}", "app") == {"app-1-1.noarch"}


def test_a_new_revision_is_seen_at_once(reader: Reader, tmp_path: Path) -> None:
    url = a_repo(tmp_path / "r", APP)
    before = reader.repodata.revisions((url,))
    assert reader.installs(url, "app") == {"app-1-1.noarch"}

    a_repo(tmp_path / "r", Rpm("app", "2"))

    assert reader.installs(url, "app") == {"app-2-1.noarch"}
    assert reader.repodata.revisions((url,)) != before


def test_a_frozen_view_looks_once_and_keeps_its_answers(reader: Reader, weather: Weather, tmp_path: Path) -> None:
    a_repo(tmp_path / "served/r", APP, with_files=False)
    url = f"{HOST}/r"
    view = reader.repodata.frozen()
    first = view.solve(Universe((url,), "x86_64"), a_manifest("app"))
    a_repo(tmp_path / "served/r", Rpm("app", "2"), with_files=False)

    assert view.solve(Universe((url,), "x86_64"), a_manifest("app")) == first
    assert weather.asked == ["repomd.xml", "primary.xml.gz"]
    assert reader.installs(url, "app") == {"app-2-1.noarch"}


@pytest.mark.parametrize("broken", ["repomd.xml", "primary.xml.gz"])
def test_a_frozen_view_waits_once_for_a_repo_that_cannot_be_read(
    reader: Reader, weather: Weather, tmp_path: Path, broken: str
) -> None:
    a_repo(tmp_path / "served/r", APP, with_files=False)
    weather.mischief = lambda path: hang_up(path) if path.endswith(broken) else None
    view, told = reader.repodata.frozen(), set()
    for wish in ("app", "other", "third"):
        with pytest.raises(SystemUnreachable) as trouble:
            view.solve(Universe((f"{HOST}/r",), "x86_64"), a_manifest(wish, recommends=wish == "third"))
        told.add(str(trouble.value))

    assert weather.asked.count(broken) == 1
    assert len(told) == 1


def test_a_warm_repo_is_asked_for_its_revision_only(reader: Reader, weather: Weather, tmp_path: Path) -> None:
    a_repo(tmp_path / "served/r", APP)
    reader.installs(f"{HOST}/r", "app")
    weather.asked.clear()

    reader.installs(f"{HOST}/r", "app")
    reader.repodata.newest(reader.universe(f"{HOST}/r"))

    assert weather.asked == ["repomd.xml", "repomd.xml"]


def test_solver_data_are_read_from_disk_after_a_start(reader: Reader, tmp_path: Path) -> None:
    url = a_repo(tmp_path / "r", APP)
    reader.installs(url, "app")

    assert Reader(tmp_path / "cache", convert=never).installs(url, "app") == {"app-1-1.noarch"}


def test_file_lists_are_read_only_where_a_needed_file_makes_it_necessary(
    reader: Reader, weather: Weather, tmp_path: Path
) -> None:
    a_repo(tmp_path / "served/r", APP, Rpm("shell-user", requires=("/usr/bin/sh",)), Rpm("sh", files=("/usr/bin/sh",)))

    reader.installs(f"{HOST}/r", "shell-user")

    assert set(weather.asked) == {"repomd.xml", "primary.xml.gz"}


def _cut(content: bytes) -> bytes:
    return content[: len(content) // 2]


def _exchanged(content: bytes) -> bytes:
    return content.replace(b"app", b"apq")


def _resealed_elsewhere(content: bytes) -> bytes:
    return content[:-32] + b"\0" * 32


@pytest.mark.parametrize("harm", [_cut, _exchanged, _resealed_elsewhere, lambda _content: b""])
def test_a_cached_file_that_was_harmed_is_made_anew(
    reader: Reader, tmp_path: Path, harm: Callable[[bytes], bytes]
) -> None:
    url = a_repo(tmp_path / "r", APP)
    reader.installs(url, "app")
    (kept,) = (tmp_path / "cache").rglob("*.solv")
    good = kept.read_bytes()
    kept.write_bytes(harm(good))

    assert Reader(tmp_path / "cache").installs(url, "app") == {"app-1-1.noarch"}
    assert kept.read_bytes() == good


def test_a_cached_file_of_another_revision_is_not_believed(reader: Reader, tmp_path: Path) -> None:
    url = a_repo(tmp_path / "r", APP)
    reader.installs(url, "app")
    (old,) = (tmp_path / "cache").rglob("*.solv")
    a_repo(tmp_path / "r", Rpm("app", "2"))
    reader.installs(url, "app")
    (new,) = set((tmp_path / "cache").rglob("*.solv")) - {old}
    new.write_bytes(old.read_bytes())

    assert Reader(tmp_path / "cache").installs(url, "app") == {"app-2-1.noarch"}


def test_only_the_newest_revisions_of_a_repo_stay_on_disk(reader: Reader, tmp_path: Path) -> None:
    for version in range(12):
        reader.installs(a_repo(tmp_path / "r", Rpm("app", str(version))), "app")

    assert len(list((tmp_path / "cache").rglob("*.solv"))) == 6
    assert {place.suffix for place in (tmp_path / "cache").rglob("*") if place.is_file()} == {".solv"}


def test_a_repo_that_changes_while_it_is_read_is_read_once_more(
    reader: Reader, weather: Weather, tmp_path: Path
) -> None:
    place = tmp_path / "served/r"
    a_repo(place, APP)

    def change(path: str) -> None:
        if path.endswith("primary.xml.gz"):
            weather.mischief = lambda _path: None
            (place / path.removeprefix("/r/")).unlink()
            a_repo(place, Rpm("app", "2"))

    weather.mischief = change

    assert reader.installs(f"{HOST}/r", "app") == {"app-2-1.noarch"}


@pytest.mark.parametrize("frozen", [False, True])
def test_a_repo_that_never_stops_changing_cannot_be_reached_now(
    reader: Reader, weather: Weather, tmp_path: Path, frozen: bool
) -> None:
    place, version = tmp_path / "served/r", iter(range(100))
    a_repo(place, APP)

    def change(path: str) -> None:
        if path.endswith("primary.xml.gz"):
            (place / path.removeprefix("/r/")).unlink()
            a_repo(place, Rpm("app", str(next(version))))

    weather.mischief = change
    repodata = reader.repodata.frozen() if frozen else reader.repodata

    with pytest.raises(SystemUnreachable, match=r"changes while it is read: .*primary.xml.gz is not there"):
        repodata.solve(reader.universe(f"{HOST}/r"), a_manifest("app"))
    assert weather.asked.count("repomd.xml") == 2


@pytest.mark.parametrize(
    "odd",
    [
        ("200 OK", b""),
        ("200 OK", b"<html>Welcome to the hotel network</html>"),
        ("200 OK", b"x" * 100_000),
        ("404 Not Found", b""),
        ("410 Gone", b""),
    ],
)
def test_a_file_that_is_not_what_was_said_is_never_used(
    reader: Reader, weather: Weather, tmp_path: Path, odd: tuple[str, bytes]
) -> None:
    a_repo(tmp_path / "served/r", APP)
    weather.mischief = lambda path: odd if "primary" in path else None

    with pytest.raises(SystemUnreachable, match=r"a repo changes while it is read: .*primary"):
        reader.installs(f"{HOST}/r", "app")
    assert not list((tmp_path / "cache").rglob("*.solv"))


@pytest.mark.parametrize("of", ["repomd.xml", "primary.xml.gz"])
@pytest.mark.parametrize(
    ("mischief", "error"),
    [
        (lambda _path: ("503 Service Unavailable", b""), SystemUnreachable),
        (lambda _path: ("403 Forbidden", b""), SystemUnreachable),
        (lambda _path: ("206 Partial Content", b"<"), SystemUnreachable),
        (lambda _path: ("429 Too Many Requests", b""), SystemBusy),
        (hang_up, SystemUnreachable),
        (be_slow, SystemUnreachable),
    ],
)
def test_a_server_that_cannot_answer_now_is_asked_again_later(
    reader: Reader, weather: Weather, tmp_path: Path, of: str, mischief: Any, error: type[Exception]
) -> None:
    a_repo(tmp_path / "served/r", APP)
    weather.mischief = lambda path: mischief(path) if path.endswith(of) else None

    with pytest.raises(error, match=f"{HOST}/r: .*{of}"):
        reader.installs(f"{HOST}/r", "app")

    weather.mischief = lambda _path: None
    assert reader.installs(f"{HOST}/r", "app") == {"app-1-1.noarch"}


def test_a_server_that_gives_a_little_now_and_then_keeps_nobody(
    reader: Reader, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    a_repo(tmp_path / "served/r", APP)
    monkeypatch.setattr(fetching, "LONGEST_DOWNLOAD", -1.0)
    with pytest.raises(SystemUnreachable, match="does not come within"):
        reader.installs(f"{HOST}/r", "app")


def test_who_makes_the_same_solver_data_for_too_long_is_not_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url, begun, may_end = a_repo(tmp_path / "r", APP), threading.Event(), threading.Event()

    def slowly(order: Any) -> None:
        begun.set()
        may_end.wait(30)
        here(order)

    reader = Reader(tmp_path / "cache", convert=slowly)
    first = threading.Thread(target=reader.installs, args=(url, "app"))
    first.start()
    begun.wait(30)
    monkeypatch.setattr(stock, "TURN_COMES_WITHIN", 0.0)
    with pytest.raises(SystemBusy):
        reader.installs(url, "app")
    may_end.set()
    first.join()


@pytest.mark.parametrize("url", [f"{HOST}/nowhere", "file:///nowhere/at/all"])
def test_a_repo_that_is_not_there_cannot_be_reached(reader: Reader, url: str) -> None:
    with pytest.raises(SystemUnreachable, match=r"repomd\.xml is not there"):
        reader.repodata.revisions((url,))


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"junk",
        b"<html/>",
        repomd("").encode(),
        b"\xff\xfe",
        b'<?xml version="1.0"?><repomd>',
        b"x" * (1 << 20 | 1),
    ],
)
def test_a_repomd_that_is_none_is_malformed(reader: Reader, tmp_path: Path, content: bytes) -> None:
    a_repo(tmp_path / "r", APP)
    (tmp_path / "r/repodata/repomd.xml").write_bytes(content)

    with pytest.raises(MalformedInput, match=r"repomd\.xml"):
        reader.installs((tmp_path / "r").as_uri(), "app")


@pytest.mark.parametrize(
    "href",
    [
        "../x",
        "/etc/passwd",
        "a/../../x",
        "http://evil/x",
        "file:x",
        "",
        "a//b",
        "./x",
        "a\nb",
        "a\\b",
        "x" * 5000 + "/..",
    ],
)
def test_a_file_outside_of_the_repo_is_never_read(reader: Reader, tmp_path: Path, href: str) -> None:
    write_repo(tmp_path / "r", {"primary": primary([APP])}, href=href)

    with pytest.raises(MalformedInput, match="outside of the repo"):
        reader.installs((tmp_path / "r").as_uri(), "app")


@pytest.mark.parametrize(
    "said",
    [
        {"algorithm": "md5", "checksum": "0" * 32},
        {"algorithm": "sha1", "checksum": "0" * 40},
        {"algorithm": "sha256", "checksum": "0" * 63},
        {"algorithm": "sha256", "checksum": "../" * 21 + "0"},
        {"algorithm": "shake_128", "checksum": ""},
    ],
)
def test_a_checksum_that_proves_nothing_is_refused(reader: Reader, tmp_path: Path, said: dict[str, str]) -> None:
    write_repo(tmp_path / "r", {"primary": primary([APP])}, **said)

    with pytest.raises(MalformedInput, match="no usable checksum"):
        reader.installs((tmp_path / "r").as_uri(), "app")


@pytest.mark.parametrize("said", [{"size": str(1 << 40)}, {"open_size": str(1 << 40)}])
def test_a_file_that_is_said_to_be_enormous_is_not_fetched(
    reader: Reader, tmp_path: Path, said: dict[str, str]
) -> None:
    write_repo(tmp_path / "r", {"primary": primary([APP])}, **said)

    with pytest.raises(MalformedInput, match="primary is too large"):
        reader.installs((tmp_path / "r").as_uri(), "app")


@pytest.mark.parametrize(
    "content", [b"", b"junk", b"<otherdata/>", primary([APP])[:-40], filelists([APP]), b"<metadata><package>"]
)
@pytest.mark.parametrize("suffix", [".gz", ".xz"])
def test_a_list_of_packages_that_is_none_is_malformed(
    reader: Reader, tmp_path: Path, content: bytes, suffix: str
) -> None:
    write_repo(tmp_path / "r", {"primary": content}, suffix)

    with pytest.raises(MalformedInput, match=r"/r: primary (is no|cannot)"):
        reader.installs((tmp_path / "r").as_uri(), "app")


def test_something_that_is_not_compressed_as_its_name_says_is_malformed(reader: Reader, tmp_path: Path) -> None:
    place, content = tmp_path / "r/repodata", b"this is no xz file"
    place.mkdir(parents=True)
    (place / "p.xml.xz").write_bytes(content)
    (place / "repomd.xml").write_text(repomd(record("primary", content, href="repodata/p.xml.xz")))

    with pytest.raises(MalformedInput, match="/r: primary is no primary metadata"):
        reader.installs((tmp_path / "r").as_uri(), "app")


def test_a_pipe_in_the_place_of_a_file_keeps_nobody_waiting(reader: Reader, tmp_path: Path) -> None:
    (tmp_path / "r/repodata").mkdir(parents=True)
    os.mkfifo(tmp_path / "r/repodata/repomd.xml")

    with pytest.raises(MalformedInput, match="is not a file"):
        reader.repodata.revisions(((tmp_path / "r").as_uri(),))


@pytest.mark.parametrize(
    "url", ["", "r", "/srv/r", "ftp://h/r", "file://host/r", "http://", "http://h/r?x=1", "http://[::/r", "file:r"]
)
def test_what_is_not_the_url_of_a_repo_is_malformed(reader: Reader, url: str) -> None:
    with pytest.raises(MalformedInput, match="not the URL of a repo"):
        reader.repodata.revisions((url,))


def test_a_password_in_a_url_is_not_told(reader: Reader, weather: Weather, tmp_path: Path) -> None:
    session = weather.session()
    session.mount("http://robot:s3cret@repos.sim", session.get_adapter(HOST))
    weather.mischief = hang_up

    with pytest.raises(SystemUnreachable) as failure:
        Reader(tmp_path / "cache", session).repodata.revisions(("http://robot:s3cret@repos.sim/r",))
    assert "s3cret" not in str(failure.value)


def test_what_kills_the_process_that_reads_them_makes_metadata_malformed(tmp_path: Path) -> None:
    url = a_repo(tmp_path / "r", APP)
    reader = Reader(tmp_path / "cache", convert=in_a_child)
    assert reader.installs(url, "app") == {"app-1-1.noarch"}

    write_repo(tmp_path / "r", {"primary": b"<metadata" + b" " * 10 + b"<<"})

    with pytest.raises(MalformedInput, match=r"/r: primary cannot be understood"):
        reader.installs(url, "app")


def test_many_threads_get_the_same_answers(reader: Reader, tmp_path: Path) -> None:
    urls = tuple(a_repo(tmp_path / f"r{n}", *(Rpm(f"p{n}-{m}") for m in range(30))) for n in range(3))
    answers: list[set[str]] = []

    def ask() -> None:
        for n in range(20):
            answers.append(reader.installs(urls[: 1 + n % 3], "p0-1", exclude=[f"p{n}"]))

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert answers == [{"p0-1-1-1.noarch"}] * 80


def test_names_that_no_package_can_have_are_malformed_and_what_is_told_of_them_is_short(
    reader: Reader, tmp_path: Path
) -> None:
    long = "x" * 9000
    url = a_repo(tmp_path / "r", Rpm(long, provides=("short",)), Rpm("app", requires=(f"lib{long}",)))
    with pytest.raises(MalformedInput) as told:
        reader.installs(url, "short")
    assert len(str(told.value)) < 500
    assert all(len(problem) < 500 for problem in reader.problems(url, "app", long + "y"))
