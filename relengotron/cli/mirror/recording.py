"""Who has told mirrors or caches something by hand? It stands in the journal's audit."""

from relengotron.cli.surroundings import Surroundings, now
from relengotron.cli.who import person
from relengotron.engine.journal import audit


def record(surroundings: Surroundings, what: str) -> None:
    """The wish is in the journal before anything is done, if there is a journal."""
    if not surroundings.has_journal():
        return
    with surroundings.journal() as database, database.write() as db:
        audit.note(db, person(), f"mirror: {what}"[:4000], None, now())
