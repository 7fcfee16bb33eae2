"""When do people let a build through?"""

from datetime import UTC, datetime

import pytest

from relengotron.decisions import passing
from relengotron.model.gated import Pass

NOON = datetime(2016, 6, 1, 12, tzinfo=UTC)


def passes(*who: str) -> list[Pass]:
    return [Pass("rawhide", "bash-1-1", each, "so", NOON) for each in who]


@pytest.mark.parametrize(
    ("who", "needed"),
    [
        ((), 2),
        (("alice",), 1),
        (("alice", "alice"), 1),
        (("alice", "Alice", "root, by sudo from alice"), 1),
        (("alice", "bob"), 0),
        (("root, by sudo from alice", "root, by sudo from bob"), 0),
        (("alice", "bob", "carol"), 0),
    ],
)
def test_it_takes_two_different_people_whatever_accounts_they_use(who: tuple[str, ...], needed: int) -> None:
    assert passing.still_needed(passes(*who)) == needed
    assert passing.is_let_through(passes(*who)) is (needed == 0)


def test_one_person_more_never_shuts_what_two_have_opened() -> None:
    assert all(passing.is_let_through(passes("alice", "bob", *more)) for more in ((), ("alice",), ("carol", "dan")))
