"""A reader outside gets what cannot be: everything that the push published goes back, and a person is asked."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from unittest import mock

import pytest

from relengotron.errors import SystemUnreachable
from relengotron.model.run import RunState, StepState
from relengotron.plugins.ostree import OstreePlugin
from relengotron.systems.mischief import Kind, Rule
from tests.builders import an_update
from tests.crash.moments import a_place
from tests.stage.paper_builder import PaperBuilder
from tests.stage.stage import Stage
from tests.stories.conftest import MakeStage
from tests.stories.lives import in_another_life

UPDATE = an_update("bash-4.3.42-5.fc24")
REF = "fedora-atomic/f24/x86_64/testing/docker-host"
REPO = "updates-testing/24/x86_64"
SEEN = "ensure_publication_is_seen_from_outside"
CUT_SHORT = "paper ba"


@dataclass(frozen=True)
class Past:
    """A later push has gone live, and nobody outside sees any of it yet; what users got ``before``."""

    stage: Stage
    hidden: Rule
    before: tuple[str, str]


@pytest.fixture(scope="module")
def past() -> Iterator[Past]:
    """Lived through once; see ``lives.py``."""
    with a_place() as place, closing(Stage(place)) as stage:
        stage.first_push()
        before = shown(stage)
        stage.outside.add(UPDATE)
        hidden = stage.outside.mirror.misbehave(Rule(Kind.STATUS, status=404, times=None))
        stage.start_push()
        stage.turn_until(lambda: stage.steps(stage.push("F24/testing")).get(SEEN) is StepState.RUNNING)
        assert shown(stage) != before
        yield Past(stage, hidden, before)


def lied_to(past: Past, rule: Rule) -> Rule:
    """The mirror lies from now on, to whoever reads it; so much time passes that it is no hiccup."""
    mirror = past.stage.outside.mirror
    mirror.rules.remove(past.hidden)
    spoilt = mirror.misbehave(replace(rule))
    past.stage.turn_until(lambda: is_at_rest(past.stage))
    return spoilt


def shown(stage: Stage) -> tuple[str, str]:
    """What the repo's readers start from, and the files of the tree."""
    head = stage.outside.live.head(REF)
    assert head is not None
    repomd = stage.root / "pub" / REPO / "repodata" / "repomd.xml"
    return repomd.read_text(), stage.outside.live.content_checksum(head)


def is_at_rest(stage: Stage) -> bool:
    """Whether the second push is over, or waits for people."""
    pushes = stage.runs("push_updates")
    return len(pushes) == 2 and (pushes[-1].state.is_finished or pushes[-1].state is RunState.HELD)


@pytest.mark.parametrize(
    ("rule", "told"),
    [
        (Rule(Kind.GARBAGE, url=f"{REPO}/.*rpm$", times=None, text=CUT_SHORT), "which is neither new nor old"),
        pytest.param(
            Rule(Kind.GARBAGE, url=f"{REPO}/repodata/repomd.xml", times=None),
            "which is neither new nor old",
            marks=pytest.mark.crash,
        ),
        (Rule(Kind.STATUS, url=f"{REPO}/bash-4.3.42.*rpm$", status=404, times=None), "repomd.xml is new and leads"),
        pytest.param(
            Rule(Kind.STATUS, url="objects/.*commit$", status=404, times=None),
            f"heads/{REF} is new and leads to it",
            marks=pytest.mark.crash,
        ),
        (Rule(Kind.STATUS, url="objects/.*filez$", status=404, times=None), "needs it"),
        pytest.param(
            Rule(Kind.GARBAGE, url="atomic/repo/summary$", times=None), "no summary of a repo", marks=pytest.mark.crash
        ),
    ],
)
@in_another_life
def test_a_lie_takes_everything_back_and_asks_a_person(past: Past, rule: Rule, told: str) -> None:
    stage = past.stage

    lied_to(past, rule)

    push = stage.push("F24/testing")
    held = stage.hold(push)
    assert held is not None
    assert told in held.missing[0]
    assert held.missing[0].startswith("http://mirror")
    assert held.command == f"relengotron runs retry {push.id}"
    assert shown(stage) == past.before
    gone = {body["artifact"] for body in stage.said("artifact.withdrawn", run=push.id)}
    assert gone == set(stage.composed(push))
    assert told in stage.said("push.hold", run=push.id)[-1]["reason"]
    assert not stage.said("push.complete", run=push.id)


@pytest.mark.parametrize(
    "rule",
    [
        Rule(Kind.GARBAGE, url=f"{REPO}/repodata/repomd.xml", times=1),
        pytest.param(Rule(Kind.STATUS, url=f"{REPO}/.*rpm$", status=503, times=6), marks=pytest.mark.crash),
    ],
)
@in_another_life
def test_neither_a_hiccup_nor_a_mirror_in_trouble_takes_anything_back(past: Past, rule: Rule) -> None:
    stage = past.stage
    stage.outside.mirror.rules.remove(past.hidden)
    stage.outside.mirror.misbehave(replace(rule))

    stage.run_until_quiet()

    assert stage.push("F24/testing").state is RunState.DONE
    assert not stage.said("artifact.withdrawn")


@in_another_life
def test_hiccups_far_apart_do_not_add_up_to_a_lie(past: Past) -> None:
    stage, mirror = past.stage, past.stage.outside.mirror
    mirror.rules.remove(past.hidden)
    late = mirror.misbehave(Rule(Kind.STATUS, url="atomic/repo/.*", status=404, times=None))
    for _ in range(2):
        mirror.misbehave(Rule(Kind.GARBAGE, url=f"{REPO}/repodata/repomd.xml", times=1))
        stage.turn(timedelta(minutes=1))
        stage.turn(timedelta(minutes=3))
    mirror.rules.remove(late)

    stage.run_until_quiet()

    assert not stage.said("artifact.withdrawn")
    assert stage.push("F24/testing").state is RunState.DONE


@in_another_life
def test_one_artifact_that_cannot_be_reached_keeps_no_other_from_going_back(past: Past) -> None:
    def away(*_words: object) -> None:
        raise SystemUnreachable("the repo does not answer")

    with mock.patch.object(OstreePlugin, "withdraw", away):
        lied_to(past, Rule(Kind.GARBAGE, url=f"{REPO}/.*rpm$", times=None, text=CUT_SHORT))
        assert shown(past.stage)[0] == past.before[0]
        held = past.stage.hold(past.stage.push("F24/testing"))
        assert held is not None
        assert held.missing[1] == "atomic-host cannot be withdrawn: the repo does not answer"
    past.stage.wait(minutes=10)

    assert shown(past.stage) == past.before
    held = past.stage.hold(past.stage.push("F24/testing"))
    assert held is not None
    assert "all that this push had published was withdrawn" in held.missing[1]


@in_another_life
def test_after_a_retry_the_tested_bits_go_live_once_more(past: Past) -> None:
    stage = past.stage
    spoilt = lied_to(past, Rule(Kind.GARBAGE, url=f"{REPO}/.*rpm$", times=None, text=CUT_SHORT))
    push, composed = stage.push("F24/testing"), stage.composed(stage.push("F24/testing"))
    stage.outside.mirror.rules.remove(spoilt)

    stage.wish("retry", push)
    stage.run_until_quiet()

    push = stage.push("F24/testing")
    assert push.state is RunState.DONE, push.reason
    assert shown(stage) != past.before
    assert stage.composed(push) == composed
    head = stage.outside.live.head(REF)
    assert head is not None
    info = stage.outside.live.commit_info(head)
    assert "bash-4.3.42-5.fc24.x86_64" in {str(each) for each in info.packages}
    versions = [stage.outside.live.commit_info(each).version for each in history(stage, head)]
    assert len(set(versions[:3])) == 3, "a way back or forward without a version of its own"
    results = {each["artifact"]: each["identity"] for each in stage.said("push.complete", run=push.id)[0]["results"]}
    assert results["atomic-host"] == head


def history(stage: Stage, head: str | None) -> list[str]:
    found = []
    while head is not None:
        found.append(head)
        head = stage.outside.live.commit_info(head).parent
    return found


@pytest.mark.crash
@in_another_life
def test_a_lie_that_stays_is_told_again_in_the_next_round(past: Past) -> None:
    stage = past.stage
    lied_to(past, Rule(Kind.GARBAGE, url=f"{REPO}/.*rpm$", times=None, text=CUT_SHORT))
    stage.wish("retry", stage.push("F24/testing"))
    stage.turn()
    stage.turn_until(lambda: stage.push("F24/testing").state is RunState.HELD)

    push = stage.push("F24/testing")
    assert push.attempt == 2
    assert len(stage.said("artifact.withdrawn", run=push.id, artifact="f24-updates-testing")) == 2
    assert shown(stage) == past.before


@in_another_life
def test_a_push_called_off_after_a_lie_leaves_everything_as_it_was(past: Past) -> None:
    stage = past.stage
    lied_to(past, Rule(Kind.GARBAGE, url="atomic/repo/summary$", times=None))

    stage.wish("cancel", stage.push("F24/testing"), "the mirror is broken")
    stage.run_until_quiet()

    assert stage.push("F24/testing").state is RunState.CANCELLED
    assert shown(stage) == past.before
    tags = {tag["name"] for tag in stage.outside.hub.call(None, "listTags", build="bash-4.3.42-5.fc24")}
    assert "f24-updates-testing" not in tags


@pytest.mark.crash
@in_another_life
def test_nobody_who_comes_fails_the_push_in_the_end(past: Past) -> None:
    stage = past.stage
    lied_to(past, Rule(Kind.GARBAGE, url=f"{REPO}/.*rpm$", times=None, text=CUT_SHORT))

    stage.wait(days=2)

    assert stage.push("F24/testing").state is RunState.FAILED
    assert "a reader outside got what was not published" in stage.said("push.failed")[0]["reason"]


def test_metadata_that_name_a_package_which_was_never_there_are_a_lie(
    make_stage: MakeStage, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage, mash = make_stage(UPDATE), PaperBuilder._mash

    def and_lose_a_package(builder: PaperBuilder, command: list[str]) -> None:
        mash(builder, command)
        for file in Path(command[command.index("-o") + 1]).rglob("x86_64/bash-4.3.42*.rpm"):
            file.unlink()

    monkeypatch.setattr(PaperBuilder, "_mash", and_lose_a_package)
    stage.start_push()
    stage.run_until_quiet()

    held = stage.hold(stage.push("F24/testing"))
    assert held is not None, stage.push("F24/testing").reason
    assert f"{REPO}/bash-4.3.42-5.fc24.x86_64.rpm: not there, and {REPO}/repodata/repomd.xml leads" in held.missing[0]
    assert not (stage.root / "pub" / REPO / "repodata" / "repomd.xml").exists()
    assert stage.outside.live.head(REF) is None
