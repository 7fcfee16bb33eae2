"""Testers are told in Bodhi what they can try: once, whatever happens, and never at the cost of the push."""

import pytest

from relengotron.model.run import RunState
from relengotron.systems.bodhi.simulated import Bug
from relengotron.systems.mischief import Kind, Rule
from tests.builders import AnUpdate, an_update
from tests.stage.configuration import TOKEN, token_file
from tests.stage.stage import Stage
from tests.stories.conftest import MakeStage

UPDATE = an_update("bash-4.3.42-5.fc24")
OPENSSL = an_update("openssl-1.0.2-2.fc24")
NANO = an_update("nano-2.6-1.fc24")
STABLE = an_update("bash-4.3.42-4.fc24", request="stable")
LANE = "F24/testing"
STEP = "ensure_testers_are_invited"


def comments(stage: Stage, update: AnUpdate = UPDATE) -> list[str]:
    """What the daemon wrote on an update."""
    return [each.text for each in stage.outside.bodhi.update(update.alias).comments if each.author == "relengotron"]


@pytest.fixture
def pushed(make_stage: MakeStage) -> Stage:
    """Bodhi refuses one comment and loses the answer to another, tokens expire, and the daemon starts anew."""
    stage = make_stage()
    stage.first_push()
    for update in (OPENSSL, UPDATE, NANO):
        stage.outside.add(update)
    found = stage.outside.bodhi.update(UPDATE.alias)
    found.bugs, found.test_cases = (Bug(7, "it crashes"),), ("QA:Testcase bash",)
    stage.outside.bodhi_web.misbehave(Rule(Kind.STATUS, method="POST", url="/comments/", status=400))
    stage.outside.bodhi_web.misbehave(Rule(Kind.LOST_ANSWER, method="POST", url="/comments/"))
    stage.start_push(updates=[OPENSSL.alias, UPDATE.alias, NANO.alias])
    stage.turn_until(lambda: bool(stage.runs("push_updates")[1:]))
    stage.outside.bodhi.comment(UPDATE.alias, f"(push {stage.push(LANE).id}) [relengotron 0123456789abcdef]", 0, "eve")
    stage.turn_until(lambda: bool(comments(stage)))
    stage.outside.bodhi.sessions.expire_tokens()
    stage.restart()
    stage.run_until_quiet()
    return stage


def test_each_update_has_one_comment_about_the_trees_and_images_that_contain_it(pushed: Stage) -> None:
    (text,) = comments(pushed)
    tree = pushed.outside.live.head("fedora-atomic/f24/x86_64/testing/docker-host")
    for words in (
        f"commit: `{tree}`",
        "ref: `fedora-atomic/f24/x86_64/testing/docker-host`",
        "rpm-ostree rebase try-testing:fedora-atomic/f24/x86_64/testing/docker-host",
        "http://mirror.stage/images/updates-testing/24/atomic-iso/",
        "dist.ostree_content: passed",
        "* QA:Testcase bash\n* is bug 7 fixed? it crashes",
    ):
        assert words in text
    assert TOKEN.encode() not in (pushed.root / "journal.db").read_bytes() + repr(pushed.said()).encode()
    assert not comments(pushed, OPENSSL), "Bodhi refused it, and that costs no other its comment"
    assert not comments(pushed, NANO), "nano is in no tree and no image"
    push = pushed.push(LANE)
    assert push.state is RunState.DONE
    notes = pushed.notes(push, "invitation")
    assert {alias: note[0] for alias, note in notes.items()} == {
        OPENSSL.alias: "left out",
        UPDATE.alias: "invited",
        NANO.alias: "left out",
    }
    assert "400" in notes[OPENSSL.alias][1]
    assert pushed.step(push, STEP).startswith("skipped: 2 of 3 updates have no comment in Bodhi")


@pytest.mark.crash
def test_without_a_way_to_log_in_it_is_switched_off_and_what_goes_stable_invites_nobody(make_stage: MakeStage) -> None:
    stage = make_stage(UPDATE, STABLE)
    bodhi = stage.settings.systems.bodhi.model_copy(update={"token_file": None})
    systems = stage.settings.systems.model_copy(update={"bodhi": bodhi})
    stage.settings = stage.settings.model_copy(update={"systems": systems})
    stage.restart()
    stage.start_push()
    stage.run_until_quiet()

    assert {stage.push(lane).state for lane in (LANE, "F24/stable")} == {RunState.DONE}
    assert not comments(stage) + comments(stage, STABLE)
    told = {each["lane"]: each["reason"] for each in stage.said("push.step", step=STEP)}
    assert told == {
        LANE: "switched off: systems.bodhi names neither token_file nor cookie_file",
        "F24/stable": "testers are invited to what is in testing",
    }


def test_a_bodhi_that_takes_no_comments_holds_up_nothing_and_in_the_end_they_are_left_out(
    make_stage: MakeStage,
) -> None:
    stage = make_stage(UPDATE)
    stage.outside.bodhi_web.misbehave(Rule(Kind.STATUS, url="/comments/", status=503, times=None))
    stage.start_push()
    stage.turn_until(lambda: bool(stage.said("push.complete", lane=LANE)))
    stage.turn()
    assert stage.push(LANE).state is RunState.OPEN
    stage.run_until_quiet()

    push = stage.push(LANE)
    assert push.state is RunState.DONE
    assert not comments(stage)
    assert not stage.said("push.hold", lane=LANE)
    (told,) = stage.said("push.step", step=STEP, state="skipped")
    assert "1 of 1 updates have no comment in Bodhi: Bodhi was in trouble" in told["reason"]
    assert "503" in told["reason"]
    assert 5 < stage.outside.bodhi_web.count("POST", url="/comments/") < 25, "with growing pauses"


@pytest.mark.crash
def test_a_token_that_is_not_taken_is_never_shown_and_used_once_it_is_renewed(make_stage: MakeStage) -> None:
    stage = make_stage(UPDATE)
    token_file(stage.root).write_text("an-old-token")
    stage.later(lambda: token_file(stage.root).write_text(TOKEN), minutes=10)
    stage.start_push()
    stage.run_until_quiet()

    assert len(comments(stage)) == 1
    assert (
        f"does not take the token in {token_file(stage.root)}" in stage.reasons(stage.push(LANE), "in trouble")["bodhi"]
    )
    kept = (stage.root / "journal.db").read_bytes() + repr(stage.said()).encode()
    assert TOKEN.encode() not in kept
    assert b"an-old-token" not in kept


@pytest.mark.crash
def test_a_push_that_waits_for_the_lane_does_not_wait_for_the_comments_of_another(make_stage: MakeStage) -> None:
    stage = make_stage(UPDATE)
    stage.outside.bodhi_web.misbehave(Rule(Kind.STATUS, url="/comments/", status=503, times=None))
    stage.start_push()
    stage.turn_until(lambda: bool(stage.said("push.complete", lane=LANE)))
    stage.outside.add(NANO)
    stage.start_push(updates=[NANO.alias])
    began = stage.clock()
    stage.turn_until(lambda: stage.runs("push_updates")[0].state is RunState.DONE)
    assert (stage.clock() - began) < stage.settings.patience.invite / 5
