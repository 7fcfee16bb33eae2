"""``relengotron ostree fsck``: is everything in a repo what its name says, and would clients take every ref?"""

import sys
from pathlib import Path

import click

from relengotron.cli import page
from relengotron.cli.exits import Exit
from relengotron.cli.ostree.acting import REPO, the_repo
from relengotron.workflows.trees.checking import how_to_heal, what_is_wrong


@click.command()
@REPO
@click.option("--json", "json_wanted", is_flag=True, help="For programs: the same as JSON.")
def fsck(place: Path, json_wanted: bool) -> None:
    """Read every object of REPO and compare it with its name; look whether each ref shows what clients would take.

    Exit status 1: something is wrong.
    """
    repo = the_repo(place)
    wrong = what_is_wrong(repo)
    if json_wanted:
        page.as_json({"repo": str(repo.path), "clean": not wrong, "wrong": list(wrong)})
    else:
        page.say(f"{repo.path}: {'every object is what its name says' if not wrong else 'not sound'}", bold=True)
        for line in wrong:
            page.say(f"  {line}", state="failed")
        if wrong:
            page.say(f"  {how_to_heal(repo)}")
    if wrong:
        sys.exit(Exit.NO)
