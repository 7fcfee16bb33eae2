"""Which message do people mean?"""

from collections.abc import Iterable

from sqlalchemy import Connection

from relengotron.cli.exits import Exit, Refusal
from relengotron.engine.journal import parked
from relengotron.engine.journal.parked import KeptMessage


def the_message(db: Connection, name: str) -> KeptMessage:
    """The message with this number, this msg_id or this part of a msg_id.

    Raises:
        Refusal: there is none, or there are several.
    """
    match parked.meant(db, name):
        case [message]:
            return message
        case []:
            text = f"{name!r} names no message; its number will do, or the beginning or the end of its msg_id"
        case several:
            text = f"{name!r} names more than one message, such as {several[0].msg_id} and {several[1].msg_id}"
    raise Refusal(f"{text}. They are listed by: relengotron messages", Exit.NOT_FOUND)


def the_messages(db: Connection, names: Iterable[str]) -> list[KeptMessage]:
    """The messages of these names, each once."""
    return list({message.number: message for message in (the_message(db, name) for name in names)}.values())
