"""What the tests of ``relengotron messages`` share: messages of every fate, and a guard who is told whom to believe."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from relengotron.engine.intake import Intake
from relengotron.engine.journal import inbox, parked
from relengotron.engine.journal.database import Database
from relengotron.engine.journal.parked import KeptMessage
from relengotron.errors import Untrusted
from relengotron.messages.arrival import Arrival
from tests.builders import a_message


class Doorman:
    """Believes the senders it knows."""

    def __init__(self, *known: str) -> None:
        self.known = known

    def sender_of(self, message: Mapping[str, Any]) -> str | None:
        sender = message.get("signed_by", "")
        if sender not in self.known:
            raise Untrusted("forged", f"the signature of {sender or 'nobody'} is not good", str(sender))
        return str(sender)


def put_aside(database: Database, msg_id: str, why: str, at: datetime, topic: str = "bodhi.masher.start") -> int:
    """A message that was believed and not understood; its number."""
    message = a_message(topic, {"agent": "ralph"}, msg_id)
    with database.write() as db:
        inbox.store(
            db,
            msg_id=msg_id,
            business_key=None,
            topic=message["topic"],
            raw=message,
            now=at,
            sender="bodhi-lab",
            parked_because=why,
        )
    return the(database, msg_id).number


def refused(database: Database, at: datetime, *, signed_by: str, topic: str = "bodhi.masher.start") -> KeptMessage:
    """Evidence of a message that was not believed when it came in."""
    body = {"agent": "ralph", "updates": ["bash-4.3.42-5.fc24"]}
    message = a_message(topic, body, f"2016-by-{signed_by}") | {"signed_by": signed_by}
    Intake(database, lambda: at, guard=Doorman()).store_all([Arrival(json.dumps(message))])
    with database.read() as db:
        return parked.after(db, 0)[-1]


def the(database: Database, name: str) -> KeptMessage:
    """The message of this name as it is now."""
    with database.read() as db:
        (message,) = parked.meant(db, name)
    return message
