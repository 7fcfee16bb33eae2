"""One story for each rung of the ladder: what is composed, what is not, and the reason that a person reads."""

import pytest

from relengotron.model.run import Run, RunState
from tests.builders import an_update
from tests.stage.paper_repo import PaperWords
from tests.stage.stage import Stage
from tests.stories.conftest import MakeStage

REF = "fedora-atomic/f24/x86_64/testing/docker-host"
REPO, TREE, IMAGES = "f24-updates-testing", "atomic-host", ["atomic-iso", "atomic-disk"]
EVERYTHING = [REPO, TREE, *IMAGES]
NEWER_BASH = an_update("bash-4.3.42-5.fc24")
OF_NO_TREE = an_update("nano-2.6-1.fc24")


@pytest.fixture
def stage(make_stage: MakeStage) -> Stage:
    """One push is behind us: every artifact of F24/testing is live."""
    made = make_stage()
    made.first_push()
    return made


@pytest.fixture
def words(stage: Stage) -> PaperWords:
    """What the packages of the updates say of others."""
    return stage.outside.builder.words


def rungs(stage: Stage, push: Run, artifact: str, state: str = "affected") -> dict[str, str]:
    """What each rung of an artifact said."""
    return {each["rung"]: each["says"] for each in stage.facts(push, artifact, state)["rungs"]}


def why(stage: Stage, push: Run) -> dict[str, str]:
    """The reason of every artifact as everybody is told in the end."""
    return {each["artifact"]: each["reason"] for each in stage.said("push.complete", run=push.id)[0]["results"]}


def test_a_package_in_another_version_is_told_with_both_versions(stage: Stage) -> None:
    push = stage.push_out(NEWER_BASH)

    assert stage.composed(push) == EVERYTHING
    assert why(stage, push) == {
        REPO: "it shows every build of the push (1)",
        TREE: "a compose for x86_64 brings bash 4.3.41-1.fc24 → 4.3.42-5.fc24",
        **dict.fromkeys(IMAGES, "made from atomic-host, which changes"),
    }
    said = stage.facts(push, TREE, "affected")
    assert rungs(stage, push, TREE) == {
        "manifest": "unchanged",
        "names": "changed",
        "lists": "changed",
        "solved": "changed",
    }
    assert all(each["reason"] and each["source"] for each in said["rungs"])
    assert said["rungs"][1]["source"].startswith("commit ")
    change = {"name": "bash", "arch": "x86_64", "before": "4.3.41-1.fc24", "after": "4.3.42-5.fc24"}
    assert [each["changes"] for each in said["rungs"][1:]] == [[change]] * 3
    assert stage.facts(push, "atomic-iso", "affected")["follows"] == [TREE]


def test_a_package_that_the_base_repo_has_newer_is_no_reason_to_compose(stage: Stage) -> None:
    push = stage.push_out(an_update("openssl-0.9-1.fc24"))

    assert stage.composed(push) == [REPO]
    assert rungs(stage, push, TREE, "skipped")["names"] == "changed"
    assert why(stage, push)[TREE] == "a compose for x86_64 would install exactly what is live: 2 packages"
    assert why(stage, push)["atomic-iso"] == "every changed package in it comes from atomic-host, which decides"


def test_a_repo_that_turns_out_as_it_is_live_changes_nothing_that_is_made_from_it(stage: Stage) -> None:
    push = stage.push_out(an_update("bash-4.3.41-1.fc24", alias="FEDORA-2016-again"))

    assert push.state is RunState.DONE
    assert stage.composed(push) == [REPO]
    assert why(stage, push)[REPO].startswith("unchanged: metadata of f24-updates-testing-")
    assert why(stage, push)[TREE] == "a compose for x86_64 would install exactly what is live: 2 packages"
    assert not stage.said("artifact.published", run=push.id)


def test_a_new_dependency_is_predicted_and_comes_true(stage: Stage, words: PaperWords) -> None:
    words.requires["bash-4.3.42"] = ["readline"]

    push = stage.push_out(NEWER_BASH, an_update("readline-6-1.fc24"))

    predicted = "a compose for x86_64 brings bash 4.3.41-1.fc24 → 4.3.42-5.fc24, readline 6-1.fc24 added"
    assert why(stage, push)[TREE] == predicted
    head = stage.outside.live.head(REF)
    assert head is not None
    assert [each.name for each in stage.outside.live.commit_info(head).packages] == ["bash", "openssl", "readline"]
    assert stage.composed(stage.push_out(OF_NO_TREE)) == [REPO]


def test_a_capability_that_another_package_provides_now_is_seen_though_no_name_says_so(stage: Stage) -> None:
    words = stage.outside.builder.words
    words.provides |= {"nano-2.6": ["editor"], "vim-7": ["editor"]}
    stage.edit(TREE, treefile={"packages": ["bash", "editor"]})
    stage.push_out(an_update("nano-2.6-1.fc24"))

    push = stage.push_out(an_update("nano-2.7-1.fc24"), an_update("vim-7-1.fc24"))

    assert why(stage, push)[TREE] == "a compose for x86_64 brings nano 2.6-1.fc24 removed, vim 7-1.fc24 added"


def test_a_renamed_package_is_found_by_the_solver_alone(stage: Stage, words: PaperWords) -> None:
    words.obsoletes["libressl"] = words.provides["libressl"] = ["openssl"]

    push = stage.push_out(an_update("libressl-2-1.fc24"))

    assert stage.composed(push) == EVERYTHING
    assert rungs(stage, push, TREE) == {
        "manifest": "unchanged",
        "names": "unchanged",
        "lists": "unchanged",
        "solved": "changed",
    }
    assert why(stage, push)[TREE] == "a compose for x86_64 brings libressl 2-1.fc24 added, openssl 1-1.fc24 removed"


def test_an_update_that_cannot_be_installed_holds_before_any_compose_in_the_solvers_words(
    stage: Stage, words: PaperWords
) -> None:
    words.requires["bash-4.3.42"] = ["libghost.so"]

    push = stage.push_out(NEWER_BASH)

    assert push.state is RunState.HELD
    assert stage.composed(push) == [REPO]
    hold = stage.hold(push)
    assert hold is not None
    assert hold.missing == (
        "atomic-host: cannot be installed on x86_64: nothing provides libghost.so needed by "
        "bash-4.3.42-5.fc24.x86_64; a retry composes it all the same",
    )
    assert hold.command == f"relengotron runs retry {push.id}"

    stage.wish("retry", push)
    stage.run_until_quiet()

    assert stage.push("F24/testing").state is RunState.DONE
    assert stage.composed(push) == EVERYTHING


def test_a_retry_of_something_else_is_no_word_about_what_cannot_be_installed(stage: Stage, words: PaperWords) -> None:
    words.requires["bash-4.3.42"] = ["libghost.so"]
    stage.outside.builder.trouble[REPO] = "no space on the builder"
    push = stage.push_out(NEWER_BASH)
    stage.outside.builder.trouble.clear()

    stage.wish("retry", push)
    stage.run_until_quiet()

    assert stage.push("F24/testing").state is RunState.HELD
    assert "cannot be installed" in stage.push("F24/testing").reason
    assert stage.composed(push) == [REPO, REPO]


def test_an_update_of_a_package_that_only_the_updates_have_and_that_cannot_be_installed_holds_too(
    stage: Stage, words: PaperWords
) -> None:
    stage.edit(TREE, treefile={"packages": ["bash", "novelty"]})
    stage.push_out(an_update("novelty-1-1.fc24"))
    words.requires["novelty-2"] = ["libghost.so"]

    push = stage.push_out(an_update("novelty-2-1.fc24"))

    assert push.state is RunState.HELD
    assert "nothing provides libghost.so needed by novelty-2-1.fc24.x86_64" in push.reason
    assert stage.composed(push) == [REPO]


@pytest.mark.parametrize(
    "treefile",
    [{"packages": ["bash", "openssl"], "units": ["sshd.service"]}, {"packages": ["bash", "openssl", "glibc"]}],
    ids=["a unit", "a package"],
)
def test_an_edited_manifest_is_composed_though_no_package_of_it_changes(
    stage: Stage, treefile: dict[str, list[str]]
) -> None:
    stage.edit(TREE, treefile=treefile)

    push = stage.push_out(OF_NO_TREE)

    assert stage.composed(push) == EVERYTHING
    assert why(stage, push)[TREE].startswith("its manifest was edited: ")
    assert stage.facts(push, TREE, "affected")["rungs"][0]["source"] == "config/artifacts"
    assert stage.composed(stage.push_out(an_update("nano-2.6-2.fc24"))) == [REPO]


def live_by_hand(stage: Stage, *, is_manifest_known: bool) -> str:
    """Somebody commits the live tree once more."""
    live = stage.outside.live
    head = live.head(REF)
    assert head is not None
    known = live.commit_info(head)
    commit: str = live.commit_files(
        live.files_of(head),
        parent=head,
        subject="by hand",
        timestamp=stage.clock(),
        packages=known.packages,
        metadata=known.metadata if is_manifest_known else {},
    )
    live.set_ref(REF, commit, head)
    return commit


def test_a_tree_whose_manifest_nobody_wrote_down_is_composed_once_in_doubt_and_then_known(stage: Stage) -> None:
    live_by_hand(stage, is_manifest_known=False)

    push = stage.push_out(OF_NO_TREE)

    assert TREE in stage.composed(push)
    assert stage.facts(push, TREE, "affected")["is_doubt"]
    doubt = "in doubt: nobody wrote down which manifest the live one was composed from"
    assert stage.reasons(push, "affected")[TREE] == doubt
    assert stage.composed(stage.push_out(an_update("nano-2.6-2.fc24"))) == [REPO]


def test_an_image_of_an_older_commit_than_the_live_tree_is_composed(stage: Stage) -> None:
    commit = live_by_hand(stage, is_manifest_known=True)

    push = stage.push_out(OF_NO_TREE)

    assert stage.composed(push) == [REPO, *IMAGES]
    assert f"and atomic-host {commit[:12]} is live" in stage.reasons(push, "affected")["atomic-iso"]
    assert stage.composed(stage.push_out(an_update("nano-2.6-2.fc24"))) == [REPO]


def tree_tasks(stage: Stage, push: Run) -> list[str]:
    """The Koji tasks that a push asked for about the tree."""
    return [key for key in stage.effects(push) if key.startswith((f"detect {TREE}", f"compose {TREE}"))]


# -- own change detection: a task that only solves, before the one that composes ---------------------------------------


@pytest.fixture
def asking(stage: Stage) -> Stage:
    """The tree asks rpm-ostree itself, and its manifest was edited: the cheaper rungs want it composed."""
    stage.edit(TREE, dry_run=True, treefile={"packages": ["bash", "openssl"], "documentation": False})
    return stage


def test_a_tree_that_says_itself_that_nothing_is_new_is_not_composed(asking: Stage) -> None:
    push = asking.push_out(OF_NO_TREE)

    assert push.state is RunState.DONE
    assert asking.composed(push) == [REPO, TREE]
    assert tree_tasks(asking, push) == ["detect atomic-host try 1"]
    assert why(asking, push)[TREE].startswith("unchanged: rpm-ostree's input hash is unchanged (Koji task ")
    assert why(asking, push)["atomic-iso"] == "unchanged: made from atomic-host, which did not change after all"
    assert asking.facts(push, TREE, "detected")["rung"] == "own detection"


def test_a_tree_that_says_itself_that_something_is_new_is_composed_by_another_task(asking: Stage) -> None:
    push = asking.push_out(NEWER_BASH)

    assert push.state is RunState.DONE
    assert tree_tasks(asking, push) == ["detect atomic-host try 1", "compose atomic-host try 1"]
    assert asking.composed(push) == [REPO, TREE, TREE, *IMAGES]
    assert asking.reasons(push, "detected")[TREE].startswith("rpm-ostree would make a new commit (Koji task ")


def test_a_tree_that_is_still_asking_when_the_push_is_called_off_is_asked_no_more(asking: Stage) -> None:
    asking.outside.builder.trouble[TREE] = "leave"
    push = asking.push_out(NEWER_BASH)
    assert tree_tasks(asking, push) == ["detect atomic-host try 1"]

    asking.wish("cancel", push, "the wrong update")
    asking.run_until_quiet()

    assert asking.push("F24/testing").state is RunState.CANCELLED
    assert not asking.outside.builder.free_tasks()
    assert asking.composed(push) == [REPO, TREE]
