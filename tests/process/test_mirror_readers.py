"""Does somebody who reads the mirror as fast as he can ever see a mixed state, whoever dies?"""

import multiprocessing
import random
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path

import pytest

from relengotron.systems.ostree.client import OstreeCli
from tests.conftest import Tell
from tests.process import mirror_readers, tree_readers
from tests.process.mirror_readers import TARGET, started, steps_done, steps_of

LONG = [pytest.mark.chaos, pytest.mark.timeout(900)]


@pytest.mark.parametrize(
    ("pushes", "rollbacks", "kills"),
    [pytest.param(20, 2, 8, id="short"), pytest.param(200, 20, 120, id="long", marks=LONG)],
)
def test_no_reader_sees_a_mixed_state_although_the_publisher_is_killed(
    tell: Tell, tmp_path: Path, pushes: int, rollbacks: int, kills: int
) -> None:
    story = Story(tmp_path, pushes, rollbacks, kills, mirror_readers.publisher, mirror_readers.read_on)

    read = story.lived_through(tmp_path / "pub", slowest=0.15)

    tell(f"{story}: {read}")
    assert not read.wrong
    assert read.reads > pushes
    assert read.killed > kills // 2
    assert (tmp_path / "pub" / TARGET / "x86_64" / f"push-{pushes - 1}.rpm").exists()


@pytest.mark.parametrize(
    ("pushes", "rollbacks", "kills"),
    [pytest.param(4, 1, 2, id="short"), pytest.param(200, 20, 120, id="long", marks=LONG)],
)
def test_no_reader_of_a_tree_is_led_to_what_is_not_there_although_the_publisher_is_killed(
    tell: Tell, tmp_path: Path, pushes: int, rollbacks: int, kills: int
) -> None:
    story = Story(tmp_path, pushes, rollbacks, kills, tree_readers.publisher, tree_readers.read_on)

    read = story.lived_through(tmp_path / "live", slowest=0.4)

    tell(f"{story}: {read}")
    assert not read.wrong
    assert read.reads > pushes
    assert read.killed >= kills // 2
    live = OstreeCli(tmp_path / "live")
    head = live.head(tree_readers.REF)
    assert live.fsck().clean
    assert live.refs_in_summary((live.path / "summary").read_bytes()) == {tree_readers.REF: head}


@dataclass(frozen=True)
class Read:
    """How often somebody read, what he found wrong, and how often the publisher was killed meanwhile."""

    reads: int
    wrong: list[str]
    killed: int

    def __str__(self) -> str:
        return f"{self.reads} reads, {len(self.wrong)} inconsistent, the publisher was killed {self.killed} times"


@dataclass(frozen=True)
class Story:
    """So many publications and ways back, and as many kills at random moments as there is time for."""

    place: Path
    pushes: int
    rollbacks: int
    kills: int
    publisher: Callable[[Path, int, int], BaseProcess]
    reader: Callable[[Path, Connection], None]

    def __str__(self) -> str:
        return f"{self.pushes} publications and {self.rollbacks} rollbacks"

    def lived_through(self, shown: Path, slowest: float) -> Read:
        """Publish until all is done; a publisher that is killed is followed by another one."""
        chance, killed = random.Random(self.pushes), 0
        ours, theirs = multiprocessing.Pipe()
        reader = started(self.reader, shown, theirs)
        while steps_done(self.place) < len(steps_of(self.pushes, self.rollbacks)):
            worker = self.publisher(self.place, self.pushes, self.rollbacks)
            if killed < self.kills:
                worker.join(chance.uniform(0.005, slowest))
                killed += worker.is_alive()
                worker.kill()
            worker.join()
            assert worker.exitcode in {0, -9}
        ours.send("enough")
        reads, wrong = ours.recv()
        reader.join()
        return Read(reads, wrong, killed)
