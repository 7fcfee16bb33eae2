"""Does a build bring a version that was found upstream?"""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relengotron.decisions.upstream import is_the_same, news_of
from relengotron.model.gated import Upstream

SEEN = datetime(2016, 6, 16, 8, 15, tzinfo=UTC)
PAGE = "https://release-monitoring.org/project/166/"
NEW = Upstream("bash", "4.3.46", SEEN, "4.3.45", PAGE, None)


def sentence(version: str, before: str | None, *seen: Upstream, package: str = "bash") -> str | None:
    news = news_of(package, version, before, seen)
    return None if news is None else news.sentence


def test_an_update_is_told_from_what_the_target_has_to_what_was_found() -> None:
    assert sentence("4.3.46", "4.3.42", NEW) == "update of bash from 4.3.42 to 4.3.46, found upstream on 2016-06-16"


def test_where_the_target_is_not_known_what_upstream_had_before_stands_for_it() -> None:
    assert sentence("4.3.46", None, NEW) == "update of bash from 4.3.45 to 4.3.46, found upstream on 2016-06-16"


def test_a_first_version_has_nothing_before_it() -> None:
    first = Upstream("guake", "0.5.0", SEEN)
    assert sentence("0.5.0", None, first, package="guake") == "update of guake to 0.5.0, found upstream on 2016-06-16"


@pytest.mark.parametrize(
    ("version", "before", "package"),
    [("4.3.45", "4.3.42", "bash"), ("4.3.46", "4.3.46", "bash"), ("4.3.46", "4.3.42", "zsh")],
    ids=["another version", "the same version built anew", "another package"],
)
def test_other_builds_bring_no_news(version: str, before: str, package: str) -> None:
    assert news_of(package, version, before, [NEW]) is None


def test_the_first_to_see_it_says_when_and_who_filed_a_bug_says_which() -> None:
    tried = Upstream("bash", "4.3.46", SEEN + timedelta(hours=1), bug=1346997)
    news = news_of("bash", "4.3.46", "4.3.42", [tried, NEW])
    assert news is not None
    assert (news.found_at, news.url, news.bug) == (SEEN, PAGE, 1346997)


@pytest.mark.parametrize(
    ("one", "other"), [("v1.9", "1.9"), ("1.0.0b1", "1.0.0~b1"), ("3.8.7.1-r1", "3.8.7.1_r1"), ("0.07", "0.7")]
)
def test_people_write_the_same_version_in_more_than_one_way(one: str, other: str) -> None:
    assert is_the_same(one, other)


@pytest.mark.parametrize(("one", "other"), [("1.11", "11.1"), ("1.1", "1.1.0"), ("2", "v"), ("1.9a", "1.9")])
def test_versions_that_only_look_alike_are_not_the_same(one: str, other: str) -> None:
    assert not is_the_same(one, other)


@given(st.text(max_size=30), st.text(max_size=30))
def test_any_two_texts_can_be_compared_and_each_is_the_same_as_itself(one: str, other: str) -> None:
    assert is_the_same(one, one)
    assert is_the_same(one, other) == is_the_same(other, one)
