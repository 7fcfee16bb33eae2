"""What do people see of a message of ours? Found by ``fedmsg.meta`` through its entry point.

It is called for every message of the bus that is ours, in programs of others: it asks nobody, and never raises.
"""

from typing import Any, ClassVar, Final

from fedmsg.meta.base import BaseProcessor

from relengotron.meta.conglomerating import ByBatch
from relengotron.meta.gate_sentences import GATE_SENTENCES
from relengotron.meta.long_form import paragraphs
from relengotron.meta.said import Said
from relengotron.meta.sentences import SENTENCES

EVERY_SENTENCE: Final = {**SENTENCES, **GATE_SENTENCES}
BEST_LINKS: Final = ("run", "build", "live", "koji")
"""Where to read more first: what became of it all, then one thing."""
ICON_KEY: Final = "relengotron.icon"


class RelengotronProcessor(BaseProcessor):  # type: ignore[misc]
    """Says in words what our messages say in keys."""

    __name__ = "relengotron"
    __description__ = "Composes, tests, gates and publishes what updates change"
    __link__ = "https://fedoraproject.org/wiki/ReleaseEngineering"
    __docs__ = "https://fedoraproject.org/wiki/ReleaseEngineering"
    __obj__ = "Release Engineering Events"
    __icon__ = "https://apps.fedoraproject.org/img/icons/atomic.png"
    conglomerators: ClassVar[list[type[Any]]] = [ByBatch]

    def title(self, msg: dict[str, Any], **config: Any) -> str:
        """The topic without prefix and environment."""
        return f"relengotron.{Said.of(msg).topic}".rstrip(".")

    def subtitle(self, msg: dict[str, Any], **config: Any) -> str:
        """One sentence."""
        said = Said.of(msg)
        sentence = EVERY_SENTENCE.get(said.topic)
        return "" if sentence is None else sentence(said)

    def long_form(self, msg: dict[str, Any], **config: Any) -> str:
        """The sentence, and everything that its reader may need at night."""
        return paragraphs(Said.of(msg), self.subtitle(msg, **config))

    def link(self, msg: dict[str, Any], **config: Any) -> str:
        """The best page to read more on."""
        links = Said.of(msg).links()
        return next((links[name] for name in (*BEST_LINKS, *links) if name in links), "")

    def icon(self, msg: dict[str, Any], **config: Any) -> str:
        """The same for all of them; the configuration may name another."""
        icon = config.get(ICON_KEY)
        return icon if isinstance(icon, str) else self.__icon__

    def usernames(self, msg: dict[str, Any], **config: Any) -> set[str]:
        """Who did it, who built what it is about, and who can act."""
        said = Said.of(msg)
        names = [said.text("agent"), *said.text("owner").split(" and "), *said.texts("people")]
        names += [each.text("packager") for each in (said, *said.builds())]
        return {each for each in (*names, *said.texts("passed_by")) if each and " " not in each}

    def agent(self, msg: dict[str, Any], **config: Any) -> str | None:
        """Who did it; None where it came by itself."""
        return Said.of(msg).text("agent") or None

    def packages(self, msg: dict[str, Any], **config: Any) -> set[str]:
        """The source packages that it is about."""
        said = Said.of(msg)
        named = {name for each in said.builds() if (name := each.text("package"))}
        return named | {name for each in _nvrs(said) if (name := _package_of(each))}

    def objects(self, msg: dict[str, Any], **config: Any) -> set[str]:
        """What it is about, as paths."""
        said = Said.of(msg)
        builds = [each.text("nvr") for each in said.builds()]
        return _paths(
            ("gates", said.text("gate"), said.text("batch")) if said.text("batch") else ("gates", said.text("gate")),
            ("lanes", said.text("lane")),
            ("artifacts", said.text("artifact")),
            ("repos", said.text("repo").strip("/")),
            *(("builds", nvr) for nvr in builds),
            *(("updates", each.text("alias") or each.text("title")) for each in _updates(said)),
        )


def _updates(said: Said) -> list[Said]:
    of_lanes = [update for batch in said.entries("batches") for update in batch.entries("updates")]
    return [*said.entries("updates"), *of_lanes, *([said.inside("update")] if said.inside("update").body else [])]


def _nvrs(said: Said) -> list[str]:
    return [nvr for update in _updates(said) for nvr in update.texts("builds")] + said.texts("untagged")


def _package_of(nvr: str) -> str:
    parts = nvr.rsplit("-", 2)
    return parts[0] if len(parts) == len(("name", "version", "release")) else ""


def _paths(*places: tuple[str, ...]) -> set[str]:
    return {"/".join(place) for place in places if all(place)}
