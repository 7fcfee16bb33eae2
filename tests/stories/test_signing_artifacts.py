"""What goes live is signed, once, by the right key; a signer in trouble holds the push; nothing unsigned goes out."""

from collections.abc import Callable, Iterator
from contextlib import closing

import pytest
from sqlalchemy import delete

from relengotron.engine.journal import tables
from relengotron.engine.journal.database import Database
from relengotron.errors import PowerCut
from relengotron.model.run import RunState, StepState
from relengotron.systems.mischief import Kind, Rule
from relengotron.systems.ostree.detached import signatures_in
from relengotron.systems.signing.armor import armored, unarmored
from relengotron.systems.signing.simulated import SimulatedSigner
from tests.builders import an_update
from tests.crash.moments import a_place
from tests.stage.configuration import ARTIFACTS_KEY, settings_for
from tests.stage.stage import Stage
from tests.stories.conftest import MakeStage

BASH = an_update("bash-4.3.42-5.fc24")
STEP, LIVE = "ensure_artifacts_are_signed", "ensure_bits_are_live"
REF = "fedora-atomic/f24/x86_64/testing/docker-host"


@pytest.fixture
def stage(make_stage: MakeStage) -> Stage:
    return make_stage(BASH, is_signed=True)


@pytest.fixture(scope="module")
def done() -> Iterator[Stage]:
    """A push that is over; nobody changes anything any more."""
    with a_place() as place, closing(Stage(place, [BASH], is_signed=True)) as opened:
        assert pushed(opened) is RunState.DONE
        yield opened


def pushed(stage: Stage) -> RunState:
    stage.start_push()
    stage.run_until_quiet()
    return stage.push(BASH.lane).state


def until_it_waits(stage: Stage, step: str = STEP) -> None:
    stage.start_push()
    stage.turn_until(lambda: bool(stage.runs("push_updates")) and step in stage.steps(stage.push(BASH.lane)))


def what_to_type(stage: Stage) -> str:
    hold = stage.hold(stage.push(BASH.lane))
    assert hold is not None
    return hold.command


def nothing_is_live(stage: Stage) -> bool:
    return stage.outside.live.head(REF) is None and not list((stage.root / "pub").glob("updates*/24"))


def test_everything_that_goes_live_is_signed_by_the_releases_key(done: Stage) -> None:
    pub, live, signer = done.root / "pub", done.outside.live, done.outside.signer

    points = sorted(pub.glob("updates-testing/24/*/repodata/repomd.xml"))
    assert points
    for point in points:
        signature = unarmored(point.with_name("repomd.xml.asc").read_bytes())
        assert signer.read_detached(point.read_bytes(), signature).is_good
    checksums = sorted(pub.glob("images/**/*-CHECKSUM"))
    assert len(checksums) == 2
    for each in checksums:
        text = each.read_bytes().partition(b"\n\n")[2].partition(b"\n-----BEGIN")[0]
        assert signer.read_clear(each.read_bytes(), text).is_good
    (signature,) = live.signatures(live.head(REF) or "")
    assert signer.read_detached(live.commit_bytes(live.head(REF) or ""), signature).is_good
    (signature,) = signatures_in((live.path / "summary.sig").read_bytes())
    assert signer.read_detached((live.path / "summary").read_bytes(), signature).is_good


def test_what_was_signed_is_known_by_run_and_key(done: Stage) -> None:
    run = done.push(BASH.lane)

    assert set(done.reasons(run, "signed")) == {"f24-updates-testing", "atomic-host", "atomic-iso", "atomic-disk"}
    assert done.facts(run, "atomic-iso", "signed")["key"] == ARTIFACTS_KEY


def test_a_signature_is_seen_from_outside(done: Stage) -> None:
    asked = {call.path for call in done.outside.mirror.calls}
    for end in ("x86_64/repodata/repomd.xml.asc", ".commitmeta", "/summary.sig"):
        assert any(path.endswith(end) for path in asked), end


def test_a_signer_that_is_down_is_waited_for_and_one_that_refuses_holds_the_push_with_a_command(stage: Stage) -> None:
    stage.outside.signer.is_down = True
    until_it_waits(stage)
    stage.wait(minutes=45)
    run = stage.push(BASH.lane)
    assert run.state is RunState.HELD
    assert "the bridge is down" in run.reason
    assert nothing_is_live(stage)

    stage.outside.signer.is_down, stage.outside.signer.is_refused = False, True
    stage.wait(minutes=10)
    run = stage.push(BASH.lane)
    assert run.state is RunState.HELD
    assert "Authentication failed" in run.reason
    assert what_to_type(stage) == f"relengotron runs retry {run.id}"
    assert nothing_is_live(stage)

    stage.outside.signer.is_refused = False
    stage.wish("retry", run)
    stage.run_until_quiet()
    assert stage.push(BASH.lane).state is RunState.DONE


@pytest.mark.crash
def test_a_signer_with_the_wrong_key_holds_the_push_and_fails_it_in_the_end(stage: Stage) -> None:
    stage.outside.signer.signs_as = "0" * 40
    assert pushed(stage) is RunState.HELD
    assert "another key" in stage.push(BASH.lane).reason

    stage.wait(days=3)
    assert stage.push(BASH.lane).state is RunState.FAILED
    assert nothing_is_live(stage)


def test_the_auto_signer_is_waited_for_and_what_it_signs_goes_live(stage: Stage) -> None:
    signer = stage.outside.signer
    signer.makes_signatures = False
    assert pushed(stage) is RunState.HELD
    run = stage.push(BASH.lane)
    assert what_to_type(stage) == f"relengotron explain {run.id}"
    assert nothing_is_live(stage)

    robosignatory = SimulatedSigner(ARTIFACTS_KEY)
    sign_everything(stage, robosignatory)
    stage.wait(minutes=5)
    assert stage.push(BASH.lane).state is RunState.DONE
    assert not signer.made


def sign_everything(stage: Stage, signer: SimulatedSigner) -> None:
    """The auto-signer signs what it finds where we wait for it."""
    for point in stage.root.glob("compose/runs/**/repodata/repomd.xml"):
        point.with_name("repomd.xml.asc").write_bytes(armored(signer.detach(point.read_bytes())))
    for place in stage.root.glob("compose/runs/**/release/*-CHECKSUM"):
        place.write_bytes(signer.clear_sign(place.read_bytes()))
    for repo in stage.root.glob("compose/artifacts/**/repo"):
        private = stage.outside.ostree(repo)
        for commit in private.commits():
            private.add_signature(commit, signer.detach(private.commit_bytes(commit)))


@pytest.mark.parametrize(
    ("pattern", "kind"),
    [
        ("compose/runs/**/repodata/repomd.xml.asc", "mash"),
        pytest.param("compose/runs/**/release/*-CHECKSUM", "image", marks=pytest.mark.crash),
        pytest.param("compose/artifacts/**/*.commitmeta", "ostree", marks=pytest.mark.crash),
    ],
)
def test_what_lost_its_signature_after_all_does_not_go_live(stage: Stage, pattern: str, kind: str) -> None:
    """Somebody changes a signature between the step that looked at it and the moment it would be shown."""
    until_signed_then(stage, lambda: forge(stage, pattern))
    run = stage.push(BASH.lane)

    assert run.state is RunState.FAILED
    assert "not signed" in run.reason
    assert stage.steps(run)[LIVE] is StepState.FAILED
    if kind == "mash":
        assert nothing_is_live(stage)


def until_signed_then(stage: Stage, happens: Callable[[], None]) -> None:
    """The push is signed, something happens, and only then it goes on."""
    seen: list[bool] = []

    def watch(_moment: int) -> None:
        if not seen and stage.power.moments[-1].startswith("after commit") and is_over(stage):
            seen.append(True)
            happens()

    stage.power.arm(watch=watch)
    stage.start_push()
    stage.run_until_quiet()
    assert seen


def is_over(stage: Stage) -> bool:
    """Whether the step has come to its end: signed, or skipped."""
    found = stage.runs("push_updates")
    return bool(found) and stage.steps(found[-1]).get(STEP) in (StepState.DONE, StepState.SKIPPED)


def forge(stage: Stage, pattern: str) -> None:
    found = [each for each in stage.root.glob(pattern) if each.is_file()]
    assert found
    for each in found:
        if each.name.endswith("-CHECKSUM"):
            each.write_bytes(each.read_bytes().replace(b"SHA256 (", b"SHA256  ("))
        else:
            each.unlink()


@pytest.mark.crash
def test_a_push_called_off_shows_signed_trees_again(stage: Stage) -> None:
    assert pushed(stage) is RunState.DONE
    live = stage.outside.live
    first = live.head(REF)
    newer = an_update("bash-4.3.43-1.fc24")
    stage.outside.add(newer)
    stage.start_push(updates=[newer.alias])
    stage.turn_until(lambda: live.head(REF) != first)
    stage.wish("cancel", stage.push(BASH.lane))
    stage.run_until_quiet()

    head = live.head(REF) or ""
    assert stage.push(BASH.lane).state is RunState.CANCELLED
    assert live.content_checksum(head) == live.content_checksum(first or "")
    assert len(live.signatures(head)) == 1
    assert stage.outside.signer.read_detached(live.commit_bytes(head), live.signatures(head)[0]).is_good


def test_where_no_key_module_page_or_cache_is_configured_nothing_is_signed_demanded_or_told(
    make_stage: MakeStage,
) -> None:
    stage = make_stage(BASH)
    assert pushed(stage) is RunState.DONE
    run = stage.push(BASH.lane)
    assert {stage.steps(run)[step] for step in (STEP, "ensure_caches_show_what_is_new")} == {StepState.SKIPPED}
    assert not stage.outside.signer.made
    assert not list((stage.root / "pub").rglob("*.asc"))
    assert not {"website", "file lists", "purge"} & set(stage.effects(run))
    assert not list((stage.root / "pub").glob("full*"))


def test_a_key_that_is_given_after_its_step_signs_what_goes_live(make_stage: MakeStage) -> None:
    """The daemon is given a key between the step that had nothing to sign and the one that shows the bits."""
    stage = make_stage(BASH)
    stage.power.arm(watch=lambda _moment: dies_when_the_step_is_over(stage))
    with pytest.raises(PowerCut):
        pushed(stage)
    assert LIVE not in stage.steps(stage.push(BASH.lane))
    stage.settings = settings_for(stage.root, is_signed=True)
    stage.restart()
    stage.run_until_quiet()

    run = stage.push(BASH.lane)
    assert run.state is RunState.DONE
    assert set(stage.reasons(run, "signed")) == {"f24-updates-testing", "atomic-host", "atomic-iso", "atomic-disk"}
    assert len(stage.outside.live.signatures(stage.outside.live.head(REF) or "")) == 1


def dies_when_the_step_is_over(stage: Stage) -> None:
    if stage.power.moments[-1].startswith("after commit") and is_over(stage):
        raise PowerCut("after the step")


@pytest.mark.crash
def test_what_went_live_before_there_was_a_key_comes_to_its_end(make_stage: MakeStage) -> None:
    """The daemon is upgraded, and given a key, while a push waits for its bits to be seen."""
    stage = make_stage(BASH)
    hidden = stage.outside.mirror.misbehave(Rule(Kind.STATUS, status=404, times=None))
    until_it_waits(stage, "ensure_publication_is_seen_from_outside")
    stage.machine.database.close()
    with closing(Database(f"sqlite:///{stage.root / 'journal.db'}")) as journal, journal.write() as db:
        db.execute(delete(tables.steps).where(tables.steps.c.name == STEP))
    stage.outside.mirror.rules.remove(hidden)
    stage.settings = settings_for(stage.root, is_signed=True)
    stage.restart()
    stage.run_until_quiet()

    run = stage.push(BASH.lane)
    assert run.state is RunState.DONE
    assert stage.step(run, STEP) == "skipped: it went live before anybody signed it"
