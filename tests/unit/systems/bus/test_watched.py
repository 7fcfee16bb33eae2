"""What happens when people replace files under a running daemon?"""

import logging
import os
from collections.abc import Sequence
from pathlib import Path

import pytest

from relengotron.errors import SettingsError
from relengotron.systems.bus.x509.watched import Watched


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def numbers(contents: Sequence[bytes]) -> int:
    try:
        return sum(int(content) for content in contents)
    except ValueError as error:
        raise SettingsError(f"no numbers: {error}") from error


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    found = [tmp_path / "one", tmp_path / "two"]
    for number, file in enumerate(found, 1):
        write(file, str(number))
    return found


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def watched(files: list[Path], clock: Clock) -> Watched[int]:
    return Watched(files, numbers, clock)


def write(file: Path, text: str) -> None:
    """Replace it as an installer does: another file under the same name."""
    new = file.with_suffix(".new")
    new.write_text(text)
    os.replace(new, file)


def test_a_changed_file_is_read_again_a_second_later(files: list[Path], clock: Clock, watched: Watched[int]) -> None:
    write(files[0], "10")
    assert watched() == 3
    clock.now = 1.0
    assert watched() == 12


def test_files_that_did_not_change_are_not_read(files: list[Path], clock: Clock) -> None:
    reads: list[int] = []
    watched = Watched(files, lambda contents: reads.append(len(contents)), clock)
    for clock.now in range(10):
        watched()
    assert reads == [2]


def test_half_a_change_leaves_the_former_value_in_force_and_is_told_once(
    files: list[Path], clock: Clock, watched: Watched[int], caplog: pytest.LogCaptureFixture
) -> None:
    write(files[1], "half")
    with caplog.at_level(logging.ERROR):
        for clock.now in (1.0, 2.0, 3.0):
            assert watched() == 3
    assert len(caplog.records) == 1
    write(files[1], "5")
    clock.now = 4.0
    assert watched() == 6


def test_a_file_may_be_away_for_a_while(files: list[Path], clock: Clock, watched: Watched[int]) -> None:
    files[0].unlink()
    clock.now = 1.0
    assert watched() == 3
    write(files[0], "4")
    clock.now = 2.0
    assert watched() == 6


def test_what_cannot_be_read_the_first_time_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="nowhere: cannot be read"):
        Watched([tmp_path / "nowhere"], numbers)
