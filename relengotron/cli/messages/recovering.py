"""``relengotron messages recover``: look for lost messages now."""

import click

from relengotron.cli.exits import Exit, Refusal
from relengotron.cli.surroundings import Surroundings, now
from relengotron.cli.taken_up import say_when
from relengotron.cli.who import person
from relengotron.engine.journal import audit, watermarks


@click.command("recover")
@click.pass_obj
def recover(surroundings: Surroundings) -> None:
    """Look now for messages that the bus has lost; the daemon asks datagrepper within seconds, or when it is up.

    It does so by itself at its start, after a gap and every so often. It is recorded with your name.
    """
    if surroundings.settings().systems.datagrepper is None:
        raise Refusal("systems.yaml names no datagrepper: there is no history to look into", Exit.NO)
    with surroundings.journal() as database, database.write() as db:
        asked = watermarks.ask(db)
        audit.note(db, person(), "lost messages looked for", None, now())
    if not asked:
        raise Refusal("the daemon has never looked yet; it does so when it starts", Exit.NO)
    say_when(surroundings, "what it cannot find is told by: relengotron status", "looks")
