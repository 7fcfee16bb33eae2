"""``relengotron messages``: what came in and could not be understood."""

import json

import click

from relengotron.cli import page
from relengotron.cli.surroundings import Surroundings, now
from relengotron.engine.journal import inbox
from relengotron.model.codec import to_json


@click.command()
@click.option("--limit", default=20, show_default=True, type=click.IntRange(1, 10_000), help="At most this many.")
@click.option("--whole", is_flag=True, help="Print each message as it came in.")
@click.option("--json", "json_wanted", is_flag=True, help="For programs: the same as JSON.")
@click.pass_obj
def messages(surroundings: Surroundings, limit: int, whole: bool, json_wanted: bool) -> None:
    """List the messages that could not be understood and were put aside, the newest first."""
    with surroundings.journal() as database, database.read() as db:
        found = inbox.parked(db, limit)
    if json_wanted:
        page.as_json([to_json(each) for each in found])
        return
    for message in found:
        page.say(f"{page.clock(message.received_at, now())}  {message.topic}  {message.msg_id}", bold=True)
        page.say("\n".join(f"  {line}" for line in message.reason.splitlines()))
        if whole:
            page.say(json.dumps(message.raw, indent=2, sort_keys=True))
    if not found:
        page.say("every message was understood")
