"""How is an operation on trees shown, confirmed, recorded and carried out?"""

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import click

from relengotron.cli import page
from relengotron.cli.exits import Exit, Refusal
from relengotron.cli.surroundings import Surroundings, now
from relengotron.cli.who import person
from relengotron.engine.journal import audit
from relengotron.errors import RelengError
from relengotron.systems.ostree.names import is_commit
from relengotron.systems.ostree.port import OstreeRepo
from relengotron.systems.world import open_ostree, ostree_of
from relengotron.workflows.trees.operation import Operation, Terms

F = TypeVar("F", bound=Callable[..., Any])
REPO = click.argument("place", metavar="REPO", type=click.Path(path_type=Path))


@dataclass(frozen=True, slots=True)
class Choice:
    """Only show it; do not ask; answer for programs."""

    plan: bool
    yes: bool
    json: bool


def choices(*, is_final: bool = False) -> Callable[[F], F]:
    """The options that every acting command has; ``--yes`` where there is no way back."""
    json_wanted = click.option("--json", "json_wanted", is_flag=True, help="For programs: the same as JSON.")
    plan = click.option("--plan", "plan_only", is_flag=True, help="Only say what would be done.")
    yes = click.option("--yes", is_flag=True, help="Do not ask before what cannot be taken back.")

    def put_on(command: F) -> F:
        command = plan(json_wanted(command))
        return yes(command) if is_final else command

    return put_on


def the_repo(place: Path, surroundings: Surroundings | None = None) -> OstreeRepo:
    """The repo at this place; with ``surroundings``, to act on: it sees to the signatures that its clients want.

    Raises:
        Refusal: there is none.
    """
    if not (place / "config").is_file() or not (place / "objects").is_dir():
        raise Refusal(f"no OSTree repo at {place}", Exit.NOT_FOUND)
    return open_ostree(place) if surroundings is None else ostree_of(surroundings.settings())(place)


def the_tree(repo: OstreeRepo, name: str) -> str:
    """The name, when it is a ref or a commit of the repo.

    Raises:
        Refusal: it is neither.
    """
    found = repo.has_commit(name) if is_commit(name) else repo.head(name) is not None
    if not found:
        raise Refusal(f"no ref and no whole commit {name} in {repo.path}", Exit.NOT_FOUND)
    return name


def terms_of(surroundings: Surroundings) -> Terms:
    """How long a lock is waited for, and the time."""
    return Terms(surroundings.settings().systems.ostree.lock_wait, now)


def carry_out(surroundings: Surroundings, operation: Operation, choice: Choice) -> None:
    """Show it, and do it unless only a plan is wanted.

    Raises:
        Refusal: nobody confirmed what cannot be taken back.
    """
    if not choice.json:
        _show(operation)
    if choice.plan:
        _answer(operation, choice, None)
        return
    if operation.is_final and operation.effects and not choice.yes:
        _ask()
    with _recorded(surroundings, operation):
        result = operation.act()
    _answer(operation, choice, result)


def _show(operation: Operation) -> None:
    page.say(operation.what, bold=True)
    for line in operation.notes:
        page.say(f"  {line}")
    for line in operation.effects:
        page.say(f"  - {line}")
    if not operation.effects:
        page.say("  nothing to do")


def _ask() -> None:
    if not _is_a_person_there():
        raise Refusal("this cannot be taken back; say --yes if that is meant", Exit.USAGE)
    if not click.confirm("This cannot be taken back. Go on?", err=True):
        raise Refusal("nothing was done", Exit.NO)


def _is_a_person_there() -> bool:
    return sys.stdin.isatty()


@contextmanager
def _recorded(surroundings: Surroundings, operation: Operation) -> Iterator[None]:
    """The wish is in the journal before anything is done, if there is a journal; then what came of it."""
    if not operation.effects or not surroundings.has_journal():
        yield
        return
    with surroundings.journal() as database:

        def note(what: str) -> None:
            with database.write() as db:
                audit.note(db, person(), what, None, now())

        note(f"ostree: {operation.what}: {'; '.join(operation.effects)}"[:4000])
        try:
            yield
        except RelengError as error:
            note(f"ostree: {operation.what}: failed: {error}"[:4000])
            raise
        note(f"ostree: {operation.what}: done")


def _answer(operation: Operation, choice: Choice, result: Mapping[str, Any] | None) -> None:
    if choice.json:
        told = {"what": operation.what, "effects": list(operation.effects), "notes": list(operation.notes)}
        page.as_json({**told, "facts": dict(operation.facts), "done": result is not None, "result": result})
    elif result is None:
        page.say("Nothing was changed by looking.")
    elif operation.effects:
        page.say("Done: " + ", ".join(f"{key} {_short(value)}" for key, value in result.items()))


def _short(value: Any) -> str:
    match value:
        case list():
            return str(len(value))
        case None:
            return "nothing"
        case bool():
            return "yes" if value else "no"
        case _:
            return str(value)
