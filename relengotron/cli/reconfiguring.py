"""``relengotron plan --config NEWDIR``: what would another configuration do?"""

import sys
from collections.abc import Iterable
from pathlib import Path

from relengotron.cli import checking, page
from relengotron.cli.exits import Exit
from relengotron.cli.plan_page import say
from relengotron.cli.plan_request import journal_or_none
from relengotron.cli.surroundings import Surroundings, now
from relengotron.model.codec import to_json
from relengotron.model.reconfiguration import Edit, PastOutlook, Reconfiguration, RunOutlook
from relengotron.settings import load
from relengotron.workflows.reconfiguring import reconfigured


def show(surroundings: Surroundings, new_config: Path, *, json_wanted: bool) -> None:
    """Print what would change.

    Raises:
        Refusal: the new configuration has mistakes; all of them are told.
    """
    new = checking.read_without_mistakes(new_config, lambda: load(new_config, examine_secrets=False))
    old = surroundings.settings()
    with journal_or_none(surroundings) as database, database.read() as db:
        found = reconfigured(db, old, new, now())
    if json_wanted:
        page.as_json(to_json(found))
    else:
        _show(found, new_config)
    if not found.is_safe:
        sys.exit(Exit.NO)


def _show(found: Reconfiguration, place: Path) -> None:
    say(f"{place} instead of what is configured now; nothing was changed by looking", bold=True)
    for run in found.runs:
        for why in run.stuck:
            say(f"{run.run} in {run.lane} would be stuck: {why}", 2, state="failed")
    _part("Everywhere", found.everywhere)
    _part("Lanes that appear", found.lanes_added)
    _part("Lanes that disappear", found.lanes_removed)
    for lane, edits in found.edits.items():
        _part(lane, map(_edit, edits))
    if not (found.everywhere or found.lanes_added or found.lanes_removed or found.edits):
        say("Every lane composes, moves, tests and publishes as before.", 2)
    _part("Runs in flight", (line for run in found.runs for line in _run(run)))
    _part("Pushes of the last 7 days", (line for push in found.pushes for line in _push(push)))


def _part(title: str, lines: Iterable[str]) -> None:
    lines = list(lines)
    if lines:
        say(title, 2, bold=True)
        for line in lines:
            say(line, 4)


def _run(run: RunOutlook) -> Iterable[str]:
    yield f"{run.run}, {run.lane}, {page.state_in_words(run.state)}"
    yield from (f"- {_edit(each)}" for each in run.changes)
    yield from (f"- too late for it: {_edit(each)}" for each in run.too_late)
    yield from (f"- stuck: {each}" for each in run.stuck)
    if not (run.changes or run.too_late or run.stuck):
        yield "- goes on as it is"


def _push(push: PastOutlook) -> Iterable[str]:
    yield f"{push.run}, {push.lane}, {page.state_in_words(push.state)}"
    yield from (f"- {each}" for each in push.changes)
    yield from (f"- cannot be told: {each}" for each in push.unsure)
    if not (push.changes or push.unsure):
        yield "- would have composed and published the same"


def _edit(edit: Edit) -> str:
    return f"{edit.subject}: {edit.what}"
