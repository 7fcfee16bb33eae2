"""Does somebody who reads the mirror as fast as he can ever see a mixed state, whoever dies?"""

import multiprocessing
import random
from pathlib import Path

import pytest

from tests.process.mirror_readers import TARGET, publisher, read_on, started, steps_done, steps_of


@pytest.mark.parametrize(
    ("pushes", "rollbacks", "kills"),
    [
        pytest.param(20, 2, 8, id="short"),
        pytest.param(200, 20, 120, id="long", marks=[pytest.mark.chaos, pytest.mark.timeout(600)]),
    ],
)
def test_no_reader_sees_a_mixed_state_although_the_publisher_is_killed(
    tmp_path: Path, pushes: int, rollbacks: int, kills: int
) -> None:
    chance = random.Random(pushes)
    ours, theirs = multiprocessing.Pipe()
    reader = started(read_on, tmp_path / "pub", theirs)
    killed = 0
    while steps_done(tmp_path) < len(steps_of(pushes, rollbacks)):
        worker = publisher(tmp_path, pushes, rollbacks)
        if killed < kills:
            worker.join(chance.uniform(0.005, 0.15))
            killed += worker.is_alive()
            worker.kill()
        worker.join()
        assert worker.exitcode in {0, -9}
    ours.send("enough")
    reads, wrong = ours.recv()
    reader.join()

    assert not wrong
    assert reads > pushes
    assert killed > kills // 2
    assert (tmp_path / "pub" / TARGET / "x86_64" / f"push-{pushes - 1}.rpm").exists()
