"""When is a requirement fulfilled that is more than one name?

``(a and b)``, ``(a or b)``, ``(a if b else c)``, ``(a unless b else c)``, ``(a with b)``, ``(a without b)``, one in
another as they like. Source: https://rpm-software-management.github.io/rpm/manual/boolean_dependencies.html
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from relengotron.errors import MalformedInput

DEEPEST: Final = 32
_LONGEST: Final = 200
_WORDS: Final = frozenset({"and", "or", "if", "unless", "with", "without"})
_ELSE: Final = "else"
_SIGNS: Final = {">": 1, "=": 2, ">=": 3, "<": 4, "<>": 5, "<=": 6}
"""As libsolv writes them, and what it calls them."""

Make = Callable[[str, int, str], int]
"""The number of a plain requirement: name, signs, version."""
Providers = Callable[[int], frozenset[int]]
"""Who fulfils a plain requirement."""


@dataclass(frozen=True, slots=True)
class Rich:
    """Two or three requirements joined by a word; a plain one is a number."""

    word: str
    left: "Requirement"
    right: "Requirement"
    otherwise: "Requirement | None" = None


Requirement = int | Rich


def plain(text: str) -> tuple[str, int, str]:
    """A plain requirement as name, signs and version.

    Raises:
        MalformedInput: it is none.
    """
    match text.rsplit(" ", 2):
        case [name, sign, version] if sign in _SIGNS and name and version:
            return name, _SIGNS[sign], version
        case _ if " " in text.strip() or not text:
            raise MalformedInput(f"not a requirement: {text[:200]!r}")
    return text, 0, ""


def parse(text: str, make: Make) -> Requirement:
    """Read a requirement as libsolv writes it.

    Raises:
        MalformedInput: it is none, or too many lie one in another.
    """
    if not text.startswith("("):
        return make(*plain(text))
    reader = _Reader(text, make)
    found = reader.group(0)
    if reader.rest:
        raise MalformedInput(f"not a requirement: {text[:200]!r}")
    return found


def is_too_deep(text: str) -> bool:
    """Whether more brackets lie one in another than the library should be given: it trusts what it reads."""
    depth = 0
    for sign in text:
        depth += {"(": 1, ")": -1}.get(sign, 0)
        if depth > DEEPEST:
            return True
    return False


def atoms(requirement: Requirement) -> Iterator[int]:
    """Every plain requirement in it."""
    if isinstance(requirement, int):
        yield requirement
        return
    for part in (requirement.left, requirement.right, requirement.otherwise):
        if part is not None:
            yield from atoms(part)


def is_met(requirement: Requirement, providers: Providers) -> bool:
    """Whether what there is can fulfil it.

    A condition that something can meet counts as met: the system where it holds needs the package as well. As for dnf,
    either branch will do where there are two; other than for dnf, a condition that nothing can meet asks for nothing.
    """
    if isinstance(requirement, int):
        return bool(providers(requirement))
    left, otherwise = requirement.left, requirement.otherwise
    match requirement.word:
        case "and":
            return is_met(left, providers) and is_met(requirement.right, providers)
        case "or":
            return is_met(left, providers) or is_met(requirement.right, providers)
        case "if" if not is_met(requirement.right, providers):
            return otherwise is None or is_met(otherwise, providers)
        case "with" | "without":
            return bool(_all_of(requirement, providers))
    return is_met(left, providers) or (otherwise is not None and is_met(otherwise, providers))


def _all_of(requirement: Requirement, providers: Providers) -> frozenset[int]:
    """The packages of which each fulfils it alone."""
    if isinstance(requirement, int):
        return providers(requirement)
    left, right = _all_of(requirement.left, providers), _all_of(requirement.right, providers)
    match requirement.word:
        case "with" | "and":
            return left & right
        case "without":
            return left - right
        case "or":
            return left | right
    return left


class _Reader:
    """Goes through a text from left to right."""

    def __init__(self, text: str, make: Make) -> None:
        self.rest = text
        self._make = make
        self._words = 0

    def group(self, depth: int) -> Requirement:
        """What stands in brackets, which the rest begins with."""
        if depth > DEEPEST:
            raise MalformedInput(f"more than {DEEPEST} requirements lie one in another")
        self._skip("(")
        found = self._operand(depth)
        while not self.rest.startswith(")"):
            word = self._word()
            if word not in _WORDS:
                raise MalformedInput(f"not a word that joins requirements: {word[:60]!r}")
            self._words += 1
            if self._words > _LONGEST:
                raise MalformedInput(f"more than {_LONGEST} requirements in one")
            right = self._operand(depth)
            otherwise = self._otherwise(depth) if word in ("if", "unless") else None
            found = Rich(word, found, right, otherwise)
        self._skip(")")
        return found

    def _otherwise(self, depth: int) -> Requirement | None:
        if not self.rest.startswith(f" {_ELSE} "):
            return None
        self._word()
        return self._operand(depth)

    def _operand(self, depth: int) -> Requirement:
        if self.rest.startswith("("):
            return self.group(depth + 1)
        name, sign = self._name(), self.rest.lstrip(" ").partition(" ")[0]
        if sign not in _SIGNS:
            return self._make(name, 0, "")
        self._word()
        return self._make(name, _SIGNS[sign], self._name())

    def _name(self) -> str:
        """All up to a blank or a bracket that is not its own."""
        depth = 0
        for place, sign in enumerate(self.rest):
            if sign == " " or (sign == ")" and depth == 0):
                return self._cut(place)
            depth += {"(": 1, ")": -1}.get(sign, 0)
        raise MalformedInput("a requirement does not end")

    def _cut(self, place: int) -> str:
        name, self.rest = self.rest[:place], self.rest[place:]
        if not name:
            raise MalformedInput("a requirement lacks a name")
        return name

    def _word(self) -> str:
        word, self.rest = self.rest.removeprefix(" ").partition(" ")[::2]
        return word

    def _skip(self, sign: str) -> None:
        if not self.rest.startswith(sign):
            raise MalformedInput("a requirement lacks a bracket")
        self.rest = self.rest[1:]
