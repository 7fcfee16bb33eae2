"""Which artifacts does a push reach?"""

from hypothesis import given
from hypothesis import strategies as st

from relengotron.decisions.affected import Reach, climb, travel
from relengotron.model.artifact import Artifact
from relengotron.model.difference import Change
from relengotron.model.rung import Rung, RungName, Says

CHANGE = Change("bash", "x86_64", "1-1", "2-1")


def rung(name: RungName, says: Says) -> Rung:
    return Rung(name, says, f"{name} says {says}", "here", (CHANGE,) if says is Says.CHANGED else ())


def artifact(name: str, *made_from: str, component: str | None = "yes") -> Artifact:
    return Artifact(name, "ostree", "F24", ("x86_64",), f"pub/{name}", made_from, component)


def test_the_solver_is_believed_over_names() -> None:
    names, solved = rung(RungName.NAMES, Says.CHANGED), rung(RungName.SOLVED, Says.UNCHANGED)
    assert not climb("tree", [names, solved]).is_affected
    found = climb("tree", [rung(RungName.NAMES, Says.UNCHANGED), rung(RungName.SOLVED, Says.CHANGED)])
    assert found.is_affected
    assert found.packages == ("bash",)
    assert not found.is_doubt


def test_an_edited_manifest_is_composed_whatever_the_packages_say() -> None:
    edited, solved = rung(RungName.MANIFEST, Says.CHANGED), rung(RungName.SOLVED, Says.UNCHANGED)
    found = climb("tree", [edited, solved])
    assert found.is_affected
    assert found.reason == "manifest says changed"


def test_an_unknown_manifest_is_doubt_and_is_composed() -> None:
    found = climb("tree", [rung(RungName.MANIFEST, Says.DOUBT), rung(RungName.SOLVED, Says.UNCHANGED)])
    assert found.is_affected
    assert found.is_doubt


def test_an_unknown_manifest_does_not_hide_that_it_cannot_be_installed() -> None:
    found = climb("tree", [rung(RungName.MANIFEST, Says.DOUBT), rung(RungName.SOLVED, Says.IMPOSSIBLE)])
    assert found.is_impossible


def test_an_edited_manifest_does_not_hide_that_it_cannot_be_installed() -> None:
    found = climb("tree", [rung(RungName.MANIFEST, Says.CHANGED), rung(RungName.SOLVED, Says.IMPOSSIBLE)])
    assert found.is_impossible


def test_a_new_repo_in_doubt_is_not_made_good_by_a_solver_that_read_it() -> None:
    for says in (Says.UNCHANGED, Says.CHANGED):
        found = climb("tree", [rung(RungName.LISTS, Says.DOUBT), rung(RungName.SOLVED, says)])
        assert found.is_affected
        assert found.is_doubt


def test_a_solver_in_doubt_leaves_the_word_to_a_name_that_matches() -> None:
    found = climb("tree", [rung(RungName.NAMES, Says.CHANGED), rung(RungName.SOLVED, Says.DOUBT)])
    assert found.is_affected
    assert not found.is_doubt
    found = climb("tree", [rung(RungName.NAMES, Says.UNCHANGED), rung(RungName.SOLVED, Says.DOUBT)])
    assert found.is_affected
    assert found.is_doubt


SAYABLE = [
    rung(name, says) for name in RungName for says in Says if name is RungName.SOLVED or says is not Says.IMPOSSIBLE
]
RUNGS = st.lists(st.sampled_from(SAYABLE), unique_by=lambda each: each.name)


@given(RUNGS)
def test_the_answer_does_not_depend_on_the_order_of_the_rungs(found: list[Rung]) -> None:
    first, second = climb("tree", found), climb("tree", found[::-1])
    assert (first.is_affected, first.is_doubt) == (second.is_affected, second.is_doubt)


@given(RUNGS)
def test_nothing_is_skipped_unless_a_rung_says_unchanged(found: list[Rung]) -> None:
    if not climb("tree", found).is_affected:
        assert any(each.says is Says.UNCHANGED for each in found)
        assert not any(each.name is RungName.MANIFEST and each.says is not Says.UNCHANGED for each in found)


def test_affected_travels_downstream_and_says_for_whom() -> None:
    artifacts = [
        artifact("repo", component=None),
        artifact("tree", "repo"),
        artifact("disk", "tree"),
        artifact("ami", "disk"),
    ]
    own = {"repo": Reach("repo", True, "shows all"), "tree": Reach("tree", True, "bash")}
    own |= {name: Reach(name, False, "nothing of its own") for name in ("disk", "ami")}
    reached = {each.artifact: each for each in travel(artifacts, own)}
    assert reached["disk"].follows == ("tree",)
    assert reached["ami"].follows == ("disk",)
    assert reached["ami"].is_affected


def test_a_repo_says_nothing_about_the_trees_made_from_it() -> None:
    artifacts = [artifact("repo", component=None), artifact("tree", "repo")]
    own = {"repo": Reach("repo", True, "shows all"), "tree": Reach("tree", False, "nothing")}
    assert not travel(artifacts, own)[1].is_affected


def test_what_nobody_judges_by_its_contents_and_is_no_repo_passes_it_on() -> None:
    artifacts = [
        artifact("repo", component=None),
        artifact("container", "repo", component=None),
        artifact("appliance", "container"),
    ]
    own = {name: Reach(name, True, "shows all") for name in ("repo", "container")}
    own |= {"appliance": Reach("appliance", False, "nothing of its own")}
    assert travel(artifacts, own)[2].follows == ("container",)
