"""A bad update is ejected from a push on its way: its builds go home, the rest goes on, and it never goes live."""

import koji
import pytest

from relengotron.engine.journal import evidence
from relengotron.engine.journal.deeds import deed_of
from relengotron.model.artifact import Artifact, Built
from relengotron.model.run import Run, RunState, StepState
from relengotron.plugins.image import ImagePlugin
from relengotron.plugins.mash import MashPlugin
from relengotron.plugins.ostree import OstreePlugin
from relengotron.sdk import Workbench
from relengotron.systems.mischief import Kind, Rule
from relengotron.workflows.push import SHIPMENT_STEPS
from tests.builders import a_message, an_update
from tests.stage.paper_builder import artifact_of, tasks_made
from tests.stage.stage import Stage
from tests.stories.conftest import MakeStage
from tests.stories.test_rolling_back import roll_back
from tests.stories.test_waiving import a_policy, put_in_force

HARMLESS = an_update("nano-2.6-1.fc24", alias="FEDORA-2016-00000000e1")
IN_THE_TREE = an_update("bash-4.3.42-5.fc24", alias="FEDORA-2016-00000000e2")
STAYING = an_update("openssl-1.0.2-2.fc24", alias="FEDORA-2016-00000000e3")
LANE, ISO = "F24/testing", "atomic-iso"
REF = "fedora-atomic/f24/x86_64/testing/docker-host"
SOURCE, TARGET = "f24-updates-candidate", "f24-updates-testing"


def eject(stage: Stage, alias: str, msg_id: str | None = None) -> None:
    body = {"run": stage.push(LANE).id, "agent": "ralph", "update": alias, "reason": "it breaks the boot"}
    stage.machine.intake.store(a_message("relengotron.person.eject", body, msg_id), is_local=True)


def tags_of(stage: Stage, nvr: str) -> set[str]:
    return {tag["name"] for tag in stage.outside.hub.call(None, "listTags", build=nvr)}


def packages_live(stage: Stage) -> set[str]:
    """What users can install from the repo, and what is in the tree that they boot."""
    files = {file.name for file in (stage.root / "pub" / "updates-testing").rglob("*.rpm")}
    head = stage.outside.live.head(REF)
    return files | ({str(each) for each in stage.outside.live.commit_info(head).packages} if head else set())


def is_live(stage: Stage, nvr: str) -> bool:
    return any(each.startswith(nvr) for each in packages_live(stage))


def composes(stage: Stage) -> dict[str, int]:
    """How many tasks each artifact cost, whatever became of them."""
    made: dict[str, int] = {}
    for (method, about, _), number in tasks_made(stage.outside.hub).items():
        if method in ("runroot", "image"):
            made[about[0]] = made.get(about[0], 0) + number
    return made


def made_since(stage: Stage, before: dict[str, int]) -> dict[str, int]:
    return {name: number - before[name] for name, number in composes(stage).items() if number != before[name]}


def told_of(stage: Stage, alias: str) -> dict[str, str]:
    (update,) = [each for each in stage.said("push.complete")[-1]["updates"] if each["alias"] == alias]
    return {"outcome": update["outcome"], "reason": update["reason"]}


def answers(stage: Stage, alias: str) -> list[str]:
    with stage.machine.database.read() as db:
        found = evidence.of_run(db, stage.push(LANE).id)
    return [f"{each.state}: {each.reason}" for each in found if each.subject == alias]


def waiting_for_tests(make_stage: MakeStage) -> Stage:
    """One update that changes nothing but the repo and one that is in the tree wait for a test of the ISO."""
    stage = make_stage()
    stage.first_push()
    stage.outside.tester.verdicts[ISO] = None
    stage.push_out(HARMLESS, IN_THE_TREE)
    assert "atomic-iso: dist.image_content" in stage.push(LANE).reason
    return stage


def sharing_a_build(make_stage: MakeStage) -> Stage:
    """Two updates, of which one ships the only build of the other as well."""
    stage = make_stage(HARMLESS, IN_THE_TREE)
    both = [stage.outside.bodhi.update(each.alias) for each in (HARMLESS, IN_THE_TREE)]
    both[0].builds += both[1].builds
    return stage


def let_it_end(stage: Stage) -> Run:
    stage.outside.tester.verdicts.clear()
    stage.wait(minutes=10)
    push = stage.push(LANE)
    assert push.state is RunState.DONE, push.reason
    return push


def test_one_update_after_the_other_is_ejected_and_only_what_holds_them_is_made_anew(make_stage: MakeStage) -> None:
    stage = make_stage()
    stage.first_push()
    stage.outside.tester.verdicts[ISO] = None
    stage.push_out(HARMLESS, IN_THE_TREE, STAYING)
    before = composes(stage)

    eject(stage, HARMLESS.alias)
    stage.run_until_quiet()
    assert made_since(stage, before) == {TARGET: 1}
    assert any("made of the same packages" in each for each in answers(stage, "atomic-host"))

    for _ in range(2):  # who is in a hurry asks twice
        eject(stage, IN_THE_TREE.alias)
    stage.run_until_quiet()

    assert let_it_end(stage).attempt == 3
    assert made_since(stage, before)["atomic-host"] == 1
    assert tags_of(stage, "bash-4.3.42-5.fc24") == {SOURCE}
    assert {name for name in ("bash-4.3.42-5", "nano", "openssl-1.0.2-2") if is_live(stage, name)} == {
        "openssl-1.0.2-2"
    }
    assert told_of(stage, IN_THE_TREE.alias) == {"outcome": "ejected", "reason": "ejected by ralph: it breaks the boot"}
    assert told_of(stage, STAYING.alias)["outcome"] == "pushed"
    assert [each["update"]["alias"] for each in stage.said("push.eject")] == [HARMLESS.alias, IN_THE_TREE.alias]
    assert roll_back(stage, let_it_end(stage)).state is RunState.DONE


@pytest.mark.crash
def test_an_update_ejected_while_tests_are_waited_for_goes_home_and_the_rest_goes_live(make_stage: MakeStage) -> None:
    stage = waiting_for_tests(make_stage)
    tree = stage.outside.live.head(REF)

    for _ in range(2):  # who is in a hurry asks twice
        eject(stage, IN_THE_TREE.alias)
    stage.run_until_quiet()

    assert let_it_end(stage).attempt == 2
    assert tags_of(stage, "bash-4.3.42-5.fc24") == {SOURCE}
    assert TARGET in tags_of(stage, "nano-2.6-1.fc24")
    assert is_live(stage, "nano-2.6-1")
    assert not is_live(stage, "bash-4.3.42-5")
    assert told_of(stage, IN_THE_TREE.alias) == {
        "outcome": "ejected",
        "reason": "ejected by ralph: it breaks the boot",
    }
    assert told_of(stage, HARMLESS.alias)["outcome"] == "pushed"
    assert [body["update"]["alias"] for body in stage.said("push.eject")] == [IN_THE_TREE.alias]
    assert stage.outside.live.head(REF) == tree  # nothing else had changed it
    outcomes = {each["artifact"]: each["outcome"] for each in stage.said("push.complete")[-1]["results"]}
    assert outcomes == {TARGET: "published", "atomic-host": "skipped", ISO: "skipped", "atomic-disk": "skipped"}


@pytest.mark.crash
def test_what_holds_nothing_of_the_ejected_update_keeps_its_compose_and_its_results(make_stage: MakeStage) -> None:
    stage = waiting_for_tests(make_stage)
    before, judged = composes(stage), len(stage.outside.tester.done)

    eject(stage, HARMLESS.alias)
    stage.run_until_quiet()
    let_it_end(stage)

    assert made_since(stage, before) == {TARGET: 1}
    assert is_live(stage, "bash-4.3.42-5")
    assert not is_live(stage, "nano")
    assert len(stage.outside.tester.done) - judged == 2  # the new repo, and the ISO at last
    assert any("made of the same packages" in each for each in answers(stage, "atomic-host"))


@pytest.mark.crash
def test_tasks_that_make_something_of_the_ejected_update_are_cancelled(make_stage: MakeStage) -> None:
    stage = make_stage()
    stage.first_push()
    stage.outside.builder.trouble["atomic-host"] = "leave"
    for update in (HARMLESS, IN_THE_TREE):
        stage.outside.add(update)
    stage.start_push()
    stage.turn_until(lambda: "atomic-host" in map(artifact_of, stage.outside.builder.free_tasks()))
    (task,) = [row["id"] for row in stage.outside.builder.free_tasks()]

    eject(stage, IN_THE_TREE.alias)
    stage.run_until_quiet()

    assert stage.outside.hub.call(None, "getTaskInfo", task)["state"] == koji.TASK_STATES["CANCELED"]
    let_it_end(stage)
    assert not is_live(stage, "bash-4.3.42-5")


@pytest.mark.crash
def test_a_compose_under_way_that_holds_nothing_of_it_goes_on(make_stage: MakeStage) -> None:
    stage = make_stage()
    stage.first_push()
    stage.outside.builder.trouble["atomic-host"] = "leave"
    for update in (HARMLESS, IN_THE_TREE):
        stage.outside.add(update)
    stage.start_push()
    stage.turn_until(lambda: "atomic-host" in map(artifact_of, stage.outside.builder.free_tasks()))

    eject(stage, HARMLESS.alias)
    for _ in range(10):
        stage.turn()
    assert list(map(artifact_of, stage.outside.builder.free_tasks())) == ["atomic-host"]
    stage.outside.builder.trouble.clear()
    stage.run_until_quiet()

    let_it_end(stage)
    assert composes(stage)["atomic-host"] == 2  # the first push's, and this one's
    assert is_live(stage, "bash-4.3.42-5")


@pytest.mark.crash
@pytest.mark.parametrize("turns", [1, 2, 3, 5, 7, 9, 11])
def test_whenever_it_is_ejected_it_is_not_live_and_the_others_are(make_stage: MakeStage, turns: int) -> None:
    stage = make_stage(HARMLESS, IN_THE_TREE)
    stage.outside.tester.verdicts[ISO] = None
    stage.start_push()
    for _ in range(turns):
        stage.turn()

    eject(stage, IN_THE_TREE.alias)
    stage.run_until_quiet()
    let_it_end(stage)

    assert not is_live(stage, "bash-4.3.42-5")
    assert TARGET not in tags_of(stage, "bash-4.3.42-5.fc24")
    assert is_live(stage, "nano-2.6-1")


@pytest.mark.crash
def test_a_build_that_another_update_ships_as_well_stays(make_stage: MakeStage) -> None:
    stage = sharing_a_build(make_stage)
    stage.outside.tester.verdicts[ISO] = None
    stage.start_push()
    stage.run_until_quiet()

    eject(stage, HARMLESS.alias)
    stage.run_until_quiet()
    let_it_end(stage)

    assert is_live(stage, "bash-4.3.42-5")
    assert not is_live(stage, "nano-2.6-1")


@pytest.mark.crash
def test_a_build_that_another_update_ships_stays_where_it_is_when_the_other_cannot_be_moved(
    make_stage: MakeStage,
) -> None:
    stage = sharing_a_build(make_stage)
    stage.outside.hub.call("admin", "untagBuildBypass", SOURCE, "nano-2.6-1.fc24")
    stage.start_push()
    stage.run_until_quiet()
    stage.wait(hours=3)

    push = stage.push(LANE)
    assert push.state is RunState.DONE, push.reason
    assert is_live(stage, "bash-4.3.42-5")
    assert told_of(stage, HARMLESS.alias)["outcome"] == "ejected"


@pytest.mark.crash
def test_a_push_without_any_update_left_ends_and_says_so(make_stage: MakeStage) -> None:
    stage = waiting_for_tests(make_stage)
    before = packages_live(stage)

    for each in (HARMLESS, IN_THE_TREE):
        eject(stage, each.alias)
    stage.run_until_quiet()

    push = stage.push(LANE)
    assert push.state is RunState.DONE
    assert stage.steps(push)["ensure_bits_are_live"] is StepState.SKIPPED
    assert stage.said("push.complete")[-1]["reason"] == "no update was left to push"
    assert packages_live(stage) == before


def test_what_is_live_is_not_ejected_and_the_way_back_is_named(make_stage: MakeStage) -> None:
    stage = make_stage(HARMLESS, IN_THE_TREE)
    stage.start_push()
    hidden = stage.outside.mirror.misbehave(Rule(Kind.STATUS, status=404, times=None))
    stage.turn()
    stage.turn_until(lambda: "not seen from outside yet" in stage.push(LANE).reason)

    eject(stage, IN_THE_TREE.alias)
    for _ in range(2):
        stage.turn()
    stage.outside.mirror.rules.remove(hidden)
    stage.run_until_quiet()

    assert let_it_end(stage).attempt == 1
    assert is_live(stage, "bash-4.3.42-5")
    assert told_of(stage, IN_THE_TREE.alias)["outcome"] == "pushed"
    (refused,) = [each for each in answers(stage, IN_THE_TREE.alias) if each.startswith("not ejected")]
    assert f"relengotron rollback {stage.push(LANE).id}" in refused


@pytest.mark.crash
def test_an_update_that_is_not_in_the_push_cannot_be_ejected_from_it(make_stage: MakeStage) -> None:
    stage = waiting_for_tests(make_stage)

    eject(stage, "FEDORA-2016-00000000ff")
    stage.run_until_quiet()

    assert let_it_end(stage).attempt == 1
    assert any("not in this push" in each for each in answers(stage, "FEDORA-2016-00000000ff"))


@pytest.mark.crash
def test_a_build_that_koji_does_not_let_go_back_holds_the_push_before_anything_is_mashed(
    make_stage: MakeStage,
) -> None:
    stage = waiting_for_tests(make_stage)
    before = composes(stage)
    stage.outside.builder.trouble["tagBuild"] = "policy says no"

    eject(stage, IN_THE_TREE.alias)
    stage.run_until_quiet()

    assert stage.push(LANE).state is RunState.HELD
    assert composes(stage) == before
    assert "could not go back" in stage.push(LANE).reason
    stage.outside.builder.trouble.clear()
    stage.wish("retry", stage.push(LANE))
    stage.run_until_quiet()
    let_it_end(stage)
    assert tags_of(stage, "bash-4.3.42-5.fc24") == {SOURCE}


@pytest.mark.crash
def test_a_policy_throws_out_what_it_does_not_let_pass_and_the_rest_goes_live(make_stage: MakeStage) -> None:
    stage = make_stage(HARMLESS, IN_THE_TREE)
    rule = {"FreezeRule": {"reason": "bash", "begins": "2016-01-01T00:00:00Z", "unless": [HARMLESS.alias]}}
    put_in_force(stage, a_policy(rule, id="no-bash-today", when_closed="eject"))
    stage.start_push()
    stage.run_until_quiet()

    assert let_it_end(stage).attempt == 2
    assert not is_live(stage, "bash-4.3.42-5")
    assert is_live(stage, "nano-2.6-1")
    assert told_of(stage, IN_THE_TREE.alias)["reason"].startswith("ejected by policy no-bash-today: ")


@pytest.mark.crash
def test_a_way_back_leaves_alone_what_was_ejected(make_stage: MakeStage) -> None:
    stage = waiting_for_tests(make_stage)
    eject(stage, IN_THE_TREE.alias)
    stage.run_until_quiet()
    push = let_it_end(stage)

    with stage.machine.database.read() as db:
        deed = deed_of(db, push, ("live ",), ("move ",), SHIPMENT_STEPS)

    assert [each.alias for each in deed.updates] == [HARMLESS.alias]
    assert {each.old["build"] for each in deed.moves} == set(HARMLESS.builds)


class Unreadable(OstreePlugin):
    """A stranger's tree: nobody can say what is in a compose of it."""

    def packages(self, built: Built, artifact: Artifact, bench: Workbench) -> None:
        return None


@pytest.mark.crash
def test_a_compose_that_nobody_can_look_into_is_made_anew_without_the_update(make_stage: MakeStage) -> None:
    stage = waiting_for_tests(make_stage)
    stage.install(MashPlugin(), Unreadable(), ImagePlugin())
    before = composes(stage)

    eject(stage, HARMLESS.alias)
    stage.run_until_quiet()
    let_it_end(stage)

    assert composes(stage)["atomic-host"] == before["atomic-host"] + 1
    assert is_live(stage, "bash-4.3.42-5")
