"""``relengotron gate status``: what is pending, testing, stuck, moving and in quarantine; since when, for how long."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

import click

from relengotron.cli import page
from relengotron.cli.gates import in_brief, status_page
from relengotron.cli.gates.find import gates_with, no_gates, the_gate
from relengotron.cli.gates.standing import GateView, Standing, standing
from relengotron.cli.surroundings import Surroundings, now
from relengotron.decisions import passing
from relengotron.engine.history import History
from relengotron.engine.journal.database import Database
from relengotron.engine.sole import is_held
from relengotron.messages.eta import told
from relengotron.model.codec import to_json
from relengotron.model.estimate import Eta
from relengotron.settings import Settings
from relengotron.settings.gates import Gate

EtaOf = Callable[[Standing], Eta | None]


@click.command("status")
@click.option("--gate", metavar="GATE", help="Only this gate.")
@click.option("--tag", metavar="TAG", help="Only gates that have to do with this Koji tag.")
@click.option("--all", "all_wanted", is_flag=True, help="Every batch and build, not only the oldest.")
@click.option("--json", "json_wanted", is_flag=True, help="For programs: all of it as JSON.")
@click.pass_obj
def gate_status(
    surroundings: Surroundings, gate: str | None, tag: str | None, all_wanted: bool, json_wanted: bool
) -> None:
    """Say what is pending, testing, stuck, moving and in quarantine at every gate; how fast, and how long it takes.

    Exit status 3: there is no such gate.
    """
    settings = surroundings.settings()
    wanted = _wanted(settings, gate, tag)
    if not wanted and not surroundings.has_journal():
        page.as_json([]) if json_wanted else page.say(no_gates(settings))
        return
    at, daemon_runs = now(), is_held(settings.journal.url)
    with surroundings.journal() as database:
        with database.read() as db:
            views = [standing(db, name, each, each.owner or settings.owner, at) for name, each in wanted.items()]
            left = in_brief.left(db, settings)
        eta_of = _etas(database, at)
        if json_wanted:
            page.as_json([_for_programs(each, eta_of, daemon_runs) for each in views])
        else:
            status_page.show(views, eta_of, daemon_runs=daemon_runs, all_wanted=all_wanted)
            status_page.show_left(left, none_yet="" if views else no_gates(settings))


def _wanted(settings: Settings, gate: str | None, tag: str | None) -> Mapping[str, Gate]:
    if gate is not None:
        return {gate: the_gate(settings, gate)}
    return settings.gates if tag is None else gates_with(settings, tag)


def _etas(database: Database, at: datetime) -> EtaOf:
    """From the history of the gate, asked only where the answer is shown."""
    history = History(database)

    def ask(each: Standing) -> Eta | None:
        from relengotron.cli.progress import eta_of  # the workflows are slow to import

        return None if each.answering is None else eta_of(history, each.answering.run, each.answering.steps, at)

    return ask


def _for_programs(view: GateView, eta_of: EtaOf, daemon_runs: bool) -> dict[str, Any]:
    pending, target, quarantine = view.gate.tags
    youngest = status_page.youngest(view)
    return {
        "at": view.at.isoformat(),
        "daemon_runs": daemon_runs,
        "gate": view.name,
        "tags": {"pending": pending, "target": target, "quarantine": quarantine},
        "is_open": not view.closings,
        "closings": [to_json(each) for each in view.closings],
        "look": to_json(view.look),
        "counts": {str(state): count for state, count in view.counts.items()},
        "pending": [_build(view, each.nvr) | to_json(each) for each in view.pending],
        "batches": [_standing(view, each, eta_of(each)) for each in view.batches],
        "quarantine": [_standing(view, each, None) for each in view.quarantine],
        "through": {
            "day": {str(state): count for state, count in view.pace.day.items()},
            "week": {str(state): count for state, count in view.pace.week.items()},
            "usual_s": to_json(view.pace.usual),
        },
        "eta_s": None if youngest is None else to_json(view.pace.rest(view.at - youngest)),
    }


def _standing(view: GateView, each: Standing, eta: Eta | None) -> dict[str, Any]:
    return {
        "name": each.name,
        "state": _state(each),
        "since": each.since.isoformat(),
        "builds": [_build(view, build.nvr) | to_json(build) for build in each.builds],
        "run": None if each.run is None else each.run.id,
        "step": to_json(each.step),
        "waits_for": each.waits_for,
        "hold": to_json(each.hold),
        "stuck": to_json(each.stuck),
        "eta": told(eta),
    }


def _state(each: Standing) -> str:
    if each.stuck:
        return "stuck"
    if each.is_in_quarantine:
        return "quarantined"
    if each.is_moving:
        return "moving"
    return "ready" if each.is_ready else "testing"


def _build(view: GateView, nvr: str) -> dict[str, Any]:
    given = view.passes.get(nvr, ())
    return {"passes": [to_json(each) for each in given], "is_let_through": passing.is_let_through(given)}
