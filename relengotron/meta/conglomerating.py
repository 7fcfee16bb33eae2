"""How do the builds of one batch become one line, when people read many messages at once?"""

from collections.abc import Sequence
from typing import Any, Final

from fedmsg.meta.base import BaseConglomerator

from relengotron.meta.said import Said
from relengotron.meta.words import series

SENTENCES: Final = {
    "gate.build.accepted": "{builds} are in {target}",
    "gate.build.quarantined": "{builds} are in quarantine",
    "gate.build.superseded": "{builds} give way to newer builds",
}


class ByBatch(BaseConglomerator):  # type: ignore[misc]
    """One line for what happened to the builds of a batch together."""

    def can_handle(self, msg: dict[str, Any], **config: Any) -> bool:
        """Whether it tells of one build of a batch."""
        said = Said.of(msg)
        return said.topic in SENTENCES and bool(said.text("batch")) and {"timestamp", "msg_id"} <= msg.keys()

    def matches(self, a: dict[str, Any], b: dict[str, Any], **config: Any) -> bool:
        """Whether the same happened to both, in the same batch."""
        return _what(a) == _what(b)

    def merge(self, constituents: Sequence[dict[str, Any]], subject: str | None, **config: Any) -> dict[str, Any]:
        """One message that stands for them all."""
        merged: dict[str, Any] = self.produce_template(constituents, subject, **config)
        said = [Said.of(each) for each in constituents]
        target = said[0].text("target") or "the target"
        sentence = SENTENCES[said[0].topic].format(builds=series([each.text("nvr") for each in said]), target=target)
        link, icon = self.processor.link(constituents[0], **config), self.processor.icon(constituents[0], **config)
        return merged | {"subtitle": sentence, "subjective": sentence, "link": link, "secondary_icon": icon}


def _what(message: dict[str, Any]) -> tuple[str, str, str]:
    said = Said.of(message)
    return said.topic, said.text("gate"), said.text("batch")
