"""A repo of trees is looked after as the calendar says: what goes, what stays, and what waits for people."""

import os
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from threading import Semaphore
from types import SimpleNamespace
from typing import cast

import pytest

from relengotron.examination.trees import findings
from relengotron.model.outcome import Running
from relengotron.model.run import Run, RunState, StepState
from relengotron.systems.ostree.simulated import SimulatedOstree
from relengotron.workflows.trees.care import Care, CareStep
from relengotron.workflows.trees.looking_after import ensure_the_garbage_is_collected, ensure_the_repo_is_sound
from tests.builders import an_update
from tests.stage.configuration import archive_ostree, live_ostree
from tests.stage.stage import Stage

CHECK, ARCHIVE = "ensure_the_repo_is_sound", "ensure_old_branches_are_archived"
COLLECT, DELTAS = "ensure_the_garbage_is_collected", "ensure_heads_have_deltas"


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    with closing(Stage(tmp_path / "world", is_looked_after=True)) as stage:
        stage.turn()
        yield stage


@pytest.fixture
def live(stage: Stage) -> SimulatedOstree:
    return SimulatedOstree(live_ostree(stage.root))


def commit(stage: Stage, ref: str, day: int, content: str = "", **said: str) -> str:
    live = SimulatedOstree(live_ostree(stage.root))
    before, at = live.head(ref), stage.clock() + timedelta(days=day)
    files = {"file": content or f"{ref} {day}"}
    made = live.commit_files(files, parent=before, subject="s", timestamp=at, metadata=said)
    live.set_ref(ref, made, before)
    os.utime(live._commit_file(made), (at.timestamp(), at.timestamp()))
    return made


def night(stage: Stage) -> Run:
    """The next night passes; what came of it."""
    stage.wait(days=1)
    return stage.runs("look_after_trees")[-1]


def told(stage: Stage) -> list[tuple[str, list[str]]]:
    return [(each["state"], each["done"] or each["missing"]) for each in stage.said("tree.care")]


def test_a_repo_in_which_nothing_is_to_do_is_read_and_left_alone(stage: Stage, live: SimulatedOstree) -> None:
    head = commit(stage, "live/ref", -3)
    run = night(stage)
    assert run.state is RunState.DONE
    assert stage.steps(run)[COLLECT] is stage.steps(run)[DELTAS] is StepState.SKIPPED
    assert live.refs() == {"live/ref": head}
    assert told(stage) == [("complete", ["every object was read and is sound"])]


def test_old_branches_go_into_the_archive_and_young_ones_stay(stage: Stage, live: SimulatedOstree) -> None:
    old, young = commit(stage, "old/one", -100), commit(stage, "old/two", -80)
    night(stage)
    assert live.refs() == {"old/two": young}
    assert not live.has_commit(old)
    assert SimulatedOstree(archive_ostree(stage.root)).refs() == {"old/one": old}


def test_a_branch_that_an_alias_stands_for_stays(stage: Stage, live: SimulatedOstree) -> None:
    commit(stage, "old/one", -100)
    live.add_alias("current", "old/one")
    assert night(stage).state is RunState.DONE
    assert "old/one" in live.refs()


def test_a_branch_that_cannot_be_archived_keeps_nothing_else_from_being_done(
    stage: Stage, live: SimulatedOstree
) -> None:
    commit(stage, "old/one", -100)
    made = [commit(stage, "live/ref", day) for day in (-5, -4, -3)]
    archive = SimulatedOstree(archive_ostree(stage.root))
    archive.init_archive()
    other = archive.commit_files({"file": "other"}, parent=None, subject="s", timestamp=stage.clock())
    archive.set_ref("old/one", other, None)

    run = night(stage)

    assert run.state is RunState.DONE
    assert "old/one" in live.refs()
    assert not live.has_commit(made[0])
    assert "not below ours" in stage.reasons(run, "stays")["old/one"]


def test_fresh_branches_come_into_theirs_the_oldest_first_and_only_if_they_changed(
    stage: Stage, live: SimulatedOstree
) -> None:
    commit(stage, "live/ref", -9, "old")
    commit(stage, "fresh/2", -2, "newest")
    commit(stage, "fresh/1", -3, "new")
    commit(stage, "fresh/0", -4, "old")
    run = night(stage)
    assert live.refs().keys() == {"live/ref"}
    shown = live.head("live/ref")
    assert shown is not None
    history = [shown, live.commit_info(shown).parent]
    assert [live.files_of(str(each))["file"] for each in history] == ["newest", "new"]
    assert list(stage.notes(run, "tree")) == [str(live.path), "fresh/0", "fresh/1", "fresh/2"]


def test_each_head_is_tagged_with_its_version_once(stage: Stage, live: SimulatedOstree) -> None:
    first = commit(stage, "live/ref", -3, version="24.1")
    night(stage)
    second = commit(stage, "live/ref", 1, version="24.2")
    night(stage)
    assert live.tags() == {"live/ref/24.1": first, "live/ref/24.2": second}


@pytest.mark.parametrize("version", ["../../../etc/passwd", "24.1"])
def test_a_version_that_is_no_name_or_is_taken_makes_no_tag(stage: Stage, live: SimulatedOstree, version: str) -> None:
    live.tag("live/ref/24.1", commit(stage, "live/other", -4))
    commit(stage, "live/ref", -3, version=version)
    run = night(stage)
    assert run.state is RunState.DONE
    assert list(live.tags()) == ["live/ref/24.1"]
    assert stage.notes(run, "tree")["live/ref"][0] == "stays"


def test_each_head_gets_its_deltas_and_those_of_dropped_commits_go(stage: Stage, live: SimulatedOstree) -> None:
    made = [commit(stage, "live/ref", day) for day in (-6, -5, -4)]
    live.make_delta(made[0], made[-1])
    night(stage)
    assert [(each.old, each.new) for each in live.deltas()] == [(made[1], made[2])]


def test_a_broken_repo_is_held_before_anything_changes_and_goes_on_once_it_is_whole(
    stage: Stage, live: SimulatedOstree
) -> None:
    made = [commit(stage, "live/ref", day) for day in (-6, -5, -4)]
    spoilt = live._content_file(live.content_checksum(made[-1]))
    whole = spoilt.read_text()
    spoilt.write_text("spoilt")

    run = night(stage)
    assert run.state is RunState.HELD
    assert live.has_commit(made[0])
    (state, missing) = told(stage)[-1]
    assert state == "held"
    assert f"relengotron ostree heal {live.path} --from GOOD_COPY" in missing[-1]

    spoilt.write_text(whole)
    stage.wish("retry", run)
    stage.run_until_quiet()
    assert stage.runs("look_after_trees")[-1].state is RunState.DONE
    assert not live.has_commit(made[0])


def test_nobody_heals_it_and_the_run_gives_up_and_the_next_night_asks_again(
    stage: Stage, live: SimulatedOstree
) -> None:
    head = commit(stage, "live/ref", -4)
    live._content_file(live.content_checksum(head)).write_text("spoilt")
    first = night(stage)
    stage.wait(days=2)
    runs = stage.runs("look_after_trees")
    assert [run.state for run in runs if run.id == first.id] == [RunState.FAILED]
    assert len(runs) == 2
    assert runs[-1].state is RunState.HELD


def test_a_writer_of_the_repo_is_waited_for(stage: Stage, live: SimulatedOstree) -> None:
    made = [commit(stage, "live/ref", day) for day in (-6, -5, -4)]
    with live.hold("live/ref", "a push"):
        stage.clock.pass_by(days=1)
        for _ in range(5):
            stage.turn()
        assert live.has_commit(made[0])
        assert stage.runs("look_after_trees")[-1].state is RunState.OPEN
    stage.run_until_quiet()
    assert stage.runs("look_after_trees")[-1].state is RunState.DONE
    assert not live.has_commit(made[0])


def test_a_push_goes_on_while_its_repo_waits_for_people(stage: Stage, live: SimulatedOstree) -> None:
    head = commit(stage, "live/ref", -4)
    live._content_file(live.content_checksum(head)).write_text("spoilt")
    assert night(stage).state is RunState.HELD
    assert stage.push_out(an_update("bash-4.3.42-1.fc24")).state is RunState.DONE


def test_a_person_gets_it_done_now(stage: Stage, live: SimulatedOstree) -> None:
    made = [commit(stage, "live/ref", day) for day in (-6, -5, -4)]
    stage.ask_for("care")
    stage.run_until_quiet()
    assert not live.has_commit(made[0])


def test_the_doctor_looks_at_the_repos_of_the_calendar(stage: Stage, live: SimulatedOstree) -> None:
    (well,) = findings(stage.settings, stage.outside.open(stage.settings))
    assert (well.name, well.ok) == ("calendar: care", True)
    live.path.rename(live.path.with_name("elsewhere"))
    (bad,) = findings(stage.settings, stage.outside.open(stage.settings))
    assert not bad.ok


@pytest.mark.parametrize("step", [ensure_the_repo_is_sound, ensure_the_garbage_is_collected])
def test_while_another_repo_is_read_the_workers_are_left_to_pushes(step: CareStep) -> None:
    taken = cast(Care, SimpleNamespace(turn=Semaphore(0)))
    assert isinstance(step(taken), Running)
