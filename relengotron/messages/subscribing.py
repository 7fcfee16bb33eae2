"""Under which full topics do messages come that we act on?"""

from typing import Final

from relengotron.messages.incoming import PARSERS

FOREIGN: Final = {"anitya": "org.release-monitoring"}
"""Who speaks under a prefix of its own: the monitor of upstream projects serves more than one distribution."""


def full_topics(ours: str) -> list[str]:
    """Every topic that we listen to; ``ours`` is the beginning of our bus, such as org.fedoraproject.prod. with dot."""
    return sorted(beginning_of(suffix, ours) + suffix for suffix in PARSERS)


def beginning_of(suffix: str, ours: str) -> str:
    """What stands before a topic: the beginning of our bus, or the sender's own in the same environment."""
    foreign = FOREIGN.get(suffix.partition(".")[0])
    return ours if foreign is None else _under(foreign, ours)


def beginnings(ours: str) -> tuple[str, ...]:
    """Everything that may stand before a topic of our bus."""
    return ours, *(_under(foreign, ours) for foreign in FOREIGN.values())


def suffix_of(topic: str, ours: str) -> str | None:
    """What a topic is called after prefix and environment; None when its sender speaks under another beginning."""
    for beginning in beginnings(ours):
        suffix = topic.removeprefix(beginning)
        if suffix not in ("", topic) and beginning == beginning_of(suffix, ours):
            return suffix
    return None


def _under(foreign: str, ours: str) -> str:
    environment = ours.rstrip(".").rpartition(".")[2]
    return f"{foreign}.{environment}."
