"""Are builds at gates written and found, on both databases?"""

from datetime import timedelta

import pytest

from relengotron.engine.journal import gate_looks, gated, left_alone, runs
from relengotron.engine.journal.database import Database
from relengotron.model.gated import BuildState, GateBatch, GatedBuild, lane_of_batch
from relengotron.model.intents import Start
from relengotron.model.run import RunState
from tests.engine.toys import EPOCH

GATE, BATCH = "rawhide", "rawhide-0a1b2c3d4e5f"


def a_build(nvr: str, state: BuildState = BuildState.ARRIVED, batch: str | None = None) -> GatedBuild:
    return GatedBuild(GATE, nvr, nvr.rsplit("-", 2)[0], "0", "alice", state, batch, "", EPOCH, EPOCH)


@pytest.fixture
def journal(journal: Database) -> Database:
    with journal.write() as db:
        for nvr in ("bash-1-1", "nano-1-1", "vim-1-1"):
            gated.arrive(db, a_build(nvr))
    return journal


def states(journal: Database) -> dict[str, BuildState]:
    with journal.read() as db:
        return {row.nvr: row.state for row in gated.at(db, GATE, list(BuildState))}


def test_a_batch_answers_only_for_what_nobody_has_settled(journal: Database) -> None:
    with journal.write() as db:
        gated.put(db, GATE, ["vim-1-1"], BuildState.GONE, EPOCH)
        gated.assign(db, GATE, ["nano-1-1", "bash-1-1", "vim-1-1"], BATCH, EPOCH + timedelta(minutes=1))
        assert [row.nvr for row in gated.of_batch(db, BATCH)] == ["bash-1-1", "nano-1-1"]
        assert {row.since for row in gated.of_batch(db, BATCH)} == {EPOCH + timedelta(minutes=1)}
        gated.assign(db, GATE, [], BATCH, EPOCH)


def test_builds_are_found_by_their_names_however_many(journal: Database) -> None:
    with journal.read() as db:
        names = [*(f"nobody-{number}-1" for number in range(900)), "bash-1-1", "vim-1-1"]
        assert set(gated.of_names(db, GATE, names)) == {"bash-1-1", "vim-1-1"}
        assert gated.of_names(db, "epel", names) == {}


def test_the_builds_of_packages_are_found_as_they_stand(journal: Database) -> None:
    with journal.write() as db:
        gated.put(db, GATE, ["vim-1-1"], BuildState.GONE, EPOCH)
        assert [row.nvr for row in gated.of_packages(db, GATE, ["vim", "bash"])] == ["bash-1-1", "vim-1-1"]
        assert [row.nvr for row in gated.of_packages(db, GATE, ["vim", "bash"], [BuildState.ARRIVED])] == ["bash-1-1"]


def test_only_what_has_arrived_is_explained(journal: Database) -> None:
    with journal.write() as db:
        gated.assign(db, GATE, ["nano-1-1"], BATCH, EPOCH)
        gated.explain(db, GATE, ["bash-1-1", "nano-1-1"], "waits")
        found = gated.of_names(db, GATE, ["bash-1-1", "nano-1-1"])
    assert [found[nvr].reason for nvr in ("bash-1-1", "nano-1-1")] == ["waits", ""]


@pytest.mark.parametrize(
    ("ended", "is_alone"),
    [(RunState.CANCELLED, True), (RunState.DONE, True), (RunState.FAILED, False), (RunState.OPEN, False)],
)
def test_what_a_batch_that_has_ended_leaves_behind_is_found(journal: Database, ended: RunState, is_alone: bool) -> None:
    request = GateBatch(GATE, BATCH, ("bash-1-1",), "why")
    with journal.write() as db:
        run = runs.open_run(
            db, Start("gate_rawhide", lane_of_batch(GATE, BATCH), f"batch {BATCH}", request, "-"), EPOCH
        )
        assert run is not None
        gated.assign(db, GATE, ["bash-1-1"], BATCH, EPOCH)
        runs.change(db, run, ended, EPOCH)
        assert left_alone.under_test(db, GATE) == (["bash-1-1"] if is_alone else [])


def test_a_build_under_test_comes_once_more_only_when_that_is_wanted(journal: Database) -> None:
    with journal.write() as db:
        gated.assign(db, GATE, ["bash-1-1"], BATCH, EPOCH)
        assert not gated.come_again(db, GATE, "bash-1-1", "why", EPOCH)
        assert gated.come_again(db, GATE, "bash-1-1", "why", EPOCH, only_from=[BuildState.TESTING])
        row = gated.find(db, GATE, "bash-1-1")
    assert row is not None
    assert (row.state, row.batch, row.tries) == (BuildState.ARRIVED, None, 2)


def test_a_gate_that_nobody_can_see_says_since_when(journal: Database) -> None:
    later = EPOCH + timedelta(hours=1)
    with journal.write() as db:
        assert gate_looks.find(db, GATE) == gate_looks.NEVER
        gate_looks.note_trouble(db, GATE, "koji is away", EPOCH)
        gate_looks.note_trouble(db, GATE, "koji is offline", later)
        assert gate_looks.find(db, GATE) == gate_looks.GateLook(None, "koji is offline", EPOCH)
        gate_looks.note(db, GATE, later)
        assert gate_looks.find(db, GATE) == gate_looks.GateLook(later)
        gate_looks.note_trouble(db, GATE, "koji is away", later)
        assert gate_looks.find(db, GATE) == gate_looks.GateLook(later, "koji is away", later)
