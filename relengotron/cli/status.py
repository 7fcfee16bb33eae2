"""``relengotron status``: one screen that says what runs, what waits for whom, and what to type."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

import click
from sqlalchemy import Connection

from relengotron.cli import page
from relengotron.cli.agenda import agenda
from relengotron.cli.agenda import for_programs as agenda_for_programs
from relengotron.cli.agenda import in_words as agenda_in_words
from relengotron.cli.alarms import alarms
from relengotron.cli.exits import Exit, Refusal
from relengotron.cli.gates import in_brief
from relengotron.cli.overview import LaneView, Overview, overview
from relengotron.cli.past import PastView, for_programs, in_words, past
from relengotron.cli.surroundings import Surroundings, now
from relengotron.cli.what import what
from relengotron.engine.history import History
from relengotron.engine.journal import runs
from relengotron.engine.journal.database import Database
from relengotron.engine.journal.inbox import MessageState
from relengotron.engine.journal.outbox import OutboxMessage
from relengotron.engine.sole import is_held
from relengotron.messages.eta import told
from relengotron.model.codec import to_json
from relengotron.model.estimate import Eta
from relengotron.model.run import RunState
from relengotron.settings.fingerprint import fingerprint

Etas = Mapping[str, Eta | None]

_MOST_LINES: Final = 10
_GOING: Final = (RunState.QUEUED, RunState.OPEN)


@click.command()
@click.option("--json", "json_wanted", is_flag=True, help="For programs: the same as JSON.")
@click.option("--check", is_flag=True, help="Exit with 1 if anything needs a person or no daemon runs; say why.")
@click.pass_obj
def status(surroundings: Surroundings, json_wanted: bool, check: bool) -> None:
    """Say what runs, what waits for what and whom, and which command helps."""
    settings = surroundings.settings()
    lanes = [str(lane) for lane in settings.lanes]
    with surroundings.journal() as database, database.read() as db:
        daemon_runs, configuration = is_held(settings.journal.url), fingerprint(settings.directory)
        seen = overview(db, lanes, now(), daemon_runs=daemon_runs, configuration=configuration)
        looked_back = past(db, settings, now())
        etas = _etas(database, db, seen)
        coming, at_gates = agenda(db, settings, seen.at), in_brief.gates(db, settings, seen.at)
        left = in_brief.left(db, settings)
    reasons = [*alarms(seen, looked_back), *in_brief.alarms(at_gates, left)]
    if json_wanted:
        more = {"past": for_programs(looked_back), "alarms": reasons, "calendar": agenda_for_programs(coming)}
        more |= {"gates": in_brief.for_programs(at_gates)}
        page.as_json(_for_programs(seen, etas) | more)
    else:
        _show(seen, looked_back, etas, agenda_in_words(coming, seen.at), in_brief.in_words(at_gates, left))
    if check and reasons:
        raise Refusal("\n".join(["somebody must act:", *(f"  {reason}" for reason in reasons)]), Exit.NO)


def _etas(database: Database, db: Connection, seen: Overview) -> Etas:
    """By lane, for every run that goes on by itself, how long it still takes."""
    going = [view.run for view in seen.lanes if view.run is not None and view.run.state in _GOING]
    if not going:
        return {}
    from relengotron.cli.progress import eta_of  # the workflows are slow to import, and a calm night needs none of them

    history = History(database)
    return {run.lane: eta_of(history, run, runs.steps_of(db, run.id), seen.at) for run in going}


def _show(seen: Overview, looked_back: Sequence[PastView], etas: Etas, coming: str, gates: str) -> None:
    page.say(f"relengotron at {seen.at:%Y-%m-%d %H:%M:%S} UTC", bold=True)
    lost = in_words(looked_back, seen.at)
    page.fields(
        [
            ("Runs", _runs(seen)),
            ("Messages", _messages(seen)),
            ("Lost", lost),
            ("To send", _unsent(seen)),
            ("Calendar", coming),
            ("Gates", gates),
        ]
    )
    if not seen.daemon_runs:
        page.say("  The daemon is down: nobody works on this journal.", state="failed")
        page.say("  Look: systemctl status relengotron; journalctl -u relengotron -n 50")
    elif seen.overdue_since is not None:
        late = page.clock(seen.overdue_since, seen.at)
        page.say(f"  The daemon seems to be down: something has been due since {late}.", state="failed")
        page.say("  Look: systemctl status relengotron; journalctl -u relengotron -n 50")
    if seen.is_outdated:
        page.say("  The configuration was edited after the daemon had read it.", state="held")
        page.say("  Look: relengotron check-config && systemctl restart relengotron")
    for view in seen.lanes:
        page.say()
        _show_lane(view, etas.get(view.lane), seen.at)


def _runs(seen: Overview) -> str:
    parts = [f"{count} {page.state_in_words(state)}" for state, count in sorted(seen.runs.items()) if count]
    return ", ".join(parts) or "none yet"


def _messages(seen: Overview) -> str:
    if seen.last_received is None:
        return "none has come in yet"
    lines = [f"the last came in at {page.clock(seen.last_received, seen.at)}"]
    new = seen.messages.get(MessageState.NEW, 0)
    if new:
        lines.append(f"{new} not read yet")
    parked = seen.messages.get(MessageState.PARKED, 0)
    if parked:
        lines.append(f"{parked} could not be understood or believed and were put aside; look: relengotron messages")
        lines += [f"  {message.topic}: {message.reason.splitlines()[0]}" for message in seen.parked if message.reason]
    if seen.refused:
        times = sum(each.count for each in seen.refused)
        last = page.clock(seen.refused[0].last_at, seen.at)
        were = "was" if times == 1 else "were"
        lines.append(f"{times} {were} not believed, the last at {last}; look: relengotron messages list --refused")
    return "\n".join(lines)


def _unsent(seen: Overview) -> str:
    if not seen.unsent or seen.unsent_since is None:
        return ""
    since = page.clock(seen.unsent_since, seen.at)
    lines = [f"{seen.unsent} of our own messages, the oldest from {since}; if it stays so: relengotron doctor"]
    if seen.not_accepted:
        lines.append(f"{len(seen.not_accepted)} of them the bus does not take as they are; report it:")
        lines += [_refused(each) for each in seen.not_accepted[:_MOST_LINES]]
    return "\n".join(lines)


def _refused(message: OutboxMessage) -> str:
    of = f" of {message.run}" if message.run is not None else ""
    return f"  {message.topic}{of}: {message.trouble}; tried {message.attempts} times"


def _show_lane(view: LaneView, eta: Eta | None, at: datetime) -> None:
    run = view.run
    if run is None:
        page.say(f"{view.lane}  idle, no run yet")
    elif run.state in (RunState.DONE, RunState.CANCELLED):
        ended = page.clock(run.finished_at or run.updated_at, at)
        page.say(
            f"{view.lane}  idle; the last run ({what(run)}) was {page.state_in_words(run.state)} at {ended}: {run.id}"
        )
        page.fields([("left behind", _setbacks(view))])
    else:
        page.say(f"{view.lane}  {page.state_in_words(run.state).upper()}", state=run.state, bold=True)
        page.fields(_lane_fields(view, eta, at))


def _lane_fields(view: LaneView, eta: Eta | None, at: datetime) -> Iterator[tuple[str, str]]:
    run = view.run
    assert run is not None  # noqa: S101 - the caller has looked
    yield "run", f"{run.id} ({what(run)}), opened {page.clock(run.created_at, at)}"
    if view.step is not None:
        yield "step", f"{page.promise(view.step.name)}, since {page.clock(view.step.started_at, at)}"
        if view.step.troubles:
            yield "trouble", f"{view.step.troubles} times in a row, since {_since_trouble(view, at)}"
    yield "ETA", "" if eta is None else str(eta)
    if view.hold is not None:
        yield "missing", "\n".join(view.hold.missing)
        yield "waits", f"since {page.clock(view.hold.since, at)} until {page.clock(view.hold.deadline, at)}"
        yield "who", view.hold.owner
    elif run.reason:
        yield "why" if run.state.is_finished else "waits for", run.reason
    if view.hold is None and run.look_again_at is not None and not run.state.is_finished:
        yield "looks again", page.clock(run.look_again_at, at)
    if view.command is not None:
        yield "do", view.command
        yield "more", f"relengotron explain {run.id}"
    yield "left behind", _setbacks(view)
    if view.queued > 0:
        yield "behind it", f"{view.queued} more {'run' if view.queued == 1 else 'runs'}"


def _setbacks(view: LaneView) -> str:
    lines = [f"{each.subject_kind} {each.subject} {each.state}: {each.reason}" for each in view.setbacks[:_MOST_LINES]]
    if len(view.setbacks) > _MOST_LINES and view.run is not None:
        lines.append(f"and {len(view.setbacks) - _MOST_LINES} more: relengotron explain {view.run.id}")
    return "\n".join(lines)


def _since_trouble(view: LaneView, at: datetime) -> str:
    assert view.step is not None  # noqa: S101 - the caller has looked
    return page.clock(view.step.trouble_since or view.step.started_at, at)


def _for_programs(seen: Overview, etas: Etas) -> dict[str, Any]:
    return {
        "at": seen.at.isoformat(),
        "runs": {str(state): count for state, count in seen.runs.items()},
        "messages": {
            "counts": {str(state): count for state, count in seen.messages.items()},
            "last_received": to_json(seen.last_received),
            "refused": [to_json(each) for each in seen.refused],
            "unsent": seen.unsent,
            "unsent_since": to_json(seen.unsent_since),
            "not_accepted": [to_json(each) for each in seen.not_accepted],
        },
        "daemon_runs": seen.daemon_runs,
        "is_outdated": seen.is_outdated,
        "parked_orders": seen.parked_orders,
        "overdue_since": to_json(seen.overdue_since),
        "lanes": [_lane_for_programs(view, etas.get(view.lane)) for view in seen.lanes],
    }


def _lane_for_programs(view: LaneView, eta: Eta | None) -> dict[str, Any]:
    run = view.run
    return {
        "lane": view.lane,
        "run": run.id if run is not None else None,
        "state": str(run.state) if run is not None else "idle",
        "reason": run.reason if run is not None else "",
        "look_again_at": to_json(run.look_again_at) if run is not None else None,
        "step": to_json(view.step),
        "eta": told(eta),
        "hold": to_json(view.hold),
        "needs_a_person": view.needs_a_person,
        "command": view.command,
        "queued": view.queued,
        "left_behind": [to_json(each) for each in view.setbacks],
    }
