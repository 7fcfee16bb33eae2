"""``relengotron runs watch``: look at runs in flight until they are over."""

import json
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from signal import SIGINT
from time import sleep as pause
from typing import Final

import click
from rich.console import Console
from rich.live import Live
from sqlalchemy import Connection

from relengotron.cli import page, picture
from relengotron.cli.exits import Exit
from relengotron.cli.find import the_run
from relengotron.cli.picture import Picture
from relengotron.cli.progress import Progress, for_programs, progress
from relengotron.cli.surroundings import Surroundings, now
from relengotron.engine.history import History
from relengotron.engine.journal import runs
from relengotron.engine.journal.database import Database
from relengotron.engine.sole import is_held
from relengotron.model.codec import to_json
from relengotron.model.gated import gate_of_lane
from relengotron.model.run import Run, RunState

EVERY: Final = timedelta(seconds=1)
INTERRUPTED: Final = 128 + SIGINT
"""As a shell says it of any program that was ended by Ctrl-C."""

_MOST_QUEUED: Final = 10_000

LINGERS: Final = timedelta(minutes=1)
"""For how long the end of a run is shown while others go on."""

Show = Callable[[Picture], None]


def watch(surroundings: Surroundings, run: str | None, *, once: bool, json_wanted: bool) -> int:
    """Watch until it is over; the exit status that says how it ended."""
    with surroundings.journal() as database:
        lookout = Lookout(database, surroundings.settings().journal.url, run)
        try:
            with _way_of_showing(once, json_wanted) as show:
                follow(lookout.look, show, once=once)
        except KeyboardInterrupt:
            return INTERRUPTED
    return Exit.OK if lookout.all_ended_well else Exit.NO


def is_a_terminal() -> bool:
    """Whether somebody looks, and not a file or a pipe."""
    return sys.stdout.isatty()


def follow(look: Callable[[], Picture], show: Show, *, once: bool) -> None:
    """Look and show every second, until there is nothing left to wait for."""
    while True:
        seen = look()
        show(seen)
        if once or all(each.run.state.is_finished for each in seen.runs):
            return
        pause(EVERY.total_seconds())


class Lookout:
    """Reads the journal again and again; remembers what it has watched, so that the end of a run is seen."""

    def __init__(self, database: Database, url: str, wanted: str | None) -> None:
        """Watch one run, or, when none is named, the one of every lane whose turn it is."""
        self._database = database
        self._url = url
        self._wanted = wanted
        self._history = History(database)
        self._watched: set[str] = set()
        self.all_ended_well = True
        """Whether none of the runs that are over by now ended without its promise."""

    def look(self) -> Picture:
        """What stands in the journal now."""
        at = now()
        with self._database.read() as db:
            found = self._one(db, self._wanted) if self._wanted is not None else self._all(db, at)
            self._watched = {run.id for run in found}
            ended = [run for run in found if run.state.is_finished]
            self.all_ended_well &= all(run.state is RunState.DONE for run in ended)
            behind = 0 if self._wanted is not None else _behind(db, found)
            seen = [progress(db, self._history, run, at) for run in found]
        return Picture(at, is_held(self._url), seen, behind)

    def _one(self, db: Connection, wanted: str) -> list[Run]:
        run = the_run(db, wanted)
        self._wanted = run.id
        return [run]

    def _all(self, db: Connection, at: datetime) -> list[Run]:
        heads = {run.id: run for run in runs.heads_of_lanes(db) if gate_of_lane(run.lane) is None}
        others = [run for each in self._watched if each not in heads and (run := runs.find(db, each)) is not None]
        fresh = [run for run in others if run.finished_at is None or at - run.finished_at < LINGERS]
        return sorted([*heads.values(), *fresh], key=lambda run: (run.lane, run.id))


def _behind(db: Connection, shown: Sequence[Run]) -> int:
    """How many wait besides; batches at gates have lanes of their own, and a page of their own."""
    in_lanes = [run for run in runs.newest(db, _MOST_QUEUED, states=(RunState.QUEUED,)) if not gate_of_lane(run.lane)]
    return len(in_lanes) - sum(run.state is RunState.QUEUED for run in shown)


@contextmanager
def _way_of_showing(once: bool, json_wanted: bool) -> Iterator[Show]:
    if json_wanted:
        yield _changes(lambda at, each, daemon_runs: click.echo(_as_json(at, each, daemon_runs)))
    elif not is_a_terminal():
        yield picture.on_paper if once else _changes(_as_line, lambda: page.say(picture.NOTHING))
    elif once:
        yield lambda seen: Console().print(picture.on_a_terminal(seen))
    else:
        with Live(console=Console(), auto_refresh=False) as live:
            yield lambda seen: live.update(picture.on_a_terminal(seen), refresh=True)


def _changes(write: Callable[[datetime, Progress, bool], object], empty: Callable[[], object] = lambda: None) -> Show:
    """Write what is new only; that time passes is no news, and that there was nothing from the beginning is."""
    told: dict[str, object] = {}

    def show(seen: Picture) -> None:
        if not seen.runs and not told:
            empty()
        for each in seen.runs:
            artifacts = tuple((one.name, one.state, one.reason) for one in each.artifacts)
            news = (each.run.state, each.run.reason, each.step, each.hold, artifacts, seen.daemon_runs)
            if told.get(each.run.id) != news:
                told[each.run.id] = news
                write(seen.at, each, seen.daemon_runs)

    return show


def _as_line(at: datetime, each: Progress, daemon_runs: bool) -> None:
    page.say(picture.in_a_line(each, at) if daemon_runs else f"{picture.in_a_line(each, at)}; the daemon is down")


def _as_json(at: datetime, each: Progress, daemon_runs: bool) -> str:
    return json.dumps({"at": to_json(at), "daemon_runs": daemon_runs} | for_programs(each), sort_keys=True)
