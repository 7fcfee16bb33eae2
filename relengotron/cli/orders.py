"""How does a person's wish reach the daemon? As a message in the inbox, like everybody's."""

import time
import uuid
from typing import Any

from relengotron.cli import page
from relengotron.cli.exits import Exit, Refusal
from relengotron.cli.find import the_run
from relengotron.cli.surroundings import Surroundings, now, person
from relengotron.engine.intake import Intake
from relengotron.engine.journal import runs
from relengotron.errors import MalformedInput
from relengotron.messages.envelope import Envelope
from relengotron.messages.incoming import understand


def give(surroundings: Surroundings, name: str, wish: str, reason: str) -> None:
    """Store the wish about one run and say what happens next.

    Raises:
        Refusal: there is no such run, or nothing can be done about it any more.
    """
    bus = surroundings.settings().systems.bus
    with surroundings.journal() as database:
        with database.read() as db:
            run = the_run(db, name)
            over = runs.why_over(db, run)
        if over is not None:
            raise Refusal(f"{run.id}: there is nothing to {wish}: {over}", Exit.NO)
        topic = f"{bus.topic_prefix}.{bus.environment}.relengotron.person.{wish}"
        wished = _message(topic, {"run": run.id, "agent": person(), "reason": reason})
        _refuse_unless_readable(wished)
        Intake(database, now).store(wished, is_local=True)
    page.say(f"Asked to {wish} {run.id} ({run.lane}, {page.state_in_words(run.state)}).")
    page.say(f"The daemon takes it up within seconds; look: relengotron runs show {run.id}")


def _refuse_unless_readable(wished: dict[str, Any]) -> None:
    """What the daemon could not read must not be promised to anybody."""
    try:
        understand(Envelope.read(wished))
    except MalformedInput as refused:
        raise Refusal(str(refused), Exit.USAGE) from refused


def _message(topic: str, body: dict[str, Any]) -> dict[str, Any]:
    return {
        "topic": topic,
        "msg": body,
        "msg_id": f"{now().year}-{uuid.uuid4()}",
        "timestamp": int(time.time()),
        "i": 1,
        "username": body["agent"],
    }
