"""New, still old, or a lie: what is said of every file, and of all of them together."""

import random
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from relengotron.decisions.reading_back import Read, judge

NEW, OLD, OTHER = "1" * 64, "0" * 64, "f" * 64
REPOMD, ASC, RPM = "repo/repodata/repomd.xml", "repo/repodata/repomd.xml.asc", "repo/bash.rpm"

contents = st.sampled_from([NEW, OLD, OTHER, None])
reads = st.lists(
    st.builds(
        Read,
        path=st.sampled_from([REPOMD, ASC, RPM, "other/nano.rpm"]),
        new=st.just(NEW),
        old=st.sampled_from([OLD, NEW, None]),
        read=contents,
        status=st.sampled_from([200, 403, 404, 410, 503]),
        size=st.integers(0, 9),
        start=st.sampled_from(["repo/", None]),
    ),
    unique_by=lambda each: each.path,
)


def a_read(path: str, read: str | None, *, old: str | None = OLD, status: int = 200) -> Read:
    start = "repo/" if path in (REPOMD, ASC) else None
    return Read(path, NEW, old, read, status if read is None else 200, 7, start)


def test_what_is_new_everywhere_is_seen() -> None:
    looked = judge([a_read(REPOMD, NEW), a_read(RPM, NEW, old=None)])
    assert (looked.seen, looked.missing, looked.lies) == ((REPOMD, RPM), (), ())


def test_what_is_old_everywhere_is_late_and_no_lie() -> None:
    looked = judge([a_read(REPOMD, OLD), a_read(ASC, OLD), a_read(RPM, None, old=None, status=404)])
    assert not looked.lies
    assert looked.missing == (
        f"{REPOMD}: still the content of before",
        f"{ASC}: still the content of before",
        f"{RPM}: HTTP 404",
    )


def test_what_is_neither_new_nor_old_is_a_lie_with_what_was_expected_and_what_was_read() -> None:
    (lie,) = judge([a_read(REPOMD, OLD), a_read(RPM, OTHER)]).lies
    assert lie == f"{RPM}: expected SHA-256 {NEW[:12]}, read {OTHER[:12]} (7 bytes), which is neither new nor old"


def test_new_metadata_that_lead_to_what_is_not_there_are_a_lie() -> None:
    assert judge([a_read(REPOMD, NEW), a_read(RPM, None, old=None, status=404)]).lies == (
        f"{RPM}: not there, although {REPOMD} is new and leads to it",
    )


def test_an_old_signature_beside_new_metadata_is_a_lie() -> None:
    assert judge([a_read(REPOMD, NEW), a_read(ASC, OLD)]).lies == (
        f"{ASC}: old content, although {REPOMD} is new and leads to it",
    )


def test_metadata_that_did_not_change_say_nothing_about_what_is_new() -> None:
    assert not judge([a_read(REPOMD, NEW, old=NEW), a_read(RPM, None, old=None, status=404)]).lies


def test_new_metadata_say_nothing_about_a_repo_of_its_own_below_them() -> None:
    below = "repo/debug/repodata/repomd.xml"
    late = Read(below, NEW, OLD, OLD, 200, 7, "repo/debug/")
    package = a_read("repo/debug/bash-debuginfo.rpm", None, old=None, status=404)
    looked = judge([a_read(REPOMD, NEW), late, package])
    assert (looked.seen, looked.lies) == ((REPOMD,), ())
    assert judge([a_read(REPOMD, OLD), replace(late, read=NEW), package]).lies == (
        f"{package.path}: not there, although {below} is new and leads to it",
    )


def test_one_answer_to_different_questions_is_an_error_page_and_says_nothing_about_the_bits() -> None:
    looked = judge([a_read(REPOMD, OTHER), replace(a_read(RPM, OTHER), new="2" * 64)])
    assert not looked.lies
    assert looked.missing[0] == (
        f"{REPOMD}: HTTP 200 with what comes for other paths too ({OTHER[:12]}, 7 bytes): an error page, it seems"
    )


def test_files_that_are_all_empty_are_a_lie() -> None:
    reads = [replace(a_read(path, OTHER), new=new, size=0) for path, new in ((REPOMD, NEW), (RPM, "2" * 64))]
    assert len(judge(reads).lies) == 2


def test_one_wrong_content_where_one_was_wanted_twice_is_a_lie() -> None:
    assert len(judge([a_read(RPM, OTHER), a_read("repo/again/bash.rpm", OTHER)]).lies) == 2


def test_a_server_in_trouble_says_nothing_about_the_bits() -> None:
    assert not judge([a_read(REPOMD, NEW), a_read(RPM, None, status=503)]).lies


@given(reads)
def test_every_file_is_seen_or_missing_and_a_lie_is_always_missing(found: list[Read]) -> None:
    looked = judge(found)
    assert len(looked.seen) + len(looked.missing) == len(found)
    assert set(looked.lies) <= set(looked.missing)


@given(reads, st.randoms())
def test_the_order_in_which_files_were_read_changes_nothing(found: list[Read], chance: random.Random) -> None:
    shuffled = list(found)
    chance.shuffle(shuffled)
    one, other = judge(found), judge(shuffled)
    assert (set(one.seen), len(one.lies)) == (set(other.seen), len(other.lies))


@given(reads)
def test_what_is_as_published_or_cannot_be_read_is_never_a_lie(found: list[Read]) -> None:
    harmless = [each for each in found if each.read == NEW or (each.read is None and each.status in (403, 503))]
    assert not judge(harmless).lies
