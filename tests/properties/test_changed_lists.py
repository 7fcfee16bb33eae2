"""A list changed where the tree has changed is the list that a look at the whole tree gives, whatever changed."""

from hypothesis import given, settings
from hypothesis import strategies as st

from relengotron.systems.filelists.listing import Row, can_be_listed
from relengotron.systems.filelists.merging import in_order, merged

NAMES = st.sampled_from(["a", "b", "a.b", "a-b", "z", "é", "a b"])
PATHS = st.lists(NAMES, min_size=1, max_size=3).map("/".join)
TREES = st.dictionaries(PATHS, st.integers(0, 3), max_size=12)


def rows(tree: dict[str, int]) -> list[Row]:
    return in_order(Row.of(path, "f", 1, size) for path, size in tree.items())


@settings(deadline=None)
@given(TREES, TREES, st.sets(PATHS, max_size=2))
def test_a_changed_list_is_the_list_of_the_changed_tree(
    before: dict[str, int], now: dict[str, int], anew: set[str]
) -> None:
    folders = tuple(f"{folder}/" for folder in anew)
    differing = {path for path in before.keys() | now.keys() if before.get(path) != now.get(path)}
    touched = differing | {path for path in now if path.startswith(folders)}
    by_path = {row.path: row for row in rows(now)}

    found = list(merged(rows(before), {path: by_path.get(path) for path in touched}, folders))

    assert found == rows(now)
    assert [Row.read(row.line) for row in found] == found


@given(st.text())
def test_a_name_that_can_be_listed_makes_one_row_of_four_columns(name: str) -> None:
    if not can_be_listed(name) or not name:
        return
    line = Row.of(name, "f", 1, 2).line
    assert line.count("\n") == 1
    assert line.count("\t") == 3
    assert len(line.splitlines()) == 1
    assert Row.read(line).path == name
