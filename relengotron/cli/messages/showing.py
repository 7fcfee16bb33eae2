"""``relengotron messages show``: all that is known of one message, and what to type next."""

import json
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

import click

from relengotron.cli import page
from relengotron.cli.messages.finding import the_message
from relengotron.cli.messages.listing import for_programs
from relengotron.cli.surroundings import Surroundings, now
from relengotron.engine.journal import tries
from relengotron.engine.journal.inbox import MessageState
from relengotron.engine.journal.parked import KeptMessage
from relengotron.engine.journal.tries import Try
from relengotron.model.codec import to_json

_BECAME = {
    MessageState.NEW: "not read yet; the daemon reads it within seconds of being up",
    MessageState.HANDLED: "understood, and acted on",
    MessageState.IGNORED: "understood; nothing follows from it",
    MessageState.PARKED: "put aside; it blocks nothing and waits for a person",
    MessageState.DISCARDED: "discarded by a person; it is kept and never read again",
}


@click.command("show")
@click.argument("message", metavar="ID")
@click.option("--json", "json_wanted", is_flag=True, help="For programs: the same as JSON.")
@click.pass_obj
def show(surroundings: Surroundings, message: str, json_wanted: bool) -> None:
    """Show one message: why it was put aside, since when, what was tried, the whole of it, and what to type next.

    ID is its number, its msg_id, or the beginning or the end of its msg_id.
    """
    with surroundings.journal() as database, database.read() as db:
        known = the_message(db, message)
        tried = tries.of_message(db, known.number)
    if json_wanted:
        page.as_json(
            for_programs(known, len(tried)) | {"tried": [to_json(each) for each in tried], "next": _next(known)}
        )
    else:
        _show(known, tried, now())


def _show(message: KeptMessage, tried: Sequence[Try], at: datetime) -> None:
    page.say(f"{message.number}  {message.topic}", state=str(message.state), bold=True)
    page.fields(
        [
            ("msg_id", message.msg_id),
            ("state", _BECAME[message.state]),
            ("why", message.reason),
            ("sender", message.sender or "not proven"),
            ("came in", page.clock(message.received_at, at)),
            ("since", page.clock(message.settled_at, at) if message.settled_at is not None else ""),
            ("tried", "\n".join(_told(tried, at))),
            ("do", "\n".join(_next(message))),
        ]
    )
    page.say()
    page.say(_whole(message))


def _told(tried: Sequence[Try], at: datetime) -> Iterator[str]:
    for each in tried:
        yield f"{page.clock(each.at, at)}  {each.what} by {each.who}" + (f": {each.reason}" if each.reason else "")
    if not tried:
        yield "nothing yet"


def _next(message: KeptMessage) -> list[str]:
    if message.state is not MessageState.PARKED:
        return []
    again = (
        "checked once more, and driven only if it is believed now" if message.evidence is not None else "once mended"
    )
    return [
        f"relengotron messages redrive {message.number}    ({again})",
        f'relengotron messages discard {message.number} --reason "..."    (kept, and never read again)',
    ]


def _whole(message: KeptMessage) -> str:
    """The message as it came, for eyes."""
    raw: Any = message.raw
    if message.evidence is not None:
        try:
            raw = json.loads(message.evidence)
        except (ValueError, RecursionError):
            return message.evidence
    return json.dumps(raw, indent=2, sort_keys=True, ensure_ascii=False)
