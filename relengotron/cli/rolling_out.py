"""``relengotron rollout``: which part of all machines is offered a new version, and who stops or ends that?"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime

import click
from sqlalchemy import Connection

from relengotron.cli import orders, page
from relengotron.cli.exits import Exit, Refusal
from relengotron.cli.find import the_run
from relengotron.cli.surroundings import Surroundings, now
from relengotron.cli.taken_up import say_when
from relengotron.cli.who import person
from relengotron.decisions.rolling_out import standing
from relengotron.engine.journal import rollouts, runs
from relengotron.model.codec import from_json, to_json
from relengotron.model.rollout import FOLLOWED_BY, Rollout, RolloutOrder, Standing, Wanted, lane_of
from relengotron.model.run import Run

_MOST = 10_000


@dataclass(frozen=True, slots=True)
class _Shown:
    order: RolloutOrder
    standing: Standing
    rest: str


@click.group()
def rollout() -> None:
    """Who is offered a new version by now; stop that, let it go on, or offer it to everybody."""


def _order(command: Callable[..., None]) -> Callable[..., None]:
    """What every order takes: whose rollout it is about, and why."""
    why = click.option("--reason", required=True, metavar="TEXT", help="Why; it is recorded with your name.")
    return click.argument("run")(click.argument("artifact")(why(click.pass_obj(command))))


@rollout.command("list")
@click.option("--json", "json_wanted", is_flag=True, help="For programs: the same as JSON.")
@click.pass_obj
def list_rollouts(surroundings: Surroundings, json_wanted: bool) -> None:
    """List every version that is not offered to all machines yet."""
    with surroundings.journal() as database, database.read() as db:
        found = list(_under_way(db, now()))
    if json_wanted:
        page.as_json([to_json(each) for each in found])
    elif not found:
        page.say("Nothing is being rolled out.")
    else:
        page.columns(("LANE", "ARTIFACT", "VERSION", "OFFERED", "OTHERS", "BY"), [_row(each) for each in found])


@rollout.command()
@_order
def pause(surroundings: Surroundings, run: str, artifact: str, reason: str) -> None:
    """Offer what RUN has shown of ARTIFACT to no more machines until it is resumed.

    Machines that have it keep it; to take it back: relengotron rollback.
    """
    _give(surroundings, run, artifact, Wanted.PAUSE, reason)


@rollout.command()
@_order
def resume(surroundings: Surroundings, run: str, artifact: str, reason: str) -> None:
    """Go on where the rollout was paused; the time of the pause does not count."""
    _give(surroundings, run, artifact, Wanted.RESUME, reason)


@rollout.command()
@_order
def finish(surroundings: Surroundings, run: str, artifact: str, reason: str) -> None:
    """Offer it to all machines now, such as an urgent fix."""
    _give(surroundings, run, artifact, Wanted.FINISH, reason)


def _give(surroundings: Surroundings, run: str, artifact: str, wanted: Wanted, reason: str) -> None:
    with surroundings.journal() as database:
        with database.read() as db:
            push = the_run(db, run)
            stands = standing(_of(db, push, artifact), now())
        if (wanted is Wanted.PAUSE) == (stands.paused is not None) and wanted is not Wanted.FINISH:
            raise Refusal(f"{artifact} of {push.id} is {stands}: nothing to {wanted}", Exit.NO)
        body = {"run": push.id, "agent": person(), "artifact": artifact, "wanted": str(wanted), "reason": reason}
        orders.store(surroundings, database, "rollout", [body])
    page.say(f"Asked to {wanted} the rollout of {artifact} of {push.id}, which is {stands}.")
    say_when(surroundings, "look: relengotron rollout list")


def _of(db: Connection, push: Run, artifact: str) -> Rollout:
    """A rollout that is still followed.

    Raises:
        Refusal: there is none, or it is over.
    """
    found = rollouts.find(db, push.id, artifact)
    following = None if found is None else next(iter(runs.newest(db, 1, lane=lane_of(push.id, found.name))), None)
    if found is None or following is None:
        raise Refusal(f"{push.id} rolls out no {artifact!r}; look: relengotron rollout list", Exit.NOT_FOUND)
    if (over := runs.why_over(db, following)) is not None:
        raise Refusal(f"the rollout of {artifact} of {push.id} is over: {following.id}: {over}", Exit.NO)
    return found


def _under_way(db: Connection, at: datetime) -> Iterator[_Shown]:
    for run in runs.newest(db, _MOST, states=runs.UNFINISHED):
        if run.workflow == FOLLOWED_BY:
            order = from_json(RolloutOrder, run.request)
            found = rollouts.find(db, order.push, order.artifact)
            if found is not None and found.name == order.name:
                yield _Shown(order, standing(found, at), str(found.planned.rest["identity"]))


def _row(shown: _Shown) -> tuple[str, ...]:
    order = shown.order
    identity, rest = page.shortened(order.identity, 40), page.shortened(shown.rest, 40)
    return order.lane, order.artifact, identity, str(shown.standing), rest, order.push
