"""``relengotron runs``: what was done, what is being done, and a word with the daemon about one run."""

import click
from sqlalchemy import Connection

from relengotron.cli import orders, page
from relengotron.cli.details import details, for_programs, show
from relengotron.cli.ejecting import LIVE
from relengotron.cli.find import the_run
from relengotron.cli.overview import current_step
from relengotron.cli.surroundings import Surroundings, now
from relengotron.cli.what import what
from relengotron.engine.history import History
from relengotron.engine.journal import effects
from relengotron.engine.journal import runs as journal
from relengotron.model.codec import to_json
from relengotron.model.run import Run, RunState


@click.group()
def runs() -> None:
    """List runs, show one, watch them, or ask the daemon to try one again or call it off."""


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
        opened, took = page.clock(run.created_at, at), page.length((run.finished_at or at) - run.created_at)
        where = f"{page.promise(step.name)}: {run.reason}" if step is not None and run.reason else run.reason
        rows.append((run.id, run.lane, what(run), page.state_in_words(run.state), opened, took, where))
    page.columns(("RUN", "LANE", "WHAT", "STATE", "OPENED", "TOOK", "WHY"), rows)
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
    from relengotron.cli.progress import eta_of  # the workflows are slow to import, and a list needs none of them

    at = now()
    with surroundings.journal() as database, database.read() as db:
        known = details(db, the_run(db, run))
        eta = eta_of(History(database), known.run, {step.name: step for step in known.steps}, at)
    if json_wanted:
        page.as_json(for_programs(known, eta))
    else:
        show(known, eta, at)


@runs.command("watch")
@click.argument("run", required=False)
@click.option("--once", is_flag=True, help="Show it once and do not wait.")
@click.option("--json", "json_wanted", is_flag=True, help="For programs: a line of JSON for each change of a run.")
@click.pass_context
def watch_run(ctx: click.Context, run: str | None, once: bool, json_wanted: bool) -> None:
    """Watch RUN, or all that is in flight, until it is over: step, ETA, artifacts, who must act.

    The ETA is the middle of what former runs took, with the range that holds most of them. Nothing is changed.

    Exit status 0: what was watched is done; 1: some of it failed or was cancelled; 130: Ctrl-C.
    """
    from relengotron.cli.watching import watch  # rich and the workflows are slow to import, and no list needs them

    ctx.exit(watch(ctx.obj, run, once=once, json_wanted=json_wanted))


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
@click.option("--yes", is_flag=True, help="Also where users have its bits already: they get back what they had before.")
@click.pass_obj
def cancel_run(surroundings: Surroundings, run: str, reason: str, yes: bool) -> None:
    """Call RUN off: what it changed outside is taken back, the last change first.

    A run that only waits for what it left behind has shown all the rest: without --yes nothing is taken from users.

    The wish is stored and recorded with your name; the daemon takes it up within seconds.
    """
    orders.give(surroundings, run, "cancel", reason, unless=None if yes else _why_ask_first)


def _why_ask_first(db: Connection, run: Run) -> str | None:
    keys = (each.key.removeprefix(LIVE) for each in effects.beginning_with(db, run.id, LIVE))
    shown = dict.fromkeys(key.partition(" round ")[0] for key in keys)
    if not shown:
        return None
    return f"users may have {', '.join(shown)} already; to take that back as well, say it again with --yes"
