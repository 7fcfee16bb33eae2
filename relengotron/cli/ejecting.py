"""``relengotron eject``: a person throws one update out of a push, and the rest goes on."""

from collections.abc import Iterable

import click
from sqlalchemy import Connection

from relengotron.cli import orders, page
from relengotron.cli.exits import Exit, Refusal
from relengotron.cli.find import the_run
from relengotron.cli.surroundings import Surroundings
from relengotron.cli.taken_up import say_when
from relengotron.cli.who import person
from relengotron.engine.journal import effects, evidence, runs
from relengotron.model.batch import EJECTED
from relengotron.model.run import DECISION, Evidence, Run

LIVE = "live "
"""What the keys of effects begin with that show bits to users; ``workflows/releasing.py`` writes them."""


@click.command()
@click.argument("run")
@click.argument("update", metavar="UPDATE|BUILD")
@click.option("--reason", required=True, metavar="TEXT", help="Why; it is recorded with your name and told to Bodhi.")
@click.pass_obj
def eject(surroundings: Surroundings, run: str, update: str, reason: str) -> None:
    """Throw UPDATE (its alias, or one of its builds) out of RUN, as long as nothing of RUN is live.

    Its builds go back to the tags they came from, the repos are mashed without them, and what was made of them is
    composed anew. What holds nothing of them keeps its compose and its test results.

    The wish is stored and recorded with your name; the daemon takes it up within seconds.
    """
    with surroundings.journal() as database:
        with database.read() as db:
            found = the_run(db, run)
            _refuse_if_late(db, found)
            alias = _alias(db, found, update)
        body = {"run": found.id, "agent": person(), "update": alias, "reason": reason}
        orders.store(surroundings, database, "eject", [body])
    page.say(f"Asked to eject {alias} from {found.id} ({found.lane}, {page.state_in_words(found.state)}).")
    say_when(surroundings, f"look: relengotron explain {alias}")


def _refuse_if_late(db: Connection, run: Run) -> None:
    over = runs.why_over(db, run)
    if effects.beginning_with(db, run.id, LIVE):
        text = f"too late, it is live; to take the push back as a whole: relengotron rollback {run.id} --reason TEXT"
        raise Refusal(f"{run.id}: {text}", Exit.NO)
    if over is not None:
        raise Refusal(f"{run.id}: there is nothing to eject: {over}", Exit.NO)


def _alias(db: Connection, run: Run, name: str) -> str:
    """The update that is meant; a run that has not looked at Bodhi yet knows only what it was asked for."""
    updates = {each.subject: each for each in evidence.of_run(db, run.id) if each.subject_kind == "update"}
    if not updates:
        return name
    found = [each for each in updates.values() if name == each.subject or name in _builds(each)]
    if not found:
        raise Refusal(f"{run.id} has no update {name!r}. There are:\n{_listed(updates.values())}", Exit.NOT_FOUND)
    if len(found) > 1:
        aliases = ", ".join(each.subject for each in found)
        raise Refusal(f"{name} is in several updates; it goes when all of them are ejected: {aliases}", Exit.USAGE)
    meant = found[0]
    if effects.find(db, run.id, f"{DECISION}{EJECTED}{meant.subject}") is not None or meant.state == "ejected":
        raise Refusal(f"{run.id}: {meant.subject} is {meant.state} already: {meant.reason}", Exit.NO)
    return meant.subject


def _builds(update: Evidence) -> list[str]:
    return list(update.facts.get("builds", ()))


def _listed(updates: Iterable[Evidence]) -> str:
    return "\n".join(f"  {each.subject}  {' '.join(_builds(each))}  {each.state}" for each in updates)
