"""``relengotron messages redrive`` and ``discard``: what people do about messages that were put aside."""

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import click

from relengotron.cli import page
from relengotron.cli.exits import Exit, Refusal
from relengotron.cli.messages.filters import narrowing
from relengotron.cli.messages.finding import the_messages
from relengotron.cli.surroundings import Surroundings, now
from relengotron.cli.taken_up import say_when
from relengotron.cli.who import person
from relengotron.engine.journal import parked
from relengotron.engine.journal.database import Database
from relengotron.engine.journal.inbox import MessageState
from relengotron.engine.journal.parked import KeptMessage, Wanted
from relengotron.engine.second_chance import NOT_PARKED, Answer, End, SecondChance
from relengotron.systems.bus.port import Guard

_MOST_AT_ONCE: Final = 100_000
_IDS = click.argument("messages", metavar="[ID]...", nargs=-1)
_ALL = click.option("--all", "everything", is_flag=True, help="Every message that was put aside and fits the filters.")
_YES = click.option("--yes", is_flag=True, help="With --all: do not ask.")


@dataclass(frozen=True, slots=True)
class Choice:
    """Which messages a person chose: by name, or all that fit; ``yes`` means that nobody needs to be asked."""

    names: tuple[str, ...]
    everything: bool
    wanted: Wanted
    yes: bool


@click.command("redrive")
@_IDS
@_ALL
@narrowing("--reason")
@_YES
@click.pass_obj
def redrive(
    surroundings: Surroundings, /, messages: tuple[str, ...], everything: bool, yes: bool, **narrow: Any
) -> None:
    """Drive messages again: the daemon reads them anew within seconds, or when it is up.

    It is recorded with your name. A message that was not believed is checked again first, and driven only if it is
    believed now.
    """
    choice = Choice(messages, everything, Wanted(**narrow), yes)
    _settle(surroundings, choice, "redrive", lambda chance, message: chance.redrive(message))


@click.command("discard")
@_IDS
@click.option("--reason", "why", required=True, metavar="TEXT", help="Why; it is recorded.")
@_ALL
@narrowing("--because", "reason")
@_YES
@click.pass_obj
def discard(
    surroundings: Surroundings, /, messages: tuple[str, ...], why: str, everything: bool, yes: bool, **narrow: Any
) -> None:
    """Set messages down for good: they are kept, and never read again.

    It is recorded with your name and your reason.
    """
    if not why.strip():
        raise Refusal("--reason: say why", Exit.USAGE)
    choice = Choice(messages, everything, Wanted(**narrow), yes)
    _settle(surroundings, choice, "discard", lambda chance, message: chance.discard(message, why))


def _settle(
    surroundings: Surroundings, choice: Choice, wish: str, act: Callable[[SecondChance, KeptMessage], Answer]
) -> None:
    """Do it to each message; one that is refused stands in no other's way."""
    with surroundings.journal() as database:
        chosen = _chosen(database, choice)
        if choice.everything and not choice.yes:
            _ask(len(chosen), wish)
        chance = SecondChance(database, person(), now, lambda: _guard(surroundings))
        answers = [act(chance, message) for message in chosen]
    _tell(surroundings, answers)


def _chosen(database: Database, choice: Choice) -> Sequence[KeptMessage]:
    if choice.everything == bool(choice.names):
        raise Refusal("name the messages, or say --all", Exit.USAGE)
    if not choice.everything and choice.wanted != Wanted():
        raise Refusal("filters go with --all", Exit.USAGE)
    with database.read() as db:
        if choice.everything:
            return parked.found(db, choice.wanted, _MOST_AT_ONCE)[::-1]
        chosen = the_messages(db, choice.names)
    for message in chosen:
        if message.state is not MessageState.PARKED:
            raise Refusal(f"{message.msg_id} is {message.state}: {NOT_PARKED}. Nothing was done.", Exit.NO)
    return chosen


def _ask(count: int, wish: str) -> None:
    if not count:
        return
    many = f"{count} message" if count == 1 else f"{count} messages"
    if not _is_a_person_there():
        raise Refusal(f"this would {wish} {many}; say --yes if that is meant", Exit.USAGE)
    if not click.confirm(f"{wish} {many}?", err=True):
        raise Refusal("nothing was done", Exit.NO)


def _is_a_person_there() -> bool:
    return sys.stdin.isatty()


def _guard(surroundings: Surroundings) -> Guard:
    from relengotron.cli.messages.guarding import open_guard  # most messages need none, and it brings the bus along

    return open_guard(surroundings.settings())


def _tell(surroundings: Surroundings, answers: Sequence[Answer]) -> None:
    for answer in answers:
        said = f": {answer.reason}" if answer.reason else ""
        page.say(f"{answer.message.number}  {answer.message.topic}  {answer.end}{said}")
    done = [answer for answer in answers if answer.end is not End.REFUSED]
    if any(answer.end in (End.REDRIVEN, End.STORED_ANEW) for answer in done):
        say_when(surroundings, "look: relengotron messages show ID", "reads it")
    if not answers:
        page.say("no message was put aside that fits")
    if len(done) < len(answers):
        raise Refusal(f"{len(answers) - len(done)} of {len(answers)} refused: see above", Exit.NO)
