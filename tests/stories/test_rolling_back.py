"""A bad push went live, and is taken back as an ordinary run: users get what they had, and everybody hears it."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from typing import Any
from unittest import mock

import pytest

from relengotron.bootstrap import rollback_outlook
from relengotron.engine.journal import runs
from relengotron.errors import RelengError, RequestRefused, SystemUnreachable
from relengotron.model.codec import to_json
from relengotron.model.rollback import RollbackOrder
from relengotron.model.run import Run, RunState
from relengotron.plugins.ostree import OstreePlugin
from relengotron.systems.mirror.paths import rel_path
from relengotron.systems.mischief import Kind, Rule
from relengotron.workflows.rollback import steps
from tests.builders import AnUpdate, a_message, an_update, our_request
from tests.crash.moments import a_place
from tests.stage.stage import Stage
from tests.stories.conftest import MakeStage
from tests.stories.lives import in_another_life

BAD = an_update("bash-4.3.42-5.fc24")
REF = "fedora-atomic/f24/x86_64/testing/docker-host"
LANE, TAG = "F24/testing", "f24-updates-testing"
ARTIFACTS = {"f24-updates-testing", "atomic-host", "atomic-iso", "atomic-disk"}


@dataclass(frozen=True)
class Past:
    """The stage, what users got before, and the push after which they got something worse."""

    stage: Stage
    before: dict[str, Any]
    push: Run


@pytest.fixture(scope="module")
def past() -> Iterator[Past]:
    """Lived through once; see ``lives.py``."""
    with a_place() as place, closing(Stage(place)) as stage:
        stage.first_push()
        before = shown(stage)
        push = stage.push_out(BAD)
        assert push.state is RunState.DONE
        assert shown(stage) != before
        yield Past(stage, before, push)


def shown(stage: Stage) -> dict[str, Any]:
    """What users of the lane get: the start of the repo, the files of the tree, the images."""
    pub = stage.root / "pub"
    repo = pub / "updates-testing" / "24" / "x86_64" / "repodata" / "repomd.xml"
    head = stage.outside.live.head(REF)
    return {
        "repo": repo.read_text() if repo.exists() else None,
        "tree": None if head is None else stage.outside.live.content_checksum(head),
        "images": {file.name for file in (pub / "images/updates-testing").rglob("*CHECKSUM")},
    }


def roll_back(stage: Stage, run: Run, *, untag: bool = False, reason: str = "bash does not start") -> Run:
    """Somebody types ``relengotron rollback RUN``."""
    known = len(stage.runs("rollback"))
    order_rollback(stage, run, untag=untag, reason=reason)
    stage.run_until_quiet()
    found = stage.runs("rollback")
    assert len(found) == known + 1, "the wish came to nothing"
    return found[-1]


def order_rollback(stage: Stage, run: Run, *, untag: bool = False, reason: str = "bash does not start") -> None:
    body = {"run": run.id, "agent": "ralph", "reason": reason, "untag": untag}
    stage.machine.intake.store(a_message("relengotron.person.rollback", body), is_local=True)


def tags_of(stage: Stage, update: AnUpdate) -> set[str]:
    return {tag["name"] for tag in stage.outside.hub.call(None, "listTags", build=update.builds[0])}


@in_another_life
def test_users_get_what_they_got_before(past: Past) -> None:
    stage, before, push = past.stage, past.before, past.push
    bad_tree = stage.outside.live.head(REF)
    assert bad_tree is not None

    run = roll_back(stage, push)

    assert run.state is RunState.DONE, run.reason
    assert shown(stage) == before
    head = stage.outside.live.head(REF)
    assert head is not None
    now, bad = stage.outside.live.commit_info(head), stage.outside.live.commit_info(bad_tree)
    assert now.parent == bad_tree
    assert now.timestamp > bad.timestamp
    assert now.version not in (bad.version, None)
    summary = (stage.outside.live.path / "summary").read_bytes()
    assert stage.outside.live.refs_in_summary(summary)[REF] == head


@in_another_life
def test_everybody_hears_what_went_back_and_what_did_not(past: Past) -> None:
    stage, push = past.stage, past.push

    run = roll_back(stage, push)

    (start,) = stage.said("rollback.start", run=run.id)
    assert (start["rolls_back"], start["agent"], start["reason"]) == (push.id, "ralph", "bash does not start")
    assert {body["artifact"] for body in stage.said("artifact.withdrawn", run=run.id)} == ARTIFACTS
    (complete,) = stage.said("rollback.complete", run=run.id)
    assert [each["artifact"] for each in complete["results"]][-1] == "f24-updates-testing", "the repo goes back last"
    assert all(each["identity"] != each["replaced"] for each in complete["results"])
    assert f"1 build (bash-4.3.42-5.fc24) in {TAG}: the next push of {LANE} shows them again" in complete["stays"][0]
    assert "Bodhi keeps its status of 1 update" in complete["stays"][1]
    assert tags_of(stage, BAD) == {TAG}


@in_another_life
def test_with_untag_its_builds_go_home_and_the_next_push_does_not_bring_them_back(past: Past) -> None:
    stage, before, push = past.stage, past.before, past.push

    run = roll_back(stage, push, untag=True)

    assert run.state is RunState.DONE, run.reason
    assert tags_of(stage, BAD) == {"f24-updates-candidate"}
    assert stage.said("rollback.complete", run=run.id)[0]["untagged"] == ["bash-4.3.42-5.fc24"]
    later = stage.push_out(an_update("nano-2.6-1.fc24"))
    assert later.state is RunState.DONE
    assert "bash-4.3.42-5" not in repo_names(stage)
    assert stage.composed(later) == ["f24-updates-testing"], "what is live NOW was not what the ladder compared with"
    assert shown(stage)["tree"] == before["tree"]


def repo_names(stage: Stage) -> str:
    """The packages of the live repo."""
    live = stage.outside.open(stage.settings).mirror.published(rel_path("updates-testing/24"))
    return " ".join(live or ())


@in_another_life
def test_without_it_the_next_push_shows_them_again_and_composes_what_differs_from_now(past: Past) -> None:
    stage, before, push = past.stage, past.before, past.push
    roll_back(stage, push)

    later = stage.push_out(an_update("nano-2.6-1.fc24"))

    assert later.state is RunState.DONE
    assert "bash-4.3.42-5" in repo_names(stage)
    assert set(stage.composed(later)) == ARTIFACTS, "the tree of before is live: the mashed repo has something newer"
    assert shown(stage)["tree"] != before["tree"]


@in_another_life
def test_what_a_plan_foresees_is_what_the_run_does_and_a_plan_changes_nothing(past: Past) -> None:
    stage, world = past.stage, past.stage.outside.open(past.stage.settings)
    live, order = shown(stage), RollbackOrder(past.push.id, "ralph", "bash does not start", untag=True)

    foreseen = rollback_outlook(stage.settings, world, stage.plugins, stage.machine.database, order, stage.clock)

    assert shown(stage) == live
    assert [way.artifact for way in foreseen.ways][-1] == "f24-updates-testing"
    assert foreseen.builds == (f"move bash-4.3.42-5.fc24 from {TAG} back to f24-updates-candidate",)
    run = roll_back(stage, past.push, untag=True)
    with stage.machine.database.read() as db:
        assert runs.steps_of(db, run.id)["ensure_a_way_back_is_open"].output == to_json(foreseen)


@pytest.mark.crash
@in_another_life
def test_a_rollback_can_be_rolled_back(past: Past) -> None:
    stage, push = past.stage, past.push
    bad = shown(stage)
    first = roll_back(stage, push)

    second = roll_back(stage, first, reason="it was the right one after all")

    assert second.state is RunState.DONE, second.reason
    assert shown(stage) == bad
    assert stage.said("rollback.complete", run=second.id)[0]["rolls_back"] == first.id


@in_another_life
def test_a_first_push_is_taken_off_altogether(past: Past) -> None:
    stage = past.stage
    first = stage.runs("push_updates")[0]
    roll_back(stage, past.push)

    run = roll_back(stage, first)

    assert run.state is RunState.DONE, run.reason
    assert shown(stage) == {"repo": None, "tree": None, "images": set()}
    again = roll_back(stage, run)
    assert again.state is RunState.DONE, again.reason
    assert shown(stage)["tree"] is not None


@in_another_life
def test_what_something_newer_was_published_over_is_refused_with_what_to_do_first(past: Past) -> None:
    stage, push = past.stage, past.push
    newer = stage.push_out(an_update("bash-4.3.42-6.fc24"))
    live = shown(stage)

    run = roll_back(stage, push)

    assert run.state is RunState.FAILED
    assert f"{newer.id} published there after it: roll that back first" in run.reason
    assert stage.said("rollback.failed", run=run.id)[0]["command"].startswith(f"relengotron rollback {newer.id}")
    assert shown(stage) == live


@pytest.mark.crash
@in_another_life
def test_pushes_are_rolled_back_one_after_the_other(past: Past) -> None:
    stage, before, push = past.stage, past.before, past.push
    newer = stage.push_out(an_update("bash-4.3.42-6.fc24"))

    assert roll_back(stage, newer).state is RunState.DONE
    run = roll_back(stage, push)

    assert run.state is RunState.DONE, run.reason
    assert shown(stage) == before


@in_another_life
def test_what_is_rolled_back_already_is_refused(past: Past) -> None:
    stage, before, push = past.stage, past.before, past.push
    first = roll_back(stage, push)

    second = roll_back(stage, push)

    assert second.state is RunState.FAILED
    assert f"{first.id} took it back already" in second.reason
    assert shown(stage) == before


@in_another_life
def test_what_was_swept_away_is_refused_clearly(past: Past) -> None:
    stage, push = past.stage, past.push
    mirror = stage.outside.open(stage.settings).mirror
    for target in ("updates-testing/24", *(f"images/updates-testing/24/atomic-{name}" for name in ("iso", "disk"))):
        mirror.sweep(rel_path(target), 0)
    live = shown(stage)

    run = roll_back(stage, push)

    assert run.state is RunState.FAILED
    assert "was swept away and cannot be put back" in run.reason
    assert shown(stage) == live


@in_another_life
def test_somebody_elses_commit_is_not_taken_back(past: Past) -> None:
    stage, push = past.stage, past.push
    live, head = stage.outside.live, stage.outside.live.head(REF)
    assert head is not None
    by_hand = live.commit_tree_of(head, parent=head, subject="by hand", timestamp=stage.clock())
    live.set_ref(REF, by_hand, head)

    run = roll_back(stage, push)

    assert run.state is RunState.FAILED
    assert "somebody else changed it" in run.reason
    assert live.head(REF) == by_hand


@in_another_life
def test_it_goes_before_everything_that_waits_in_its_lane(past: Past) -> None:
    stage, push = past.stage, past.push
    blocking, waiting = an_update("nano-2.6-1.fc24", is_signed=False), an_update("openssl-1.0.2-3.fc24")
    blocked = stage.push_out(blocking)
    stage.outside.add(waiting)
    stage.receive(our_request(waiting))
    for _ in range(3):
        stage.turn()
    assert stage.push(LANE).state is RunState.QUEUED
    order_rollback(stage, push)
    for _ in range(3):
        stage.turn()
    assert stage.runs("rollback")[0].state is RunState.QUEUED, "one run at a time in a lane"

    stage.wish("cancel", blocked)
    stage.turn_until(lambda: stage.runs("rollback")[0].state.is_finished)

    assert stage.runs("rollback")[0].state is RunState.DONE
    assert stage.push(LANE).state is not RunState.DONE


@in_another_life
def test_what_readers_do_not_see_holds_it_and_never_brings_the_bad_bits_back(past: Past) -> None:
    stage, before, push = past.stage, past.before, past.push
    hidden = stage.outside.mirror.misbehave(Rule(Kind.STATUS, url="updates-testing/24", status=503, times=None))
    run = roll_back(stage, push)
    assert run.state is RunState.HELD

    stage.wait(days=3)

    (run,) = stage.runs("rollback")
    assert run.state is RunState.HELD
    assert shown(stage) == before
    assert stage.said("rollback.hold", run=run.id)
    stage.outside.mirror.rules.remove(hidden)
    stage.wait(minutes=2)
    assert stage.runs("rollback")[0].state is RunState.DONE


@pytest.mark.parametrize(
    ("verb", "untag", "kind"),
    [
        pytest.param("probe", False, RequestRefused, marks=pytest.mark.crash),
        pytest.param("withdraw", False, RequestRefused, marks=pytest.mark.crash),
        ("withdraw", False, SystemUnreachable),
        pytest.param("move", True, RequestRefused, marks=pytest.mark.crash),
    ],
)
@in_another_life
def test_whatever_is_in_the_way_holds_it_until_a_person_has_mended_it(
    past: Past, verb: str, kind: type[RelengError], *, untag: bool
) -> None:
    def refuse(*_words: object) -> None:
        raise kind("not today")

    stage = past.stage
    broken: Any = OstreePlugin if verb != "move" else steps
    name = verb if verb != "move" else "take_back_move"
    with mock.patch.object(broken, name, refuse):
        run = roll_back(stage, past.push, untag=untag)
        stage.wait(days=2)
    assert stage.runs("rollback")[0].state is RunState.HELD
    assert shown(stage)["repo"] == past.before["repo"], "one trouble keeps the bad bits of all"

    stage.wish("retry", run)
    stage.run_until_quiet()

    assert stage.runs("rollback")[0].state is RunState.DONE
    assert shown(stage) == past.before


@in_another_life
def test_called_off_it_leaves_everything_as_it_was(past: Past) -> None:
    stage, push = past.stage, past.push
    bad = shown(stage)
    hidden = stage.outside.mirror.misbehave(Rule(Kind.STATUS, url="updates-testing/24", status=503, times=None))
    run = roll_back(stage, push)
    stage.outside.mirror.rules.remove(hidden)

    stage.wish("cancel", run)
    stage.run_until_quiet()

    assert stage.runs("rollback")[0].state is RunState.CANCELLED
    assert shown(stage) == bad
    assert stage.said("rollback.failed", run=run.id)[0]["failure"] == "cancelled"
    assert stage.facts(run, "atomic-host", "live")["identity"] == stage.outside.live.head(REF)


@pytest.mark.parametrize("state", [RunState.CANCELLED, RunState.HELD])
def test_a_push_that_is_not_live_has_nothing_to_roll_back(make_stage: MakeStage, state: RunState) -> None:
    stage = make_stage()
    push = stage.push_out(an_update("bash-4.3.42-5.fc24", is_signed=False))
    if state is RunState.CANCELLED:
        stage.wish("cancel", push)
        stage.run_until_quiet()

    order_rollback(stage, push)
    stage.run_until_quiet()

    assert not stage.runs("rollback")
