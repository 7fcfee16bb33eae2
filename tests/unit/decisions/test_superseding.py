"""Is the newest build of a package found, whoever says in which order?"""

from random import Random

from hypothesis import given
from hypothesis import strategies as st

from relengotron.decisions.superseding import Contender, is_newer, superseded

OLD = Contender("bash-4.3-9.fc25", "bash", "0", 1)
NEW = Contender("bash-4.3-10.fc25", "bash", "0", 2)
VERSIONS = st.sampled_from(["1", "1.0", "1.00", "1.10", "1.9", "2~rc1", "2"])
CONTENDERS = st.lists(
    st.builds(
        lambda version, release, epoch, place: Contender(f"bash-{version}-{release}", "bash", epoch, place),
        VERSIONS,
        st.sampled_from(["1", "2.fc25", "10.fc25"]),
        st.sampled_from(["0", "1"]),
        st.integers(1, 9),
    ),
    max_size=8,
    unique_by=lambda each: each.nvr,
)


def test_a_higher_release_supersedes_a_lower_one_in_the_order_of_rpm() -> None:
    assert superseded([NEW, OLD]) == {OLD.nvr: NEW.nvr}


def test_an_epoch_counts_before_everything_else() -> None:
    epoch = Contender("bash-1-1", "bash", "1")
    assert superseded([NEW, epoch, OLD]) == {NEW.nvr: epoch.nvr, OLD.nvr: epoch.nvr}


def test_a_pre_release_is_older_than_the_release() -> None:
    assert is_newer(Contender("bash-2-1", "bash", "0"), Contender("bash-2~rc1-5", "bash", "0"))


def test_of_two_alike_the_one_that_was_tagged_later_counts() -> None:
    first, second = Contender("bash-1.0-1", "bash", "0", 7), Contender("bash-1.00-1", "bash", "0", 8)
    assert superseded([second, first]) == {first.nvr: second.nvr}


def test_an_older_build_that_was_tagged_later_is_superseded_all_the_same() -> None:
    assert superseded([NEW, Contender(OLD.nvr, "bash", "0", 99)]) == {OLD.nvr: NEW.nvr}


def test_builds_of_other_packages_supersede_nothing() -> None:
    assert superseded([NEW, Contender("nano-9-9", "nano", "0")]) == {}


@given(CONTENDERS, st.randoms())
def test_one_of_a_package_is_left_whatever_their_order(builds: list[Contender], dice: Random) -> None:
    found = superseded(builds)
    assert len(found) == max(0, len(builds) - 1)
    assert len(set(found.values())) <= 1
    shuffled = list(builds)
    dice.shuffle(shuffled)
    assert superseded(shuffled) == found
    for each in builds:
        assert not (
            each.nvr in found and any(is_newer(each, other) for other in builds if other.nvr == found[each.nvr])
        )
