"""``relengotron gate show``: the story of one build or one batch."""

from datetime import datetime
from typing import Any

import click

from relengotron.cli import page
from relengotron.cli.details import for_programs
from relengotron.cli.exits import Exit, Refusal
from relengotron.cli.gates import story, story_page
from relengotron.cli.gates.story import BatchStory, BuildStory
from relengotron.cli.surroundings import Surroundings, now
from relengotron.model.codec import to_json


@click.command("show")
@click.argument("name", metavar="NVR|BATCH")
@click.option("--json", "json_wanted", is_flag=True, help="For programs: the same as JSON.")
@click.pass_obj
def show_at_gate(surroundings: Surroundings, name: str, json_wanted: bool) -> None:
    """Tell the story of one build or one batch: when it came, where it stands and why, and what can be done.

    Exit status 3: no gate knows it.
    """
    if not tell(surroundings, name, json_wanted=json_wanted):
        raise Refusal(f"no gate knows {name!r}; look: relengotron gate status", Exit.NOT_FOUND)


def tell(surroundings: Surroundings, name: str, *, json_wanted: bool) -> bool:
    """Tell the story of the build or batch of this name; False when there is none at any gate."""
    owner, at = surroundings.settings().owner, now()
    with surroundings.journal() as database, database.read() as db:
        builds, batch = story.of_build(db, name, owner, at), story.of_batch(db, name, owner)
    if batch is not None:
        page.as_json(_batch(batch)) if json_wanted else story_page.batch(batch, at)
    elif json_wanted and builds:
        page.as_json([_build(each) for each in builds])
    else:
        _show(builds, at)
    return bool(builds) or batch is not None


def _show(builds: list[BuildStory], at: datetime) -> None:
    for number, each in enumerate(builds):
        if number:
            page.say()
        story_page.build(each, at)


def _build(told: BuildStory) -> dict[str, Any]:
    return {
        "build": to_json(told.build),
        "upstream": to_json(told.news),
        "stuck": to_json(told.standing.stuck) if not told.build.state.is_settled else None,
        "waits_for": told.standing.waits_for,
        "passes": [to_json(each) for each in told.passes],
        "closings": [to_json(each) for each in told.closings],
        "commands": list(dict.fromkeys(story.commands(told))),
        "runs": [for_programs(each, None) for each in told.runs],
    }


def _batch(told: BatchStory) -> dict[str, Any]:
    return {
        "batch": to_json(told.batch),
        "builds": [to_json(each) for each in told.builds],
        "upstream": [to_json(each) for each in told.news],
        "stuck": None if told.standing is None else to_json(told.standing.stuck),
        "run": for_programs(told.known, None),
    }
