"""Which certificate may speak on which topic?"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Self

from relengotron.messages.subscribing import suffix_of
from relengotron.systems.bus.doubts import Doubt

Rows = Mapping[str, Sequence[str]]
"""Topic after prefix and environment, or the beginning of topics with ``.*`` behind it: the common names."""


@dataclass(frozen=True, slots=True)
class Senders:
    """Our own table, and on top of it what fedmsg's ``routing_policy`` forbids."""

    beginning: str
    rows: Rows
    policy: Rows = field(default_factory=dict)
    is_nitpicky: bool = False

    @classmethod
    def of(cls, config: Mapping[str, Any], rows: Rows) -> Self:
        """The table under this fedmsg configuration."""
        return cls(
            f"{config['topic_prefix']}.{config['environment']}.",
            rows,
            config.get("routing_policy", {}),
            bool(config.get("routing_nitpicky", False)),
        )

    def refuse_others(self, name: str, topic: object) -> None:
        """Let the name speak on the topic, or nobody that the table does not name there.

        Raises:
            Untrusted: it may not.
        """
        suffix = suffix_of(topic, self.beginning) if isinstance(topic, str) else None
        if not isinstance(topic, str) or suffix is None:
            raise Doubt.UNAUTHORISED.because("its topic is not one of our bus", name)
        row = row_of(self.rows, suffix)
        if row is None:
            raise Doubt.NOT_HEARD.because(f"bus.senders has no entry for {topic}: nobody may send it", name)
        if name not in row:
            raise Doubt.UNAUTHORISED.because(f"bus.senders does not let {name} speak on {topic}", name)
        if name not in self.policy.get(topic, () if self.is_nitpicky else (name,)):
            raise Doubt.UNAUTHORISED.because(f"fedmsg's routing_policy does not let {name} speak on {topic}", name)


def row_of(rows: Rows, suffix: str) -> Sequence[str] | None:
    """Who may speak there: the longest row that fits counts, and it alone; None where no row fits."""
    return next((rows[pattern] for pattern in _patterns(suffix) if pattern in rows), None)


def rows_for_nothing(rows: Rows, suffixes: Sequence[str]) -> list[str]:
    """The rows that fit none of the topics: most likely misspelt."""
    fitting = {pattern for suffix in suffixes for pattern in _patterns(suffix)}
    return sorted(set(rows) - fitting)


def _patterns(suffix: str) -> Iterator[str]:
    yield suffix
    words = suffix.split(".")
    for count in range(len(words) - 1, 0, -1):
        yield ".".join([*words[:count], "*"])
