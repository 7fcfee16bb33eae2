"""What each rung of the ladder says."""

import pytest

from relengotron.decisions import rungs
from relengotron.decisions.rungs import Outlook, Solved
from relengotron.model.contents import Contents, Manifest
from relengotron.model.difference import Change
from relengotron.model.package import Package
from relengotron.model.rung import Rung, RungName, Says

BASH = Package("bash", "0", "4.3.42", "1.fc24", "x86_64")
NEWER = Package("bash", "0", "4.3.43", "1.fc24", "x86_64")
GLIBC = Package("glibc", "0", "2.23", "1.fc24", "x86_64")
LIVE = Contents((BASH, GLIBC), "commit 0f3a of a-ref", "d1")
MANIFEST = Manifest("d1", "config/artifacts", ("bash",))


def solved(*packages: Package, checksum: str = "c") -> Solved:
    return Solved(dict.fromkeys(packages, checksum))


def outlook(before: Solved, after: Solved, arch: str = "x86_64") -> Outlook:
    return Outlook(arch, before, after)


@pytest.mark.parametrize(
    ("manifest", "live", "is_live", "says", "words"),
    [
        (MANIFEST, LIVE, True, Says.UNCHANGED, "the one it was composed from"),
        (Manifest("d2", "config/artifacts"), LIVE, True, Says.CHANGED, "was edited: d1 is live, d2 is wanted"),
        (MANIFEST, Contents((), "x", None), True, Says.DOUBT, "nobody wrote down"),
        (MANIFEST, None, True, Says.DOUBT, "nobody wrote down"),
        (MANIFEST, None, False, Says.CHANGED, "nothing of it is live yet"),
    ],
)
def test_an_edited_manifest_is_a_change_and_an_unknown_one_is_doubt(
    manifest: Manifest, live: Contents | None, is_live: bool, says: Says, words: str
) -> None:
    rung = rungs.by_manifest(manifest, live, is_live)
    assert (rung.says, rung.source) == (says, "config/artifacts")
    assert words in rung.reason


def test_names_say_from_which_version_to_which() -> None:
    change = Change("bash", "x86_64", BASH.evr, NEWER.evr)
    rung = rungs.by_names(LIVE, (change,), 3, ("x86_64",))
    assert rung.says is Says.CHANGED
    assert "bash 4.3.42-1.fc24 → 4.3.43-1.fc24" in rung.reason
    assert rung.source == "commit 0f3a of a-ref"
    assert rungs.by_names(LIVE, (), 3, ("x86_64",)).says is Says.UNCHANGED


def test_hearsay_about_a_package_that_no_list_shows_is_doubt_and_not_a_skip() -> None:
    listed = rungs.by_names(LIVE, (), 3, ("x86_64",))
    assert rungs.against_hearsay(listed, LIVE, ("nano",), "PDC").says is Says.DOUBT
    assert rungs.against_hearsay(listed, LIVE, ("bash",), "PDC").says is Says.UNCHANGED


def test_an_empty_new_repo_is_doubt() -> None:
    assert rungs.by_lists(LIVE, {}, "file:///new").says is Says.DOUBT


def test_a_newer_package_in_the_new_repo_is_a_change_and_an_older_one_is_not() -> None:
    assert rungs.by_lists(LIVE, {("bash", "x86_64"): NEWER}, "r").says is Says.CHANGED
    older = Package("bash", "0", "4.3.41", "1.fc24", "x86_64")
    assert rungs.by_lists(LIVE, {("bash", "x86_64"): older}, "r").says is Says.UNCHANGED
    assert rungs.by_lists(LIVE, {("bash", "i686"): NEWER}, "r").says is Says.UNCHANGED


def test_the_solver_says_unchanged_only_when_a_compose_would_bring_what_is_live() -> None:
    calm = outlook(solved(BASH, GLIBC), solved(BASH, GLIBC))
    assert rungs.by_solving(LIVE, [calm], "s").says is Says.UNCHANGED
    assert rungs.by_solving(None, [calm], "s").says is Says.UNCHANGED


def test_the_solver_names_every_predicted_change() -> None:
    nano = Package("nano", "0", "2", "1", "x86_64")
    rung = rungs.by_solving(LIVE, [outlook(solved(BASH, GLIBC), solved(NEWER, nano))], "s")
    assert rung.says is Says.CHANGED
    assert [str(change) for change in rung.changes] == [
        "bash 4.3.42-1.fc24 → 4.3.43-1.fc24",
        "glibc 2.23-1.fc24 removed",
        "nano 2-1 added",
    ]


def test_a_package_that_was_rebuilt_under_its_old_version_is_a_change() -> None:
    rung = rungs.by_solving(LIVE, [outlook(solved(BASH, GLIBC), solved(BASH, GLIBC, checksum="other"))], "s")
    assert rung.says is Says.CHANGED
    assert "bash 4.3.42-1.fc24 rebuilt" in rung.reason


def test_a_solver_whose_picture_of_the_live_one_is_wrong_is_in_doubt() -> None:
    rung = rungs.by_solving(LIVE, [outlook(solved(BASH), solved(BASH))], "s")
    assert rung.says is Says.DOUBT
    assert "glibc" in rung.reason


def test_what_could_be_installed_before_and_cannot_now_is_impossible_and_quoted() -> None:
    cannot = Solved({}, ("nothing provides libx.so.2 needed by bash-5-1",))
    rung = rungs.by_solving(LIVE, [outlook(solved(BASH, GLIBC), cannot)], "s")
    assert rung.says is Says.IMPOSSIBLE
    assert "nothing provides libx.so.2 needed by bash-5-1" in rung.reason
    assert rungs.by_solving(LIVE, [outlook(cannot, cannot)], "s").says is Says.DOUBT


def test_two_arches_that_disagree_are_a_change_that_names_the_arch() -> None:
    calm = outlook(solved(BASH, GLIBC), solved(BASH, GLIBC))
    other = tuple(each._replace(arch="aarch64") for each in (BASH, GLIBC, NEWER))
    live = Contents((BASH, GLIBC, *other[:2]), "two arches", "d1")
    moved = outlook(solved(*other[:2]), solved(other[2], other[1]), "aarch64")
    rung = rungs.by_solving(live, [calm, moved], "s")
    assert rung.says is Says.CHANGED
    assert "for aarch64" in rung.reason
    assert "x86_64" not in rung.reason


def test_a_package_that_only_the_other_arch_has_already_is_a_change() -> None:
    words = Package("words", "0", "3", "1", "noarch")
    arm = BASH._replace(arch="armv7hl")
    live = Contents((BASH, words, arm), "two arches", "d1")
    calm = outlook(solved(BASH, words), solved(BASH, words))
    gets_words = outlook(solved(arm), solved(arm, words), "armhfp")
    assert rungs.by_solving(live, [calm, gets_words], "s").says is Says.CHANGED


def test_a_package_of_another_arch_that_would_fall_out_of_a_tree_is_seen() -> None:
    multilib = GLIBC._replace(arch="i686")
    live = Contents((BASH, multilib), "commit 0f3a of a-ref", "d1")
    assert rungs.by_solving(live, [outlook(solved(BASH), solved(BASH))], "s").says is Says.DOUBT


def test_an_unreadable_repo_of_one_arch_is_doubt_whatever_the_others_say() -> None:
    said = [Rung(RungName.LISTS, says, says) for says in (Says.UNCHANGED, Says.DOUBT, Says.CHANGED)]
    for found in (said, said[:2], said[1:], said[::-1]):
        worst = rungs.worst_list(found)
        assert worst is not None
        assert worst.says is Says.DOUBT
    assert rungs.worst_list([]) is None


def test_a_source_that_nobody_wrote_down_is_no_change_that_anybody_could_name() -> None:
    made = Contents((BASH,), "a sheet", "d1", made_from=("aaa",))
    assert rungs.by_sources(made, {"tree": "aaa", "other": "bbb"}).says is Says.DOUBT
    assert rungs.by_sources(made, {"tree": "ccc", "other": "bbb"}).says is Says.CHANGED
    assert rungs.by_sources(made, {"tree": "ccc"}).says is Says.CHANGED
    assert rungs.by_sources(made, {"tree": "aaa"}).says is Says.UNCHANGED


OFFERED = {("bash", "x86_64"): NEWER}


def test_an_update_that_a_solver_left_out_is_asked_for_by_name() -> None:
    asked = rungs.with_updates(MANIFEST, [BASH, GLIBC], OFFERED, {"bash"})
    assert asked is not None
    assert asked.install == ("bash", "bash = 4.3.43-1.fc24")


def test_what_is_chosen_in_its_newest_version_or_is_no_update_of_this_push_is_not_asked_for() -> None:
    assert rungs.with_updates(MANIFEST, [NEWER, GLIBC], OFFERED, {"bash"}) is None
    assert rungs.with_updates(MANIFEST, [BASH, GLIBC], OFFERED, {"glibc"}) is None


@pytest.mark.parametrize(("wish", "is_asked"), [("bash-4.3.42-1.fc24", False), ("bash < 4.3.43", False),
                                                ("bash-completion", True), ("bash", True)])  # fmt: skip
def test_a_version_that_people_wish_for_is_left_as_it_is(wish: str, is_asked: bool) -> None:
    asked = rungs.with_updates(Manifest("d", "x", (wish,)), [BASH], OFFERED, {"bash"})
    assert (asked is not None) is is_asked


def test_an_edited_manifest_that_cannot_be_installed_is_impossible_although_it_never_could() -> None:
    cannot = Solved({}, ("nothing provides nosuchpkg, which the manifest wishes for",))
    rung = rungs.by_solving(LIVE, [outlook(cannot, cannot)], "s", is_edited=True)
    assert rung.says is Says.IMPOSSIBLE
    assert "nothing provides nosuchpkg" in rung.reason


def test_what_an_edited_manifest_adds_is_a_change_and_no_doubt_about_the_solver() -> None:
    nano = Package("nano", "0", "2", "1", "x86_64")
    calm = outlook(solved(BASH, GLIBC, nano), solved(BASH, GLIBC, nano))
    rung = rungs.by_solving(LIVE, [calm], "s", is_edited=True)
    assert (rung.says, rung.reason) == (Says.CHANGED, "a compose for x86_64 brings nano 2-1 added")
