"""What mirrors, caches and the download page are told after a switch, and after a way back."""

import fcntl
import json
from contextlib import closing
from typing import Any

import pytest
from sqlalchemy import delete

from relengotron.engine.journal import tables
from relengotron.engine.journal.database import Database
from relengotron.examination import readers
from relengotron.model.run import RunState
from relengotron.systems.filelists.client import MirrorLists
from relengotron.systems.mischief import Kind, Rule
from tests.builders import an_update
from tests.stage.configuration import WEBSITE
from tests.stage.readers import listed, on_disk, page, untruths
from tests.stage.stage import Stage
from tests.stories.conftest import MakeStage

LANE = "F24/testing"
FIRST, SECOND = an_update("bash-4.3.42-5.fc24"), an_update("bash-4.3.42-6.fc24")
STABLE = an_update("nano-2.6-1.fc24", request="stable")
DISK, TREE = f"{LANE} atomic-disk", f"{LANE} atomic-host"
LOCK = ".relengotron-lists.lock"
REPOMD = "updates-testing/24/x86_64/repodata/repomd.xml"
OLD = "updates-testing/24/x86_64/bash-4.3.42-5.fc24.x86_64.rpm"


@pytest.fixture
def stage(make_stage: MakeStage) -> Stage:
    """A mirror with one module, a download page, and a cache whose readers have everything of the first push."""
    stage = make_stage(tells_mirrors=True)
    push = stage.push_out(FIRST)
    assert push.state is RunState.DONE, push.reason
    assert untruths(stage) == []
    return stage


def turn(stage: Stage, times: int = 14) -> None:
    for _ in range(times):
        stage.turn()


def test_after_each_push_lists_caches_and_page_say_what_is_live(stage: Stage) -> None:
    push = stage.push(LANE)
    purged = list(stage.outside.cache.purged)
    stage.push_out(SECOND)
    assert untruths(stage) == []
    entry = page(stage)[DISK]
    assert entry["run"] == stage.push(LANE).id != push.id
    assert entry["previous"]
    assert entry["files"][0]["checksum"].endswith("-CHECKSUM")
    assert entry["files"][0]["urls"][1].startswith("http://cdn.stage/")
    assert page(stage)[TREE]["commit"] == stage.outside.live.head(page(stage)[TREE]["ref"])
    assert stage.outside.cache.purged[len(purged) :].count(REPOMD) == 1
    assert not [path for path in stage.outside.cache.purged if path.endswith((".rpm", ".commit", ".filez", ".gz"))]
    assert "file lists" in stage.effects(stage.push(LANE))
    assert stage.notes(stage.push(LANE), "list")["stage"][0] == "true"

    assert OLD in listed(stage), "slow readers want it"

    (stage.root / "pub" / WEBSITE).write_text("{ broken")
    stage.push_out(STABLE)
    assert {name.partition(" ")[0] for name in page(stage)} == {LANE, "F24/stable"}, "written anew for all lanes"
    assert untruths(stage) == []


@pytest.mark.crash
def test_what_is_swept_leaves_the_lists(stage: Stage) -> None:
    for number in (6, 7, 8):
        stage.push_out(an_update(f"bash-4.3.42-{number}.fc24"))
        assert listed(stage) == on_disk(stage)
    assert OLD not in listed(stage)


def test_a_push_that_is_called_off_is_told_to_everybody_again(stage: Stage) -> None:
    before = page(stage)
    hidden = stage.outside.mirror.misbehave(Rule(Kind.STATUS, url=REPOMD, status=404, times=None))
    stage.outside.add(SECOND)
    stage.start_push()
    turn(stage)
    push = stage.push(LANE)
    assert push.state is RunState.OPEN, push.reason
    assert page(stage)[DISK]["run"] == push.id
    stage.outside.mirror.rules.remove(hidden)
    stage.wish("cancel", push)
    stage.run_until_quiet()

    assert stage.push(LANE).state is RunState.CANCELLED
    assert untruths(stage) == []
    after = page(stage)
    assert after[DISK] == before[DISK]
    assert {key: after[TREE][key] for key in ("ref", "kind")} == {key: before[TREE][key] for key in ("ref", "kind")}


@pytest.mark.crash
def test_a_first_push_that_is_called_off_leaves_the_page(make_stage: MakeStage) -> None:
    stage = make_stage(FIRST, tells_mirrors=True)
    stage.outside.mirror.misbehave(Rule(Kind.STATUS, url=REPOMD, status=404, times=None))
    stage.start_push()
    turn(stage)
    stage.outside.mirror.behave()
    stage.wish("cancel", stage.push(LANE))
    stage.run_until_quiet()
    assert stage.push(LANE).state is RunState.CANCELLED
    assert page(stage) == {}
    assert untruths(stage) == []


def test_a_refusal_after_the_switch_waits_for_people_and_takes_nothing_back(make_stage: MakeStage) -> None:
    stage = make_stage(FIRST, tells_mirrors=True)
    (stage.root / "elsewhere").mkdir()
    way_out = stage.root / "pub" / "website"
    way_out.symlink_to(stage.root / "elsewhere")
    stage.start_push()
    turn(stage)
    assert "readers cannot be told: website/releases.json leads out of" in stage.push(LANE).reason
    stage.clock.pass_by(hours=1)
    turn(stage, 2)
    assert stage.push(LANE).state is RunState.HELD
    assert (stage.root / "pub" / REPOMD).exists()
    assert not list((stage.root / "elsewhere").iterdir())

    way_out.unlink()
    stage.wait(minutes=10)
    assert stage.push(LANE).state is RunState.DONE
    assert untruths(stage) == []


def test_trouble_and_a_cache_that_lies_hold_the_push_until_they_end_and_nobody_is_told_before(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    impatient(stage, monkeypatch)
    stage.outside.cache.forgets = False
    refuses = stage.outside.cdn.misbehave(Rule(Kind.STATUS, method="PURGE", status=503, times=None))
    stage.outside.add(SECOND)
    with (stage.root / "pub" / LOCK).open("r+") as theirs:
        fcntl.flock(theirs, fcntl.LOCK_EX)
        theirs.write(json.dumps({"who": "ftpsync@mirror01", "why": "write lists", "since": "2016-11-01T10:00:00"}))
        theirs.flush()
        stage.start_push()
        turn(stage)
        assert "ftpsync@mirror01 (to write lists" in stage.push(LANE).reason
    stage.clock.pass_by(minutes=6)
    turn(stage, 2)
    assert "edge: PURGE http://cdn.stage/" in stage.push(LANE).reason
    stage.clock.pass_by(hours=1)
    turn(stage, 3)
    held = stage.hold(stage.push(LANE))
    assert held is not None
    assert "webops can act" in held.missing[0]
    assert len(stage.said("push.complete", lane=LANE)) == 1

    stage.outside.cdn.rules.remove(refuses)
    stage.clock.pass_by(minutes=10)
    turn(stage, 4)
    assert "not seen through a cache yet: edge: " in stage.push(LANE).reason
    for _ in range(2):
        stage.clock.pass_by(days=3)
        turn(stage, 2)
        assert stage.push(LANE).state is RunState.HELD, "the bits are right, and stay"
    assert len(stage.said("push.complete", lane=LANE)) == 1

    stage.outside.cache.forgets = True
    stage.wait(minutes=1)
    assert stage.push(LANE).state is RunState.DONE
    assert untruths(stage) == []


def forget(stage: Stage, run: str) -> None:
    """The run stands as the version before left it, which knew nothing of this."""
    new, keys = ("ensure_mirrors_know", "ensure_caches_show_what_is_new"), ("website", "file lists", "purge")
    stage.machine.database.close()
    with closing(Database(f"sqlite:///{stage.root / 'journal.db'}")) as journal, journal.write() as db:
        db.execute(delete(tables.steps).where(tables.steps.c.run == run, tables.steps.c.name.in_(new)))
        db.execute(delete(tables.effects).where(tables.effects.c.run == run, tables.effects.c.key.in_(keys)))
    stage.restart()


def impatient(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody really waits in a rehearsal."""
    opened: Any = MirrorLists.__init__

    def without_waiting(self: MirrorLists, *words: Any, **named: Any) -> None:
        opened(self, *words, **named)
        self._wait = type(self._wait)()

    monkeypatch.setattr(MirrorLists, "__init__", without_waiting)
    stage.restart()


def test_a_push_that_went_live_before_the_upgrade_meets_the_new_steps(make_stage: MakeStage) -> None:
    stage = make_stage(FIRST, tells_mirrors=True)
    stage.outside.mirror.misbehave(Rule(Kind.STATUS, url=REPOMD, status=404, times=None))
    stage.start_push()
    turn(stage)
    push = stage.push(LANE)
    forget(stage, push.id)
    (stage.root / "pub" / WEBSITE).unlink()
    stage.outside.mirror.behave()
    stage.wait(minutes=10)
    assert stage.push(LANE).state is RunState.DONE
    assert untruths(stage) == []


def test_the_doctor_sees_lists_page_and_caches(make_stage: MakeStage) -> None:
    stage = make_stage(tells_mirrors=True)
    world = stage.outside.open(stage.settings)

    def told() -> dict[str, tuple[bool, bool, str]]:
        found = readers.findings(stage.settings, world)
        return {each.name: (each.ok, each.is_note, each.fact) for each in found}

    stage.outside.cdn.misbehave(Rule(Kind.STATUS, method="PURGE", status=403, times=1))
    found = told()
    assert found["caches"][0] is False
    assert "webops can act" in found["caches"][2]
    assert found["file lists"][1] is True
    assert "not whole" in found["file lists"][2]
    assert found["download page"][1] is True

    assert world.lists is not None
    world.lists.refresh()
    assert world.website is not None
    world.website.show({}, ())
    assert all(ok and not is_note for ok, is_note, _ in told().values())
    assert not list((stage.root / "pub").glob("relengotron-doctor*"))
