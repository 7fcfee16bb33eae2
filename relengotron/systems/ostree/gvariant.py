"""What value does a GVariant text, as ``ostree show`` prints it, stand for?"""

import re
from collections.abc import Iterator
from typing import Any

from relengotron.errors import MalformedInput

_TOKEN = re.compile(
    r"""\s*(?:
      (?P<text>b?(?:'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"))
    | (?P<number>[-+]?(?:0x[0-9a-fA-F]+|\d+(?:\.\d*)?(?:[eE][-+]?\d+)?))
    | (?P<type>@[a-z(){}?*]+)
    | (?P<word>[a-z][a-z0-9]*)
    | (?P<mark>[\[\](){}<>,:])
    )""",
    re.VERBOSE | re.DOTALL,
)
_ESCAPE = re.compile(r"\\(u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|[0-7]{1,3}|.)", re.DOTALL)
_CONTROLS = {"a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}
_CONSTANTS: dict[str, bool | None] = {"true": True, "false": False, "nothing": None}
_PREFIXES = frozenset(
    {"boolean", "byte", "int16", "uint16", "int32", "uint32", "handle", "int64", "uint64"}
    | {"double", "string", "objectpath", "signature", "just"}
)
_CLOSING = {"[": "]", "(": ")", "<": ">", "{": "}"}


def parse(text: str) -> Any:
    """Read one GVariant text into lists, tuples, dicts, texts, numbers, booleans and None; types are forgotten."""
    tokens = _Tokens(text)
    try:
        value = _value(tokens)
    except (RecursionError, ArithmeticError, ValueError, TypeError) as error:
        raise MalformedInput(f"not a GVariant text: {error}") from error
    if tokens.kind:
        raise MalformedInput(f"GVariant text goes on after its end: {tokens.text!r}")
    return value


class _Tokens:
    """The tokens of a text with one token of sight."""

    def __init__(self, text: str) -> None:
        self._rest = _split(text)
        self.kind: str = ""
        self.text: str = ""
        self.step()

    def step(self) -> str:
        """Go to the next token and return the text of the one left behind."""
        left = self.text
        self.kind, self.text = next(self._rest, ("", ""))
        return left

    def take(self, mark: str) -> bool:
        """Step over this mark if it is next."""
        if self.kind == "mark" and self.text == mark:
            self.step()
            return True
        return False

    def need(self, mark: str) -> None:
        """Step over this mark or call the text malformed."""
        if not self.take(mark):
            raise MalformedInput(f"GVariant text has {self.text!r} where {mark!r} belongs")


def _split(text: str) -> Iterator[tuple[str, str]]:
    position, end = 0, len(text.rstrip())
    while position < end:
        found = _TOKEN.match(text, position)
        if found is None or found.lastgroup is None:
            raise MalformedInput(f"not a GVariant text: {text[position : position + 40]!r}")
        yield found.lastgroup, found.group(found.lastgroup)
        position = found.end()


def _value(tokens: _Tokens) -> Any:
    match tokens.kind:
        case "type":
            tokens.step()
            return _value(tokens)
        case "text":
            return _text_or_bytes(tokens.step())
        case "number":
            return _number(tokens.step())
        case "word":
            return _word(tokens)
        case "mark" if tokens.text in _CLOSING:
            return _container(tokens)
    raise MalformedInput(f"GVariant text has {tokens.text or 'its end'!r} where a value belongs")


def _word(tokens: _Tokens) -> Any:
    word = tokens.step()
    if word in _CONSTANTS:
        return _CONSTANTS[word]
    if word in _PREFIXES:
        return _value(tokens)
    raise MalformedInput(f"unknown word in GVariant text: {word!r}")


def _container(tokens: _Tokens) -> Any:
    opening = tokens.step()
    if opening == "{":
        return _pairs(tokens)
    if opening == "<":
        inner = _value(tokens)
        tokens.need(">")
        return inner
    items: list[Any] = []
    while not tokens.take(_CLOSING[opening]):
        items.append(_value(tokens))
        if not tokens.take(","):
            tokens.need(_CLOSING[opening])
            break
    return items if opening == "[" else tuple(items)


def _pairs(tokens: _Tokens) -> dict[Any, Any]:
    pairs: dict[Any, Any] = {}
    while not tokens.take("}"):
        key = _value(tokens)
        if not tokens.take(":"):
            tokens.need(",")
        pairs[key] = _value(tokens)
        if not tokens.take(","):
            tokens.need("}")
            break
    return pairs


def _text_or_bytes(token: str) -> str | list[int]:
    """A text; or bytes, which are printed like one, without their last, when that is the only NUL among them."""
    text = _ESCAPE.sub(_unescaped, token.removeprefix("b")[1:-1])
    return [*map(ord, text), 0] if token.startswith("b") else text


def _unescaped(found: re.Match[str]) -> str:
    code = found.group(1)
    if code[0] in "uU" and len(code) > 1:
        return chr(int(code[1:], 16))
    if code[0] in "01234567":
        return chr(int(code, 8))
    return _CONTROLS.get(code, "" if code == "\n" else code)


def _number(token: str) -> int | float:
    if "0x" in token:
        return int(token, 16)
    return float(token) if set(token) & set(".eE") else int(token)


def quoted(text: str) -> str:
    """Write a text as GVariant text."""
    if any(ord(letter) < 32 or ord(letter) == 127 for letter in text):
        raise MalformedInput(f"control characters in a commit's metadata: {text!r}")
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"
