"""Who may speak on which topic?"""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relengotron.errors import SettingsError, Untrusted
from relengotron.systems.bus.guard import AnybodysWord
from relengotron.systems.bus.senders import Senders, row_of, rows_for_nothing

ROWS = {
    "bodhi.*": ["bodhi"],
    "bodhi.masher.start": ["releng"],
    "bodhi.update.*": ["bodhi", "web"],
    "bodhi.update.request.*": [],
    "buildsys.tag": ["koji"],
}


@pytest.mark.parametrize(
    ("suffix", "names"),
    [
        ("bodhi.masher.start", ["releng"]),
        ("bodhi.masher.start.again", ["bodhi"]),
        ("bodhi.composer.start", ["bodhi"]),
        ("bodhi.update.edit", ["bodhi", "web"]),
        ("bodhi.update.request.stable", []),
        ("bodhi.update", ["bodhi"]),
        ("bodhi", None),
        ("bodhi2.update", None),
        ("buildsys.tag", ["koji"]),
        ("buildsys.tag.more", None),
        ("buildsys.untag", None),
        ("", None),
    ],
)
def test_the_longest_row_that_fits_counts_and_it_alone(suffix: str, names: list[str] | None) -> None:
    assert row_of(ROWS, suffix) == names


@pytest.mark.parametrize(
    ("name", "topic"),
    [
        ("bodhi", "org.x.prod.bodhi.masher.start"),
        ("bodhi", "org.x.prod.bodhi.update.request.stable"),
        ("koji", "org.x.stg.buildsys.tag"),
        ("koji", "buildsys.tag"),
        ("koji", "org.x.prod."),
        ("koji", None),
        ("koji", ["org.x.prod.buildsys.tag"]),
        ("", "org.x.prod.buildsys.tag"),
        ("*", "org.x.prod.bodhi.update.edit"),
    ],
)
def test_who_is_not_named_may_not_speak(name: str, topic: object) -> None:
    with pytest.raises(Untrusted) as refused:
        Senders("org.x.prod.", ROWS).refuse_others(name, topic)
    assert (refused.value.kind, refused.value.sender) == ("unauthorised", name)


def test_what_no_row_names_is_refused_as_such_and_kept_as_a_sample_only() -> None:
    with pytest.raises(Untrusted, match=r"has no entry for .*: nobody may send it") as refused:
        Senders("org.x.prod.", ROWS).refuse_others("koji", "org.x.prod.buildsys.untag")
    assert (refused.value.kind, refused.value.sender, refused.value.may_be_genuine) == ("not heard", "koji", False)


def test_who_is_named_may_speak_unless_fedmsgs_own_table_forbids_it() -> None:
    topic = "org.x.prod.buildsys.tag"
    Senders("org.x.prod.", ROWS).refuse_others("koji", topic)
    Senders("org.x.prod.", ROWS, {topic: ["koji"]}, True).refuse_others("koji", topic)
    for policy, is_nitpicky in [({topic: ["other"]}, False), ({}, True)]:
        with pytest.raises(Untrusted, match="routing_policy"):
            Senders("org.x.prod.", ROWS, policy, is_nitpicky).refuse_others("koji", topic)


WORDS = st.lists(st.sampled_from(["bodhi", "update", "request", "masher", "start", "buildsys", "tag", "*"]), max_size=5)


@given(WORDS)
def test_a_topic_without_a_row_is_open_to_nobody(words: list[str]) -> None:
    suffix = ".".join(words)
    if row_of(ROWS, suffix) is None:
        for name in ("bodhi", "releng", "web", "koji"):
            with pytest.raises(Untrusted):
                Senders("org.x.prod.", ROWS).refuse_others(name, f"org.x.prod.{suffix}")


def test_a_row_that_fits_nothing_is_found() -> None:
    heard = ["bodhi.masher.start", "bodhi.update.edit", "buildsys.tag"]
    assert rows_for_nothing(ROWS, heard) == ["bodhi.update.request.*"]


def test_anybodys_word_is_good_only_in_a_lab() -> None:
    assert AnybodysWord(is_lab=True).sender_of({"topic": "x"}) is None
    with pytest.raises(SettingsError, match="may do without"):
        AnybodysWord(is_lab=False)


def test_the_monitor_of_upstream_speaks_under_its_own_prefix_and_under_no_other() -> None:
    table = Senders("org.x.prod.", ROWS | {"anitya.*": ["anitya"]})
    table.refuse_others("anitya", "org.release-monitoring.prod.anitya.project.version.update")
    for topic in ("org.x.prod.anitya.project.version.update", "org.release-monitoring.stg.anitya.project.add"):
        with pytest.raises(Untrusted, match="not one of our bus"):
            table.refuse_others("anitya", topic)


def test_nobody_speaks_for_others_under_the_prefix_of_the_monitor() -> None:
    with pytest.raises(Untrusted, match="not one of our bus"):
        Senders("org.x.prod.", ROWS).refuse_others("releng", "org.release-monitoring.prod.bodhi.masher.start")
