"""What changes between two sets of packages?"""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relengotron.errors import MalformedInput
from relengotron.model.difference import ChangeKind, compare, differences
from relengotron.model.package import Package


def package(name: str, evr: str, arch: str = "x86_64") -> Package:
    return Package.of(name, evr, arch)


@pytest.mark.parametrize(
    ("older", "newer"),
    [("1-1", "1-2"), ("1.9-1", "1.10-1"), ("9-9", "1:0-1"), ("1~rc1-1", "1-1"), ("1-1", "1^git1-1"), ("1a-1", "1.1-1")],
)
def test_versions_are_compared_as_rpm_does(older: str, newer: str) -> None:
    assert compare(older, newer) < 0 < compare(newer, older)
    assert compare(older, older) == 0


def test_each_kind_of_change_is_told() -> None:
    before = [package("a", "1-1"), package("b", "1-1"), package("c", "2-1")]
    after = [package("a", "2-1"), package("c", "1-1"), package("d", "1:1-1")]
    found = differences(before, after)
    assert [(each.name, each.kind) for each in found] == [
        ("a", ChangeKind.UPGRADED),
        ("b", ChangeKind.REMOVED),
        ("c", ChangeKind.DOWNGRADED),
        ("d", ChangeKind.ADDED),
    ]
    assert [str(each) for each in found] == ["a 1-1 → 2-1", "b 1-1 removed", "c 2-1 → 1-1", "d 1:1-1 added"]


def test_several_versions_of_one_package_are_told_apart() -> None:
    found = differences(
        [package("kernel", "1-1"), package("kernel", "2-1")], [package("kernel", "2-1"), package("kernel", "3-1")]
    )
    assert [(each.before, each.after) for each in found] == [("1-1", "3-1")]


EVRS = st.builds("{}-{}".format, st.sampled_from(["1", "2", "1.10"]), st.sampled_from(["1", "2"]))
SETS = st.frozensets(st.builds(package, st.sampled_from("abc"), EVRS))


@given(SETS, SETS)
def test_a_difference_is_nothing_when_and_only_when_both_sides_are_equal(
    one: frozenset[Package], two: frozenset[Package]
) -> None:
    assert bool(differences(one, two)) == (one != two)


@pytest.mark.parametrize("text", ["", "1", "-1", "1-", ":"])
def test_what_is_no_version_is_refused(text: str) -> None:
    with pytest.raises(MalformedInput):
        Package.of("bash", text, "x86_64")
