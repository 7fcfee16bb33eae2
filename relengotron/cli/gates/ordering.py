"""``relengotron gate close``, ``open`` and ``pass``: what people say about a gate, stored like any wish."""

from collections.abc import Callable, Mapping, Sequence
from shlex import quote

import click

from relengotron.cli import moments, orders, page
from relengotron.cli.exits import Exit, Refusal
from relengotron.cli.gates.find import the_gate
from relengotron.cli.surroundings import Surroundings, now
from relengotron.cli.taken_up import say_when
from relengotron.cli.who import person
from relengotron.decisions import passing
from relengotron.engine.journal import gate_orders, gated
from relengotron.engine.journal.database import Database
from relengotron.model.gated import BuildState, GatedBuild, Pass


def _with_a_reason(command: Callable[..., None]) -> Callable[..., None]:
    why = click.option("--reason", required=True, metavar="TEXT", help="Why; it is recorded and told with your name.")
    return why(click.pass_obj(command))


@click.command("close")
@click.argument("gate")
@click.option("--until", metavar="TIME", help="Until when, such as 2h, 3d or 2016-11-01T12:00:00Z; else until opened.")
@_with_a_reason
def close_gate(surroundings: Surroundings, gate: str, until: str | None, reason: str) -> None:
    """Let nothing move through GATE until it is opened, as in a freeze. Builds come and are tested all the same.

    What moves already is finished. Several people may close a gate; whoever opens it ends all of that.

    The wish is stored and recorded with your name; the daemon takes it up within seconds.
    """
    the_gate(surroundings.settings(), gate)
    ends = None if until is None else moments.until(until, now())
    body = {"gate": gate, "agent": person(), "reason": reason, "until": None if ends is None else ends.isoformat()}
    with surroundings.journal() as database:
        orders.store(surroundings, database, "gate.close", [body])
    page.say(
        f"Asked to close gate {gate} {'until it is opened' if ends is None else f'until {page.clock(ends, now())}'}."
    )
    say_when(surroundings, f"look: relengotron gate status --gate {gate}")


@click.command("open")
@click.argument("gate")
@_with_a_reason
def open_gate(surroundings: Surroundings, gate: str, reason: str) -> None:
    """Let builds move through GATE again, whoever has closed it.

    A freeze in a policy is not ended by this: that is a matter of config/policies.

    Exit status 1: nobody has closed it.
    """
    the_gate(surroundings.settings(), gate)
    with surroundings.journal() as database:
        with database.read() as db:
            closings = gate_orders.closings_of(db, gate, now())
        if not closings:
            raise Refusal(f"nobody has closed gate {gate}: there is nothing to open", Exit.NO)
        orders.store(surroundings, database, "gate.open", [{"gate": gate, "agent": person(), "reason": reason}])
    for each in closings:
        page.say(f"Asked to open gate {gate}, which {each.who} closed: {each.why}")
    say_when(surroundings, f"look: relengotron gate status --gate {gate}")


@click.command("pass")
@click.argument("gate")
@click.argument("builds", metavar="NVR...", nargs=-1, required=True)
@_with_a_reason
def let_pass(surroundings: Surroundings, gate: str, builds: Sequence[str], reason: str) -> None:
    """Let these builds through GATE in an emergency, whatever tests, dependencies and closings say.

    It takes two different people. Koji's own policy is asked all the same. Who let what pass is recorded and told.

    Exit status 1: one of the builds needs nobody's word any more; 3: one of them never came to this gate.
    """
    the_gate(surroundings.settings(), gate)
    builds = tuple(dict.fromkeys(builds))
    with surroundings.journal() as database:
        known, given = _known(database, gate, builds)
        body = {"gate": gate, "agent": person(), "builds": list(builds), "reason": reason}
        orders.store(surroundings, database, "gate.pass", [body])
    for build in builds:
        page.say(_told(known[build], given.get(build, ())))
    say_when(surroundings, f"look: relengotron gate status --gate {gate}")


def _known(
    database: Database, gate: str, builds: Sequence[str]
) -> tuple[Mapping[str, GatedBuild], Mapping[str, list[Pass]]]:
    """The builds as they stand at the gate, and who let them pass before.

    Raises:
        Refusal: one of them is not at the gate, or not any more.
    """
    with database.read() as db:
        known = {each: found for each in builds if (found := gated.find(db, gate, each)) is not None}
        given: dict[str, list[Pass]] = {}
        for each in gate_orders.passes_of(db, gate, builds):
            given.setdefault(each.nvr, []).append(each)
    strangers = [each for each in builds if each not in known]
    if strangers:
        raise Refusal(f"never came to gate {gate}: {', '.join(strangers)}. Nothing was stored.", Exit.NOT_FOUND)
    over = [f"{each.nvr} is {each.state} already" for each in known.values() if each.state.is_settled]
    if over:
        raise Refusal(f"{'; '.join(over)}. Nothing was stored.", Exit.NO)
    return known, given


def _told(build: GatedBuild, given: Sequence[Pass]) -> str:
    own = Pass(build.gate, build.nvr, person(), "", now())
    more = ""
    if build.state is BuildState.QUARANTINED:
        release = f"relengotron quarantine release {quote(build.nvr)} --gate {build.gate} --reason TEXT"
        more = f"\n  It is in quarantine; out of it: {release}"
    return f"Asked to let {build.nvr} pass: {passing.in_words([*given, own])}.{more}"
