"""``relengotron runs``: what was done, what is being done, and a word with the daemon about one run."""

import click

from relengotron.cli import orders, page
from relengotron.cli.details import details, for_programs, show
from relengotron.cli.find import the_run
from relengotron.cli.overview import current_step
from relengotron.cli.surroundings import Surroundings, now
from relengotron.engine.journal import runs as journal
from relengotron.model.codec import to_json
from relengotron.model.run import RunState


@click.group()
def runs() -> None:
    """List runs, show one, or ask the daemon to try one again or call it off."""


@runs.command("list")
@click.option("--lane", metavar="LANE", help="Only this lane, such as F24/testing.")
@click.option(
    "--state", "states", multiple=True, type=click.Choice([str(each) for each in RunState]), help="Only these."
)
@click.option("--limit", default=20, show_default=True, type=click.IntRange(1, 10_000), help="At most this many.")
@click.option("--json", "json_wanted", is_flag=True, help="For programs: the same as JSON.")
@click.pass_obj
def list_runs(
    surroundings: Surroundings, lane: str | None, states: tuple[str, ...], limit: int, json_wanted: bool
) -> None:
    """List runs, the newest first."""
    wanted = [RunState(state) for state in states]
    at = now()
    with surroundings.journal() as database, database.read() as db:
        found = journal.newest(db, limit, lane=lane, states=wanted)
        steps = {run.id: current_step(journal.steps_of(db, run.id)) for run in found}
    if json_wanted:
        page.as_json([to_json(run) for run in found])
        return
    rows = []
    for run in found:
        step = steps[run.id]
        took = page.length((run.finished_at or at) - run.created_at)
        where = f"{page.promise(step.name)}: {run.reason}" if step is not None and run.reason else run.reason
        rows.append((run.id, run.lane, page.state_in_words(run.state), page.clock(run.created_at, at), took, where))
    page.columns(("RUN", "LANE", "STATE", "OPENED", "TOOK", "WHY"), rows)
    if not found:
        page.say("none")


@runs.command("show")
@click.argument("run")
@click.option("--json", "json_wanted", is_flag=True, help="For programs: the same as JSON.")
@click.pass_obj
def show_run(surroundings: Surroundings, run: str, json_wanted: bool) -> None:
    """Show all that is known of one RUN: steps, subjects, holds, changes outside, messages.

    The end of an id is enough.
    """
    with surroundings.journal() as database, database.read() as db:
        known = details(db, the_run(db, run))
    if json_wanted:
        page.as_json(for_programs(known))
    else:
        show(known, now())


@runs.command("retry")
@click.argument("run")
@click.pass_obj
def retry_run(surroundings: Surroundings, run: str) -> None:
    """Try again what failed or what waits in RUN; what is done already stays done.

    The wish is stored and recorded with your name; the daemon takes it up within seconds.
    """
    orders.give(surroundings, run, "retry", "")


@runs.command("cancel")
@click.argument("run")
@click.option("--reason", required=True, metavar="TEXT", help="Why; it is recorded and told to everybody.")
@click.pass_obj
def cancel_run(surroundings: Surroundings, run: str, reason: str) -> None:
    """Call RUN off: what it changed outside is taken back, the last change first.

    The wish is stored and recorded with your name; the daemon takes it up within seconds.
    """
    orders.give(surroundings, run, "cancel", reason)
