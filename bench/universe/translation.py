"""What does a stanza of Debian's index mean in the words of RPM?

A version without revision gets revision 0, in packages and in dependencies alike: Debian compares it so, and RPM would
else leave the release out of the comparison. A plus sign, and a dash inside the upstream version, become a caret, which
RPM sorts as Debian sorts them: ``1.2+ds`` is newer than ``1.2`` and older than ``1.2.1``. ``.~`` becomes ``.0~`` for
the same reason, and the revision ``.``, which is newer than any real one, a high number.

Alternatives (``a | b``) become a rich dependency (``(a or b)``). ``Replaces`` is left out: it is about files that move
from one package to another, and an ``Obsoletes`` in its place would take packages away that Debian keeps. Architectures
behind a name (``python3:any``) fall away, every repo has one architecture.
"""

import re
from collections.abc import Iterable
from functools import cache

from bench.universe.index import Stanza
from bench.universe.packages import AnyOf, Binary, Evr, Relation
from relengotron.errors import MalformedInput

_VERSION = re.compile(r"(?:([0-9]{1,9}):)?([0-9A-Za-z.+~-]{1,200}?)(?:-([0-9A-Za-z.+~]{1,100}))?")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9+._-]{0,199}")
_RELATION = re.compile(rf"({_NAME.pattern})(?::[a-z0-9-]+)?(?:\s*\(\s*(<<|<=|=|>=|>>|<|>)\s*([^\s()]+)\s*\))?")
_SOURCE = re.compile(rf"({_NAME.pattern})(?:\s*\(([^\s()]+)\))?")
_CARETS = str.maketrans("+-", "^^")
_HIGHEST = "999999999"
_FLAGS = {"<<": "LT", "<=": "LE", "<": "LE", "=": "EQ", ">=": "GE", ">": "GE", ">>": "GT"}
_CHECKSUM = re.compile(r"[0-9a-f]{64}")


def binary(stanza: Stanza, plain_provides: frozenset[str] = frozenset()) -> Binary:
    """Translate one package.

    A conflict with a version means, in Debian, only those that say their version; in RPM it also means whoever provides
    the name without one. ``plain_provides`` are the names that anybody provides so: such conflicts are left out.

    Raises:
        MalformedInput: the stanza has no valid name, version, architecture or dependency.
    """
    name = _matched(_NAME, stanza.get("Package", ""), "a package name")[0]
    if (arch := stanza.get("Architecture")) is None:
        raise MalformedInput(f"{name} says no architecture")
    conflicts = (*_relations(stanza.get("Conflicts", "")), *_relations(stanza.get("Breaks", "")))
    return Binary(
        name=name,
        evr=evr(stanza.get("Version", "")),
        is_noarch=arch == "all",
        source=_matched(_SOURCE, stanza.get("Source", name), "a source")[1],
        requires=(*_alternatives(stanza.get("Pre-Depends", "")), *_alternatives(stanza.get("Depends", ""))),
        recommends=_alternatives(stanza.get("Recommends", "")),
        provides=provides(stanza),
        conflicts=tuple(each for each in conflicts if each.flag is None or each.name not in plain_provides),
        section=stanza.get("Section", ""),
        priority=stanza.get("Priority", ""),
        checksum=_matched(_CHECKSUM, stanza.get("SHA256", ""), "a SHA-256")[0],
        size=int(_matched(re.compile("[0-9]{1,12}"), stanza.get("Size", ""), "a size")[0]),
    )


def provides(stanza: Stanza) -> tuple[Relation, ...]:
    """The names that a package answers to besides its own."""
    return _relations(stanza.get("Provides", ""))


@cache
def evr(text: str) -> Evr:
    """Read ``[epoch:]upstream[-revision]``."""
    epoch, version, release = _matched(_VERSION, text, "a version").groups()
    return Evr(str(int(epoch or 0)), _ordered(version), _HIGHEST if release == "." else _ordered(release or "0"))


@cache
def relation(text: str) -> Relation:
    """Read ``name[:arch] [(operator version)]``."""
    name, operator, version = _matched(_RELATION, text, "a dependency").groups()
    return Relation(name) if operator is None else Relation(name, _FLAGS[operator], evr(version))


def _ordered(text: str) -> str:
    return text.translate(_CARETS).replace(".~", ".0~")


def _alternatives(field: str) -> tuple[AnyOf, ...]:
    return tuple(_any_of(each) for each in _between_commas(field))


@cache
def _any_of(text: str) -> AnyOf:
    return tuple(dict.fromkeys(relation(each.strip()) for each in text.split("|")))


def _relations(field: str) -> tuple[Relation, ...]:
    return tuple(relation(each) for each in _between_commas(field))


def _between_commas(field: str) -> Iterable[str]:
    return (each for each in map(str.strip, field.split(",")) if each)


def _matched(pattern: re.Pattern[str], text: str, what: str) -> re.Match[str]:
    if (found := pattern.fullmatch(text)) is None:
        raise MalformedInput(f"not {what}: {text[:100]!r}")
    return found
