"""``relengotron rollback``: back to what was published before a run; looked at first, then ordered like any wish."""

from collections.abc import Iterable

import click
from sqlalchemy import Connection

from relengotron.bootstrap import rollback_outlook
from relengotron.cli import orders, page
from relengotron.cli.exits import Exit, Refusal
from relengotron.cli.find import the_run
from relengotron.cli.surroundings import Surroundings, now
from relengotron.cli.taken_up import say_when
from relengotron.cli.who import person
from relengotron.engine.journal import rollbacks, runs
from relengotron.engine.journal.database import Database
from relengotron.errors import StateDisagrees, Transient
from relengotron.model.codec import to_json
from relengotron.model.rollback import Outlook, RollbackOrder
from relengotron.model.run import Run
from relengotron.sdk.discovery import discover
from relengotron.systems.looking import world_to_look_at


@click.command()
@click.argument("run")
@click.option("--reason", metavar="TEXT", help="Why; it is recorded with your name and told to everybody.")
@click.option("--untag", is_flag=True, help="Its builds go back to the tags they came from too.")
@click.option("--plan", "only_plan", is_flag=True, help="Say what would change, and do nothing.")
@click.option("--json", "json_wanted", is_flag=True, help="For programs: the same as JSON.")
@click.pass_obj
def rollback(
    surroundings: Surroundings, run: str, reason: str | None, untag: bool, only_plan: bool, json_wanted: bool
) -> None:
    """Take back what RUN had published: users get again what they got before it.

    It is a run of its own in the same lane, and goes before everything that waits there. Only the newest publication
    can be taken back; what it did not publish stays as it is. A rollback can be rolled back in its turn.

    Without --untag the builds stay in the tag, and the next push shows them again. Bodhi keeps the status of its
    updates in any case.

    The wish is stored and recorded with your name; the daemon takes it up within seconds.

    Exit status 0: asked for, or with --plan possible; 1: it is not possible, and what would have to be done first.
    """
    if reason is None and not only_plan:
        raise click.UsageError("say --reason TEXT, or --plan to look only")
    with surroundings.journal() as database:
        with database.read() as db:
            found = the_run(db, run)
            why, ahead = rollbacks.why_not(db, found), _ahead(db, found)
        if why is not None:
            raise Refusal(f"{found.id} cannot be rolled back: {why}", Exit.NO)
        order = RollbackOrder(found.id, person(), reason or "", untag)
        outlook = _outlook(surroundings, database, order, must_see=only_plan)
        is_ordered = not only_plan and (outlook is None or not outlook.refusals)
        if is_ordered:
            orders.store(surroundings, database, "rollback", [to_json(order)])
    if json_wanted:
        page.as_json({"run": found.id, "ordered": is_ordered, "waits_for": ahead, "outlook": to_json(outlook)})
    else:
        _show(found, outlook, ahead, untag=untag, is_ordered=is_ordered)
        if is_ordered:
            say_when(surroundings, f"look: relengotron runs list --lane {found.lane}")
    if outlook is not None and outlook.refusals:
        raise click.exceptions.Exit(Exit.NO)


def _ahead(db: Connection, run: Run) -> str | None:
    """The run that has the lane now: a rollback goes before all that waits, not before what has begun."""
    head = runs.next_in_lane(db, run.lane)
    return None if head is None or head.state not in runs.BEGUN else head.id


def _outlook(surroundings: Surroundings, database: Database, order: RollbackOrder, *, must_see: bool) -> Outlook | None:
    """What it would do, looked at from here; None where this machine cannot see it: the daemon looks for itself."""
    settings, plugins = surroundings.settings(), discover()
    try:
        return rollback_outlook(settings, world_to_look_at(settings), plugins, database, order, now)
    except (Transient, StateDisagrees) as trouble:
        if must_see:
            raise
        click.echo(f"It cannot be looked at from here: {trouble}", err=True)
        return None


def _show(run: Run, outlook: Outlook | None, ahead: str | None, *, untag: bool, is_ordered: bool) -> None:
    if outlook is not None:
        _show_outlook(run, outlook)
    if not is_ordered:
        return
    more = ", its builds too" if untag else ""
    page.say(f"Asked to roll back {run.id} ({run.lane}){more}.")
    if ahead is not None:
        page.say(f"It waits for {ahead}, which has the lane. To go first, call that off:")
        page.say(f"  relengotron runs cancel {ahead} --reason TEXT")


def _show_outlook(run: Run, outlook: Outlook) -> None:
    if outlook.refusals:
        page.say(f"{run.id} ({run.lane}) cannot be rolled back:")
        _listed(outlook.refusals)
        if outlook.command is not None:
            page.say(f"First: {outlook.command}")
        return
    page.say(f"Rollback of {run.id} ({run.lane}), in this order:")
    _listed(f"{way.artifact}: {effect}" for way in outlook.ways for effect in way.effects)
    _listed(outlook.builds)
    if outlook.stays:
        page.say("What stays as it is:")
        _listed(outlook.stays)


def _listed(sentences: Iterable[str]) -> None:
    for sentence in sentences:
        page.say(f"  {sentence}")
