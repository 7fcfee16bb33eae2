"""Which builds go together or not at all?"""

from hypothesis import given
from hypothesis import strategies as st

from relengotron.decisions.connecting import connections
from relengotron.model.closure import Break

PACKAGES = {"libfoo-2-1": "libfoo", "app-2-1": "app", "tool-2-1": "tool", "other-1-1": "other"}
BREAKS_APP = Break("app-1-1.x86_64", "app", "libfoo.so.1", "x86_64", False)
NEEDS_NEW = Break("app-2-1.x86_64", "app", "libfoo.so.2", "x86_64", True)


def test_who_breaks_something_goes_with_its_new_build() -> None:
    assert connections({"libfoo-2-1": [BREAKS_APP]}, PACKAGES, {}) == (("app-2-1", "libfoo-2-1"),)


def test_who_needs_something_goes_with_who_provides_it() -> None:
    offered = {"libfoo.so.2": {"libfoo-2-1"}}

    assert connections({"app-2-1": [NEEDS_NEW]}, PACKAGES, offered) == (("app-2-1", "libfoo-2-1"),)


def test_what_breaks_nothing_belongs_to_nobody() -> None:
    assert connections({}, PACKAGES, {"libfoo.so.2": {"libfoo-2-1"}}) == ()


def test_what_nobody_here_mends_joins_nobody() -> None:
    elsewhere = Break("far-1-1.x86_64", "far", "libfoo.so.1", "x86_64", False)

    assert connections({"libfoo-2-1": [elsewhere]}, PACKAGES, {"libfoo.so.1": {"unknown-1-1"}}) == ()


def test_whoever_is_joined_by_a_third_is_one_group() -> None:
    breaks_tool = Break("tool-1-1.x86_64", "tool", "libfoo.so.1", "x86_64", False)

    found = connections({"libfoo-2-1": [BREAKS_APP, breaks_tool], "app-2-1": [NEEDS_NEW]}, PACKAGES, {})

    assert found == (("app-2-1", "libfoo-2-1", "tool-2-1"),)


nvrs = st.sampled_from(sorted(PACKAGES))
breaks = st.builds(
    Break, st.just("p-1-1.noarch"), st.sampled_from(sorted(PACKAGES.values())), st.sampled_from("ab"), st.just("x"),
    st.booleans(),
)  # fmt: skip


@given(
    st.dictionaries(nvrs, st.lists(breaks, max_size=3)),
    st.dictionaries(st.sampled_from("ab"), st.frozensets(nvrs, max_size=2)),
    st.permutations(sorted(PACKAGES)),
)
def test_groups_share_no_build_and_the_order_of_facts_means_nothing(
    alone: dict[str, list[Break]], offered: dict[str, frozenset[str]], order: list[str]
) -> None:
    found = connections(alone, PACKAGES, offered)
    members = [nvr for group in found for nvr in group]

    assert len(members) == len(set(members))
    assert all(len(group) > 1 for group in found)
    assert connections(alone, {nvr: PACKAGES[nvr] for nvr in order}, offered) == found
