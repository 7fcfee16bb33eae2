"""How is a mistake in the configuration told to the person who must mend it?"""

import difflib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

from pydantic import BaseModel, ValidationError

KeyPath = tuple[str | int, ...]

_SECRET_WORDS = ("password", "token", "secret", "passwd")
_CREDENTIALS = re.compile(r"(://[^/@\s:]*):[^/@\s]*@")
_LONGEST_FOUND = 80


@dataclass(frozen=True, slots=True)
class Mistake:
    """One thing to mend: where it stands, what was found there and what is allowed."""

    file: Path
    line: int | None
    key: KeyPath
    text: str

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" if self.line is not None else str(self.file)
        told = f"{place}: {dotted(self.key)}: {self.text}" if self.key else f"{place}: {self.text}"
        return "".join(letter if letter.isprintable() else ascii(letter)[1:-1] for letter in told)


def dotted(key: KeyPath) -> str:
    """A key path as people write it: ``artifacts[2].target``."""
    text = ""
    for part in key:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return text


def explained(error: ValidationError, model: type[BaseModel]) -> Iterable[tuple[KeyPath, str]]:
    """Each mistake that the model found, with its key path and one sentence."""
    for each in error.errors(include_url=False):
        key = tuple(part for part in each["loc"] if part != "[key]")
        kind, found, said = each["type"], each["input"], each["msg"].removeprefix("Value error, ")
        if kind == "extra_forbidden":
            yield key, _unknown_key(key, model)
        elif kind == "missing":
            yield key, f"missing; {_description(key, model)}".rstrip("; ")
        elif isinstance(found, dict | list) or found is None:
            yield key, said if kind == "value_error" else f"found {_shape(found)}; allowed: {_wanted(said)}"
        else:
            yield key, f"found {shown(key, found)}; {_allowed(kind, said)}"


def nearest(name: str, known: Iterable[str]) -> str:
    """`` (did you mean 'x'?)`` when a known name is near, else nothing."""
    near = difflib.get_close_matches(name, list(known), n=1, cutoff=0.6)
    return f" (did you mean {near[0]!r}?)" if near else ""


def shown(key: KeyPath, found: Any) -> str:
    """The value found, short and without secrets."""
    if any(word in str(key[-1] if key else "").lower() for word in _SECRET_WORDS) and not str(found).startswith("/"):
        return "a value that is not shown"
    text = _CREDENTIALS.sub(r"\1:***@", repr(found))
    return text if len(text) <= _LONGEST_FOUND else f"{text[: _LONGEST_FOUND - 3]}..."


def _unknown_key(key: KeyPath, model: type[BaseModel]) -> str:
    parent = _model_at(key[:-1], model)
    known = list(parent.model_fields) if parent is not None else []
    name = str(key[-1])
    if f"{name}_file" in known:
        return f"unknown key; secrets are only paths to files: use {name}_file"
    return f"unknown key{nearest(name, known)}; allowed: {', '.join(known)}"


def _description(key: KeyPath, model: type[BaseModel]) -> str:
    parent = _model_at(key[:-1], model)
    field = parent.model_fields.get(str(key[-1])) if parent is not None else None
    return (field.description or "") if field is not None else ""


def _model_at(key: KeyPath, model: type[BaseModel]) -> type[BaseModel] | None:
    current: type[BaseModel] | None = model
    for part in key:
        if current is not None and isinstance(part, str) and part in current.model_fields:
            inner = _models_in(current.model_fields[part].annotation)
            current = inner[0] if inner else None
    return current


def _models_in(annotation: Any) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [found for part in get_args(annotation) for found in _models_in(part)]


def _allowed(kind: str, said: str) -> str:
    return said if kind == "value_error" else f"allowed: {_wanted(said)}"


def _wanted(said: str) -> str:
    text = said.removeprefix("Input should be ").removeprefix("a valid ")
    return {
        "string": "text; put it in quotes",
        "dictionary": "a group of keys",
        "mapping": "a group of keys",
        "tuple": "a list",
        "boolean": "true or false",
        "boolean, unable to interpret input": "true or false",
        "integer": "a whole number",
        "path for <class 'pathlib.Path'>": "a path",
    }.get(text, text)


def _shape(found: Any) -> str:
    if found is None:
        return "nothing"
    if not found:
        return "an empty group" if isinstance(found, dict) else "an empty list"
    return f"a group of keys ({', '.join(map(str, found))})"[:_LONGEST_FOUND] if isinstance(found, dict) else "a list"
