"""What a stanza of a package index becomes in the words of RPM."""

import pytest

from bench.universe import translation
from bench.universe.packages import Evr, Relation
from relengotron.errors import MalformedInput
from relengotron.model.difference import compare

STANZA = {"Package": "bash", "Version": "5.2-1", "Architecture": "amd64", "SHA256": "0" * 64, "Size": "1"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("5.2.15-2", Evr("0", "5.2.15", "2")),
        ("1:2.38.1-5+deb12u3", Evr("1", "2.38.1", "5^deb12u3")),
        ("12.4", Evr("0", "12.4", "0")),
        ("12-20211113-2~", Evr("0", "12^20211113", "2~")),
        ("7.3.5+~7.3.9-2", Evr("0", "7.3.5^~7.3.9", "2")),
        ("2.17-2~deb12u1.~", Evr("0", "2.17", "2~deb12u1.0~")),
        ("1:2.39.5-.", Evr("1", "2.39.5", "999999999")),
    ],
)
def test_a_version_of_the_index_becomes_epoch_version_and_release(text: str, expected: Evr) -> None:
    assert translation.evr(text) == expected


@pytest.mark.parametrize(
    ("older", "newer"),
    [
        ("1.2~rc1-1", "1.2-1"),
        ("1.2-1", "1.2+ds-1"),
        ("1.2+ds-1", "1.2.1-1"),
        ("12-20211113-2~", "12.2.0-14"),
        ("7.3.5-1", "7.3.5+~7.3.9-2"),
        ("2.17-2~deb12u1", "2.17-2~deb12u1.~"),
        ("1:2.39.5-0+deb12u3", "1:2.39.5-."),
        ("9.9-9", "1:0.1-1"),
        ("1.2", "1.2-1"),
    ],
)
def test_what_is_newer_in_the_index_is_newer_for_rpm(older: str, newer: str) -> None:
    assert compare(str(translation.evr(older)), str(translation.evr(newer))) < 0


def test_alternatives_stay_together_and_architectures_fall_away() -> None:
    depends = "libc6 (>= 2.34), fonts-a | fonts-b (<< 2:1.0-1), python3:any, fonts-a | fonts-a"
    found = translation.binary({**STANZA, "Depends": depends, "Pre-Depends": "dpkg (>= 1.15.6~)"})
    assert found.requires == (
        (Relation("dpkg", "GE", Evr("0", "1.15.6~", "0")),),
        (Relation("libc6", "GE", Evr("0", "2.34", "0")),),
        (Relation("fonts-a"), Relation("fonts-b", "LT", Evr("2", "1.0", "1"))),
        (Relation("python3"),),
        (Relation("fonts-a"),),
    )


def test_provides_keep_their_version_and_a_source_its_name() -> None:
    found = translation.binary({**STANZA, "Provides": "sh, shell (= 1:5-1)", "Source": "gnu-bash (5.1-1)"})
    assert found.provides == (Relation("sh"), Relation("shell", "EQ", Evr("1", "5", "1")))
    assert found.source == "gnu-bash"
    assert translation.binary(STANZA).source == "bash"


def test_a_conflict_with_a_version_does_not_mean_who_provides_the_name_without_one() -> None:
    stanza = {**STANZA, "Conflicts": "mta", "Breaks": "mta (<< 2), other (<< 2)"}
    found = translation.binary(stanza, frozenset({"mta"}))
    assert found.conflicts == (Relation("mta"), Relation("other", "LT", Evr("0", "2", "0")))


@pytest.mark.parametrize(
    "broken",
    [
        {"Package": ""},
        {"Package": "../../etc/passwd"},
        {"Package": "a" * 300},
        {"Package": "(a or b)"},
        {"Version": ""},
        {"Version": "1.2 && reboot"},
        {"Version": "x:1"},
        {"Version": "1\n2"},
        {"SHA256": "short"},
        {"Size": "-1"},
        {"Size": "9" * 40},
        {"Source": "a b"},
        {"Depends": "a (>= 1"},
        {"Depends": "a (~ 1)"},
        {"Depends": "a |"},
        {"Depends": "a\x00b"},
        {"Provides": "<rpm:entry/>"},
        {"Conflicts": "a (=)"},
    ],
)
def test_a_stanza_that_says_something_else_is_malformed(broken: dict[str, str]) -> None:
    with pytest.raises(MalformedInput):
        translation.binary({**STANZA, **broken})
    with pytest.raises(MalformedInput):
        translation.binary({})
