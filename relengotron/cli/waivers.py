"""``relengotron waivers``: who waived what until when, and which pushes shipped with it?"""

from collections.abc import Mapping
from datetime import datetime

import click

from relengotron.cli import page
from relengotron.cli.surroundings import Surroundings, now
from relengotron.engine.journal import evidence
from relengotron.engine.journal import waivers as journal
from relengotron.model.codec import from_json, to_json
from relengotron.model.gate import WAIVER
from relengotron.model.waiver import Waiver


@click.command()
@click.option("--limit", default=50, show_default=True, type=click.IntRange(1, 10_000), help="At most this many.")
@click.option("--json", "json_wanted", is_flag=True, help="For programs: the same as JSON.")
@click.pass_obj
def waivers(surroundings: Surroundings, limit: int, json_wanted: bool) -> None:
    """List waivers, the newest first: those that stand, have expired or were withdrawn, and the runs that used them.

    Waivers of WaiverDB are listed when a push has used them.
    """
    at = now()
    with surroundings.journal() as database, database.read() as db:
        used = evidence.of_kind(db, WAIVER)
        given = {each.id: each for each in journal.newest(db, limit)}
    uses: dict[str, list[str]] = {}
    for item in used:
        uses.setdefault(item.subject, []).append(item.run)
        if item.subject not in given and not item.subject.startswith(journal.SOURCE):
            given[item.subject] = from_json(Waiver, dict(item.facts))
    found = sorted(given.values(), key=lambda each: (each.at, each.id), reverse=True)[:limit]
    if json_wanted:
        page.as_json([to_json(each) | {"state": _state(each, at), "used_by": uses.get(each.id, [])} for each in found])
        return
    page.columns(("STATE", "TEST", "OF", "WHO", "GIVEN", "UNTIL", "USED BY", "WHY"), [_row(w, uses, at) for w in found])
    if not found:
        page.say("none")


def _state(waiver: Waiver, at: datetime) -> str:
    if waiver.withdrawn_at is not None:
        return "withdrawn"
    return "stands" if waiver.is_active(at) else "expired"


def _row(waiver: Waiver, uses: Mapping[str, list[str]], at: datetime) -> tuple[str, ...]:
    return (
        _state(waiver, at),
        waiver.testcase,
        waiver.item,
        waiver.who,
        page.clock(waiver.at, at),
        "for good" if waiver.until is None else page.clock(waiver.until, at),
        ", ".join(uses.get(waiver.id, ())) or "nobody",
        waiver.why if waiver.withdrawn_by is None else f"{waiver.why} (withdrawn by {waiver.withdrawn_by})",
    )
