"""Is fedmsg's own configuration found, and is every mistake in it told with its place?"""

from pathlib import Path

import fedmsg.config
import pytest

from relengotron.errors import SettingsError
from relengotron.systems.bus import fedmsg_d

GOOD = 'config = {"endpoints": {"us": ["tcp://127.0.0.1:4001"]}, "here": True}\n'


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The fedmsg.d of the current directory; nothing that lies on this machine is read beside it."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.delenv("VIRTUAL_ENV", raising=False)
    monkeypatch.setattr(fedmsg.config, "__cache", {})
    folder = tmp_path / "fedmsg.d"
    folder.mkdir()
    return folder


def test_it_is_read_as_the_hub_reads_it(folder: Path) -> None:
    (folder / "a.py").write_text(GOOD)
    (folder / "b.py.example").write_text("nonsense")
    assert fedmsg_d.found()["here"] is True
    assert fedmsg_d.files() == (folder / "a.py",)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("config = {\n", "SyntaxError"),
        ("import nowhere_to_be_found\nconfig = {}", "ModuleNotFoundError: No module named 'nowhere_to_be_found'"),
        ("raise RuntimeError('no vault today')", "RuntimeError: no vault today"),
        ("import sys; sys.exit(3)", "SystemExit: 3"),
        ("config = 5", "TypeError"),
        ("confog = {}", "KeyError: 'config'"),
        ("def broken():\n    return {}['x']\nconfig = broken()", "KeyError: 'x'"),
    ],
)
def test_a_file_that_fails_is_named_with_what_it_says(folder: Path, text: str, told: str) -> None:
    (folder / "a.py").write_text(GOOD)
    (folder / "b.py").write_text(text)
    with pytest.raises(SettingsError) as refused:
        fedmsg_d.found()
    assert str(refused.value).startswith(f"{folder / 'b.py'}: {told}")


def test_without_addresses_the_files_that_were_read_are_named(folder: Path) -> None:
    (folder / "a.py").write_text("config = {}")
    with pytest.raises(SettingsError, match=rf"'endpoints' found\. It was read from {folder / 'a.py'}"):
        fedmsg_d.found()


@pytest.mark.usefixtures("folder")
def test_outside_of_its_directory_the_places_and_the_way_are_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError) as refused:
        fedmsg_d.found()
    told = str(refused.value)
    for place in ("/etc/fedmsg.d", str(tmp_path / "home" / ".fedmsg.d"), str(tmp_path / "fedmsg.d")):
        assert place in told
    assert "Go to the directory whose fedmsg.d the hub reads" in told


def test_a_file_that_may_not_be_read_is_not_left_out_in_silence(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "a.py").write_text(GOOD)
    monkeypatch.setattr("relengotron.systems.bus.fedmsg_d.os.access", lambda *_: False)
    with pytest.raises(SettingsError, match=r"a\.py: this user may not read it"):
        fedmsg_d.found()
