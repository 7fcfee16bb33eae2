"""Which artifacts contain a package that changes?"""

from hypothesis import given
from hypothesis import strategies as st

from relengotron.decisions.naming import changed_in
from relengotron.model.artifact import Artifact
from relengotron.model.contents import Contents
from relengotron.model.graph import ArtifactGraph, EdgeKind
from relengotron.model.package import Package


def package(name: str, version: str = "1", arch: str = "x86_64") -> Package:
    return Package(name, "0", version, "1", arch)


def artifact(name: str, *made_from: str) -> Artifact:
    return Artifact(name, "ostree", "F24", ("x86_64",), f"pub/{name}", made_from, name)


def graph(**contents: tuple[Package, ...]) -> ArtifactGraph:
    known = {name: Contents(packages, f"list of {name}") for name, packages in contents.items()}
    return ArtifactGraph([artifact(name) for name in contents], known, "config")


def test_another_version_for_its_arch_is_a_change() -> None:
    found = changed_in(graph(tree=(package("bash"),), other=(package("nano"),)), [package("bash", "2")])
    assert {name: [str(each) for each in changes] for name, changes in found.items()} == {"tree": ["bash 1-1 → 2-1"]}


def test_the_same_version_and_another_arch_are_no_change() -> None:
    known = graph(tree=(package("bash"),))
    assert not changed_in(known, [package("bash")])
    assert not changed_in(known, [package("bash", "2", "i686")])


def test_a_package_that_becomes_noarch_or_stops_being_it_counts() -> None:
    assert changed_in(graph(tree=(package("bash"),)), [package("bash", "2", "noarch")])
    assert changed_in(graph(tree=(package("bash", arch="noarch"),)), [package("bash", "2")])


def test_of_two_builds_of_a_package_in_one_push_the_newest_counts_in_whatever_order_they_come() -> None:
    both = [package("bash", "1"), package("bash", "2")]
    for order in (both, both[::-1]):
        found = changed_in(graph(tree=(package("bash"),)), order)
        assert [str(each) for each in found.get("tree", ())] == ["bash 1-1 → 2-1"]


def test_an_unknown_package_reaches_nothing() -> None:
    assert not changed_in(graph(tree=(package("bash"),)), [package("never-heard-of")])


NAMES = st.sampled_from(["bash", "glibc", "nano", "zsh"])
PACKAGES = st.lists(st.builds(package, NAMES, st.sampled_from("12")), unique_by=lambda each: each.name)


@given(PACKAGES, PACKAGES)
def test_the_index_finds_what_comparing_every_package_finds(inside: list[Package], changed: list[Package]) -> None:
    plain = {
        each.name for each in inside for other in changed if each.name == other.name and each.version != other.version
    }
    found = changed_in(graph(tree=tuple(inside)), changed)
    assert {change.name for change in found.get("tree", ())} == plain


def test_edges_say_what_kind_they_are_and_who_told_us() -> None:
    tree = artifact("tree", "repo")
    known = ArtifactGraph([tree], {"tree": Contents((package("bash"),), "commit 0f3a")}, "config/artifacts")
    edges = list(known.edges_into(tree, sources={"bash": "bash-src"}))
    assert [(each.kind, each.start, each.end, each.learned_from) for each in edges] == [
        (EdgeKind.BUILDS, "bash-src", "bash", "Koji"),
        (EdgeKind.INCLUDES, "bash", "tree", "commit 0f3a"),
        (EdgeKind.MADE_FROM, "repo", "tree", "config/artifacts"),
    ]
