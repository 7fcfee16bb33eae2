"""Which testers are asked to try what, and in which words?"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from relengotron.decisions.affected import Reach
from relengotron.model.gate import Reason
from relengotron.model.opinions import Opinions
from relengotron.model.rung import MOST_CHANGES_KEPT

MOST_NAMED: Final = 30
"""As many test cases or bugs as people read; Bodhi shows all of them on the same page."""
LONGEST: Final = 300


@dataclass(frozen=True, slots=True)
class Offer:
    """One tree or image that can be tried: where it is, what it is, what to type, and what tests said of it."""

    artifact: str
    kind: str
    places: tuple[str, ...] = ()
    facts: Mapping[str, str] = field(default_factory=dict)
    commands: tuple[str, ...] = ()
    results: tuple[Reason, ...] = ()


def touched_by(packages: Collection[str], reaches: Iterable[Reach]) -> frozenset[str]:
    """The artifacts that these packages change, and those made from them; in doubt, and when lists are cut, all."""
    touched: set[str] = set()
    for reach in reaches:
        known = reach.packages if len(reach.packages) < MOST_CHANGES_KEPT else ()
        is_named = bool(set(packages) & set(known)) or not (known or reach.follows)
        if reach.is_affected and (is_named or touched & set(reach.follows)):
            touched.add(reach.artifact)
    return frozenset(touched)


def invitation(push: str, lane: str, offers: Sequence[Offer], wanted: Opinions | None, marker: str) -> str:
    """The comment, as Bodhi's Markdown; the marker ends it, so that it is found again."""
    parts = [f"This update can be tried in {_count(len(offers), 'tree or image', 'trees and images')} of {lane}:"]
    parts += [_offered(each) for each in offers]
    parts += [*_tests_wanted(wanted), "What you find counts here: karma, and your feedback on test cases and bugs."]
    return "\n\n".join([*parts, f"(push {_clean(push)}) {marker}"])


def _offered(offer: Offer) -> str:
    lines = [f"**{_clean(offer.artifact)}** ({_clean(offer.kind)})"]
    lines += [f"* {_clean(name)}: `{_clean(value)}`" for name, value in offer.facts.items()]
    lines += [f"* {_clean(place)}" for place in offer.places]
    lines += [f"* try it: `{_clean(command)}`" for command in offer.commands]
    lines += [f"* {_result(reason)}" for reason in offer.results]
    return f"{lines[0]}\n\n" + "\n".join(lines[1:])


def _result(reason: Reason) -> str:
    link = f" ({_clean(reason.ref_url)})" if reason.ref_url.startswith(("https://", "http://")) else ""
    return f"{_clean(reason.requirement.testcase)}: {reason.state}{link}"


def _tests_wanted(wanted: Opinions | None) -> list[str]:
    if wanted is None:
        return []
    cases = [f"* {_clean(name)}" for name in wanted.test_cases or ()]
    bugs = [f"* is bug {each.number} fixed? {_clean(each.title)}".rstrip() for each in wanted.bugs or ()]
    found = [*cases, *bugs]
    more = [f"* and {len(found) - MOST_NAMED} more, on this page"] if len(found) > MOST_NAMED else []
    return ["Please test by hand:\n\n" + "\n".join([*found[:MOST_NAMED], *more])] if found else []


def _count(number: int, one: str, many: str) -> str:
    return f"{number} {one if number == 1 else many}"


def _clean(text: str) -> str:
    """One line without what could hide or mark up more than it says."""
    line = "".join(letter if letter.isprintable() else " " for letter in text)
    return line.replace("`", "'").replace("<", "(").replace(">", ")")[:LONGEST]
