"""How does a person's wish reach the daemon? As a message in the inbox, like everybody's."""

import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection

from relengotron.cli import page
from relengotron.cli.exits import Exit, Refusal
from relengotron.cli.find import the_run
from relengotron.cli.surroundings import Surroundings, now
from relengotron.cli.taken_up import say_when
from relengotron.cli.who import person
from relengotron.engine.intake import Intake
from relengotron.engine.journal import runs
from relengotron.engine.journal.database import Database
from relengotron.errors import MalformedInput
from relengotron.messages.arrival import Arrival
from relengotron.messages.envelope import Envelope
from relengotron.messages.incoming import understand
from relengotron.model.run import Run


def give(
    surroundings: Surroundings,
    name: str,
    wish: str,
    reason: str,
    unless: Callable[[Connection, Run], str | None] | None = None,
) -> None:
    """Store the wish about one run and say what happens next; ``unless`` says why the person should think again.

    Raises:
        Refusal: there is no such run, or nothing can be done about it any more, or there is a reason against it.
    """
    with surroundings.journal() as database:
        with database.read() as db:
            run = the_run(db, name)
            over = runs.why_over(db, run)
            against = unless(db, run) if unless is not None else None
        if over is not None:
            raise Refusal(f"{run.id}: there is nothing to {wish}: {over}", Exit.NO)
        if against is not None:
            raise Refusal(f"{run.id}: {against}", Exit.NO)
        store(surroundings, database, wish, [{"run": run.id, "agent": person(), "reason": reason}])
    page.say(f"Asked to {wish} {run.id} ({run.lane}, {page.state_in_words(run.state)}).")
    say_when(surroundings, f"look: relengotron runs show {run.id}")


def store(surroundings: Surroundings, database: Database, wish: str, bodies: Sequence[Mapping[str, Any]]) -> None:
    """Put the wishes into the inbox, all of them or none.

    Raises:
        Refusal: the daemon could not read one of them.
    """
    bus = surroundings.settings().systems.bus
    topic = f"{bus.topic_prefix}.{bus.environment}.relengotron.person.{wish}"
    wished = [_message(topic, dict(body)) for body in bodies]
    for each in wished:
        _refuse_unless_readable(each)
    Intake(database, now).store_all([Arrival.of(each) for each in wished], is_local=True)


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
