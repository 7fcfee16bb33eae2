"""Are the reference tables in docs/ as the code has them? Writes them, or with --check only looks."""

import re
import sys
from collections.abc import Iterator
from datetime import timedelta
from enum import Enum
from pathlib import Path
from typing import Any, get_args

import click
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from relengotron.cli.main import main
from relengotron.settings.artifacts import Declarations
from relengotron.settings.daemon import Daemon
from relengotron.settings.gates import Gates
from relengotron.settings.policies import Policies
from relengotron.settings.releases import Releases
from relengotron.settings.systems import Systems

DOCS = Path(__file__).parents[1] / "docs"
FILES: dict[str, type[BaseModel]] = {
    "relengotron.yaml": Daemon,
    "systems.yaml": Systems,
    "releases.yaml": Releases,
    "artifacts/*.yaml": Declarations,
    "policies/*.yaml": Policies,
    "gates.yaml": Gates,
}


def settings_tables() -> str:
    """One table for each file of the configuration."""
    return "\n\n".join(f"### `{name}`\n\n{_table(model)}" for name, model in FILES.items())


def command_pages() -> str:
    """What ``--help`` says of every command; the lab's own commands are described where the lab is."""
    return "\n\n".join(
        _pages(
            main,
            "relengotron",
            click.Context(main, info_name="relengotron", terminal_width=80, **main.context_settings),
        )
    )


def rows(model: type[BaseModel], beginning: str = "") -> Iterator[tuple[str, FieldInfo]]:
    """Every setting of a model with its key path; NAME and ARCH stand for keys that people choose."""
    for name, field in model.model_fields.items():
        path = f"{beginning}{name}"
        yield path, field
        inner, step = _inside(field.annotation)
        if inner is not None:
            yield from rows(inner, f"{path}{step}.")


def _table(model: type[BaseModel]) -> str:
    lines = ["| key | without it | what it says |", "|---|---|---|"]
    for path, field in rows(model):
        lines.append(f"| `{path}` | {_default(field)} | {field.description} |")
    return "\n".join(lines)


def _inside(annotation: Any) -> tuple[type[BaseModel] | None, str]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation, ""
    for part in get_args(annotation):
        inner, step = _inside(part)
        if inner is not None:
            kind = str(annotation)
            own = ".NAME" if "Mapping" in kind else "[]" if kind.startswith("tuple") else ""
            return inner, own + step
    return None, ""


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "must be set"
    value = field.get_default(call_default_factory=True)
    match value:
        case None:
            return "nothing"
        case BaseModel():
            return "as below"
        case bool():
            return f"`{str(value).lower()}`"
        case timedelta():
            return f"`{_duration(value)}`"
        case Enum() | str() | int():
            return f"`{value}`"
    return "nothing" if not value else f"`{_plain(value)}`"


def _plain(value: Any) -> str:
    if isinstance(value, tuple):
        return f"[{', '.join(_word(each) for each in value)}]"
    return "{" + ", ".join(f"{key}: {each}" for key, each in value.items()) + "}"


def _word(value: object) -> str:
    return _duration(value) if isinstance(value, timedelta) else str(value)


def _duration(value: timedelta) -> str:
    seconds = round(value.total_seconds())
    for unit, length in (("d", 86400), ("h", 3600), ("m", 60)):
        if seconds % length == 0 and seconds >= length and not (unit == "d" and seconds == length):
            return f"{seconds // length}{unit}"
    return f"{seconds}s"


def _pages(command: click.Command, name: str, context: click.Context) -> Iterator[str]:
    level = "#" * (2 + len(name.split()))
    yield f"{level} `{name}`\n\n```text\n{command.get_help(context).rstrip()}\n```"
    if isinstance(command, click.Group):
        for each in command.list_commands(context):
            inner = command.get_command(context, each)
            if inner is not None and each != "lab":
                yield from _pages(inner, f"{name} {each}", click.Context(inner, info_name=each, parent=context))


def fresh(text: str, name: str, content: str) -> str:
    """The text with the generated part between its two markers written anew."""
    begin, end = f"<!-- {name}: begin, written by make docs -->", f"<!-- {name}: end -->"
    pattern = re.compile(f"{re.escape(begin)}.*?{re.escape(end)}", re.DOTALL)
    if not pattern.search(text):
        raise SystemExit(f"there is no place marked {begin!r}")
    return pattern.sub(lambda _match: f"{begin}\n\n{content}\n\n{end}", text)


PAGES = {"configuration.md": ("settings", settings_tables), "cli.md": ("commands", command_pages)}


def stale() -> dict[Path, str]:
    """Every page that is not as the code has it, and how it should be."""
    found = {}
    for page, (name, make) in PAGES.items():
        path = DOCS / page
        text = path.read_text(encoding="utf-8")
        wanted = fresh(text, name, make())
        if wanted != text:
            found[path] = wanted
    return found


if __name__ == "__main__":
    old = stale()
    if "--check" in sys.argv[1:]:
        if old:
            raise SystemExit(f"not as the code has it: {', '.join(map(str, old))}; run make docs")
    else:
        for page_path, page_text in old.items():
            page_path.write_text(page_text, encoding="utf-8")
            click.echo(f"wrote {page_path}")
