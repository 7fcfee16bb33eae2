"""Under which full topics do messages come?"""

import pytest

from relengotron.messages.incoming import PARSERS
from relengotron.messages.subscribing import beginning_of, beginnings, full_topics, suffix_of

OURS = "org.example.stg."
MONITOR = "org.release-monitoring.stg."


def test_the_monitor_of_upstream_has_a_prefix_of_its_own_in_the_same_environment() -> None:
    assert beginning_of("anitya.project.version.update", OURS) == MONITOR
    assert beginning_of("buildsys.tag", OURS) == OURS
    assert beginnings(OURS) == (OURS, MONITOR)


def test_every_topic_is_named_in_full_and_known_again() -> None:
    topics = full_topics(OURS)
    assert [suffix_of(topic, OURS) for topic in topics] == [topic.partition(".stg.")[2] for topic in topics]
    assert len(topics) == len(PARSERS)


@pytest.mark.parametrize(
    "topic",
    [
        OURS + "anitya.project.version.update",
        MONITOR + "buildsys.tag",
        MONITOR,
        OURS,
        "org.example.prod.buildsys.tag",
        "buildsys.tag",
        "",
    ],
)
def test_a_topic_under_a_beginning_that_is_not_its_senders_is_none_of_ours(topic: str) -> None:
    assert suffix_of(topic, OURS) is None
