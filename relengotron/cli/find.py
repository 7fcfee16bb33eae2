"""Which run do people mean?"""

from sqlalchemy import Connection

from relengotron.cli.exits import Exit, Refusal
from relengotron.engine.journal import runs
from relengotron.model.run import Run


def the_run(db: Connection, name: str) -> Run:
    """The run with this id or with this part of an id.

    Raises:
        Refusal: there is none, or there are several.
    """
    found = runs.find(db, name) if name else None
    if found is not None:
        return found
    newest = "\n".join(f"  {run.id}  {run.lane}  {run.state}" for run in runs.newest(db, 5))
    text = f"{name!r} names no run, or more than one; the end of an id is enough. The newest runs:"
    raise Refusal(f"{text}\n{newest or '  none yet'}", Exit.NOT_FOUND)
