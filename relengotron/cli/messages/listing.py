"""``relengotron messages list``: what was put aside, why, and how often somebody tried again."""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

import click

from relengotron.cli import page
from relengotron.cli.messages.filters import narrowing
from relengotron.cli.surroundings import Surroundings, now
from relengotron.engine.journal import parked, refusals, tries
from relengotron.engine.journal.inbox import MessageState
from relengotron.engine.journal.parked import KeptMessage, Wanted
from relengotron.engine.journal.refusals import Refusal
from relengotron.model.codec import to_json

_LONGEST_REASON: Final = 160


@click.command("list")
@click.option(
    "--state",
    default=str(MessageState.PARKED),
    show_default=True,
    type=click.Choice([str(each) for each in MessageState]),
    help="What became of them.",
)
@narrowing("--reason")
@click.option("--limit", default=20, show_default=True, type=click.IntRange(1, 10_000), help="At most this many.")
@click.option("--whole", is_flag=True, help="Print each message as it came in.")
@click.option("--refused", is_flag=True, help="Who was not believed instead, on which topic, how often.")
@click.option("--json", "json_wanted", is_flag=True, help="For programs: the same as JSON.")
@click.pass_obj
def list_messages(
    surroundings: Surroundings, /, state: str, limit: int, whole: bool, refused: bool, json_wanted: bool, **narrow: Any
) -> None:
    """List the messages that could not be understood and were put aside, the newest first."""
    wanted = Wanted(states=(MessageState(state),), **narrow)
    with surroundings.journal() as database, database.read() as db:
        disbelieved = refusals.of_all(db)
        found = parked.found(db, wanted, limit)
        matching = parked.count(db, wanted)
        tried = tries.counts(db, [each.number for each in found])
    if refused:
        _show_refusals(disbelieved, json_wanted)
    elif json_wanted:
        page.as_json([for_programs(each, tried.get(each.number, 0)) for each in found])
    else:
        _show(found, tried, whole)
        _show_the_foot(wanted, len(found), matching, disbelieved)


def for_programs(message: KeptMessage, tried: int) -> dict[str, Any]:
    """One message as an object; ``tries`` says how often something was done about it."""
    return {**to_json(message), "tries": tried}


def _show(found: Sequence[KeptMessage], tried: dict[int, int], whole: bool) -> None:
    if found and not whole:
        page.columns(("ID", "CAME IN", "TOPIC", "TRIES", "WHY"), [_row(each, tried, now()) for each in found])
    for message in found if whole else ():
        page.say(
            f"{message.number}  {page.clock(message.received_at, now())}  {message.topic}  {message.msg_id}", bold=True
        )
        page.say("\n".join(f"  {line}" for line in message.reason.splitlines()))
        page.say(json.dumps(message.raw, indent=2, sort_keys=True))


def _row(message: KeptMessage, tried: dict[int, int], at: datetime) -> tuple[str, ...]:
    reason = message.reason
    why = reason if len(reason) <= _LONGEST_REASON else f"{reason[:_LONGEST_REASON]}..."
    times = str(tried.get(message.number, 0))
    return str(message.number), page.clock(message.received_at, at), message.topic, times, why


def _show_the_foot(wanted: Wanted, shown: int, matching: int, disbelieved: Sequence[Refusal]) -> None:
    if not shown:
        page.say("every message was understood" if wanted == Wanted() else "none")
    if matching > shown:
        page.say(f"{matching - shown} more; --limit shows more of them")
    if shown and MessageState.PARKED in wanted.states:
        page.say("more, and what to do: relengotron messages show ID")
    if disbelieved:
        times = sum(each.count for each in disbelieved)
        were = "was" if times == 1 else "were"
        page.say(f"{times} in all {were} not believed; who, and on which topic: relengotron messages list --refused")


def _show_refusals(disbelieved: Sequence[Refusal], json_wanted: bool) -> None:
    if json_wanted:
        page.as_json([to_json(each) for each in disbelieved])
        return
    at = now()
    rows = [
        (each.kind, each.sender or "-", each.topic, str(each.count), page.clock(each.last_at, at), each.reason)
        for each in disbelieved
    ]
    if rows:
        page.columns(("KIND", "SENDER", "TOPIC", "TIMES", "LAST", "WHY"), rows)
    else:
        page.say("every message was believed")
