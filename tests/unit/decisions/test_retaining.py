"""What does a garbage collection keep, and why?"""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from relengotron.decisions.retaining import RepoFacts, Rule, retain, rule_for
from relengotron.model.tree_history import TreeCommit, history

NOW = datetime(2016, 11, 1, tzinfo=UTC)
GRACE = timedelta(days=14)


def chain(*names: str, days: int = 10) -> dict[str, TreeCommit]:
    """Commits on top of each other, the newest first, each so many days older than the next."""
    return {
        name: TreeCommit(name, parent, NOW - timedelta(days=days * age), NOW - timedelta(days=days * age))
        for age, (name, parent) in enumerate(zip(names, [*names[1:], None], strict=True), start=1)
    }


def facts(
    commits: dict[str, TreeCommit],
    refs: dict[str, str] | None = None,
    tags: dict[str, str] | None = None,
    deployed: frozenset[str] = frozenset(),
) -> RepoFacts:
    return RepoFacts(commits, refs or {}, tags or {}, deployed)


def gone(found: RepoFacts, *rules: Rule) -> list[str]:
    return [each.commit for each in retain(found, rules, GRACE, NOW).gone]


def test_a_ref_that_no_rule_names_keeps_its_whole_history() -> None:
    assert gone(facts(chain("c", "b", "a"), {"stable": "c"}), Rule("testing", 0, None)) == []


def test_depth_counts_from_below_the_head() -> None:
    assert gone(facts(chain("d", "c", "b", "a"), {"stable": "d"}), Rule("stable", 1, None)) == ["a", "b"]


def test_what_is_young_enough_is_kept_below_that_depth() -> None:
    commits = chain("d", "c", "b", "a")
    assert gone(facts(commits, {"stable": "d"}), Rule("stable", 0, timedelta(days=30))) == ["a"]


def test_tags_and_machines_keep_what_the_rules_would_not() -> None:
    found = facts(chain("d", "c", "b", "a"), {"stable": "d"}, {"v1": "a"}, frozenset({"b", "elsewhere"}))
    retained = retain(found, [Rule("*", 0, None)], GRACE, NOW)
    assert [each.commit for each in retained.gone] == ["c"]
    assert retained.kept["a"] == ("tag v1",)
    assert retained.kept["b"] == ("a machine runs it",)
    assert "elsewhere" not in retained.kept


def test_what_is_on_no_ref_is_kept_while_it_is_new_here_however_old_it_is() -> None:
    old = TreeCommit("pulled", None, NOW - timedelta(days=900), NOW - timedelta(days=1))
    lost = TreeCommit("lost", None, NOW - timedelta(days=900), NOW - timedelta(days=15))
    assert gone(facts({"pulled": old, "lost": lost})) == ["lost"]


def test_the_first_rule_that_fits_counts() -> None:
    rules = [Rule("f/*/testing", 0, None), Rule("f/*", 9, None)]
    assert rule_for("f/24/testing", rules) is rules[0]
    assert rule_for("f/24/updates", rules) is rules[1]
    assert rule_for("other", rules) is None


def test_a_ring_of_parents_comes_to_an_end() -> None:
    ring = {name: TreeCommit(name, parent, NOW, NOW) for name, parent in (("a", "b"), ("b", "a"))}
    assert [each.commit for each in history(ring, "a")] == ["a", "b"]


@given(
    st.dictionaries(st.sampled_from("rst"), st.sampled_from("abcdef"), max_size=3),
    st.dictionaries(st.sampled_from("xy"), st.sampled_from("abcdef"), max_size=2),
    st.frozensets(st.sampled_from("abcdef"), max_size=2),
    st.integers(0, 6),
)
def test_no_ref_tag_or_machine_ever_loses_what_it_points_to(
    refs: dict[str, str], tags: dict[str, str], deployed: frozenset[str], depth: int
) -> None:
    found = facts(chain(*"fedcba"), refs, tags, deployed)
    retained = retain(found, [Rule("*", depth, None)], timedelta(0), NOW)
    left = {each.commit for each in retained.gone}
    assert not left & {*refs.values(), *tags.values(), *deployed}
    assert left | retained.kept.keys() == set("abcdef")
    deeper = retain(found, [Rule("*", depth + 1, None)], timedelta(0), NOW)
    assert {each.commit for each in deeper.gone} <= left
