"""Is a tree shown as it is, committed again, or left alone?"""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from relengotron.decisions.promoting import Tree, Way, how_to_promote

THEN = datetime(2016, 11, 1, tzinfo=UTC)
SHOWN = Tree("a" * 64, None, THEN, "old files", None)
NEW = Tree("b" * 64, SHOWN.commit, THEN + timedelta(days=1), "new files", None)


def test_a_newer_tree_on_top_of_what_is_shown_is_shown_as_it_is() -> None:
    assert how_to_promote(NEW, SHOWN, "stable").way is Way.MOVE
    assert how_to_promote(replace(NEW, bindings=("stable",)), SHOWN, "stable").way is Way.MOVE


def test_a_new_ref_shows_the_tree_as_it_is() -> None:
    assert how_to_promote(NEW, None, "stable").way is Way.MOVE


def test_equal_files_are_not_promoted_again() -> None:
    assert how_to_promote(replace(NEW, content=SHOWN.content), SHOWN, "stable").way is Way.NOTHING


@pytest.mark.parametrize(
    ("new", "why"),
    [
        (replace(NEW, bindings=("testing",)), "bound to testing"),
        (replace(NEW, bindings=()), "bound to nothing"),
        (replace(NEW, parent="c" * 64), "not made on top"),
        (replace(NEW, made_at=THEN), "not newer"),
    ],
)
def test_what_clients_would_refuse_is_committed_again(new: Tree, why: str) -> None:
    answer = how_to_promote(new, SHOWN, "stable")
    assert answer.way is Way.COMMIT_AGAIN
    assert why in answer.reason
    assert answer.is_older == (new.made_at == THEN)
    assert answer.bound is False


def test_a_ref_of_bound_commits_gets_a_bound_one() -> None:
    shown = replace(SHOWN, bindings=("stable",))
    assert how_to_promote(replace(NEW, parent=None), shown, "stable").bound
    assert how_to_promote(replace(NEW, bindings=("testing",)), None, "stable").bound
