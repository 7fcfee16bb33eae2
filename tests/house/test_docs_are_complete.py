"""Is everything that people meet described somewhere?"""

import inspect
import re
import runpy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest

from relengotron import errors
from relengotron.cli.main import main
from relengotron.messages.incoming import PARSERS
from relengotron.workflows.catalogue import catalogue
from tests.house.places import DOCS, ROOT, all_docs, text_of

REFERENCE = runpy.run_path(str(ROOT / "scripts" / "reference.py"))

SETTINGS = [
    (name, path, field) for name, model in REFERENCE["FILES"].items() for path, field in REFERENCE["rows"](model)
]
ERRORS = [name for name, each in vars(errors).items() if inspect.isclass(each) and each.__module__ == errors.__name__]
SCHEMAS = sorted(path.stem for path in (ROOT / "relengotron" / "messages" / "schemas").glob("*.json"))


def _never(*_arguments: object) -> Any:
    raise AssertionError("only the names are wanted")


WORKFLOWS = catalogue(_never, _never, _never, _never, _never, _never, _never)


def _commands(command: click.Command, name: str) -> Iterator[str]:
    yield name
    if isinstance(command, click.Group):
        context = click.Context(command)
        for each in command.list_commands(context):
            inner = command.get_command(context, each)
            if inner is not None and each != "lab":
                yield from _commands(inner, f"{name} {each}")


@pytest.mark.parametrize(("file", "path", "field"), SETTINGS, ids=[path for _, path, _ in SETTINGS])
def test_every_setting_is_described(file: str, path: str, field: Any) -> None:
    assert field.description, f"{path} has no description"
    page = text_of(DOCS / "configuration.md")
    table = page[page.index(f"### `{file}`") :]
    assert f"| `{path}` |" in table
    assert field.description in table


def test_the_reference_tables_are_as_the_code_has_them() -> None:
    assert not REFERENCE["stale"](), "run make docs"


@pytest.mark.parametrize("name", list(_commands(main, "relengotron")))
def test_every_command_is_described(name: str) -> None:
    assert f" `{name}`\n" in text_of(DOCS / "cli.md")


def test_the_lab_is_described() -> None:
    assert "`relengotron lab`" in all_docs()


@pytest.mark.parametrize("name", ERRORS)
def test_every_error_is_described(name: str) -> None:
    assert f"| `{name}` |" in text_of(DOCS / "operating.md")


@pytest.mark.parametrize("name", list(WORKFLOWS))
def test_every_workflow_and_each_of_its_steps_is_described(name: str) -> None:
    assert f"`{name}`" in text_of(DOCS / "architecture.md")
    pages = " ".join(text_of(DOCS / page) for page in ("operating.md", "architecture.md"))
    for step in WORKFLOWS[name].steps:
        assert (step.__doc__ or "").strip(), f"{step.__name__} does not say what it promises"
        assert step.__name__.removeprefix("ensure_").replace("_", " ") in pages


@pytest.mark.parametrize("kind", re.findall(r'"(\w+) = relengotron\.plugins', text_of(ROOT / "setup.py")))
def test_every_plugin_is_described(kind: str) -> None:
    assert f"| `{kind}` |" in text_of(DOCS / "plugins.md")


@pytest.mark.parametrize("topic", SCHEMAS)
def test_every_message_with_a_schema_has_its_page(topic: str) -> None:
    assert (DOCS / "messages" / f"{topic}.md").is_file()
    assert f"`relengotron.{topic}`" in text_of(DOCS / "messages" / "README.md")


@pytest.mark.parametrize("topic", [topic for topic in PARSERS if not topic.startswith("relengotron.person.")])
def test_every_message_we_hear_is_named(topic: str) -> None:
    page = text_of(DOCS / "messages" / "README.md")
    short = topic.removeprefix("bodhi.update")
    assert f"`{topic}`" in page or f"`{short}`" in page or (short.startswith(".request.") and "`.request.*`" in page)


def _links() -> Iterator[tuple[Path, str]]:
    for path in [*DOCS.rglob("*.md"), ROOT / "README.md", ROOT / "CONTRIBUTING.md"]:
        for target in re.findall(r"\]\(([^)#\s]+)[^)]*\)", text_of(path)):
            if "://" not in target:
                yield path, target


def test_every_link_leads_somewhere() -> None:
    dead = [f"{path.relative_to(ROOT)}: {target}" for path, target in _links() if not (path.parent / target).exists()]
    assert not dead
