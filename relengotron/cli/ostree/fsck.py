"""``relengotron ostree fsck``: is everything in a repo what its name says, and would clients take every ref?"""

import sys
from collections.abc import Iterator
from pathlib import Path

import click

from relengotron.cli import page
from relengotron.cli.exits import Exit
from relengotron.cli.ostree.acting import REPO, the_repo
from relengotron.systems.ostree.port import OstreeRepo


@click.command()
@REPO
@click.option("--json", "json_wanted", is_flag=True, help="For programs: the same as JSON.")
def fsck(place: Path, json_wanted: bool) -> None:
    """Read every object of REPO and compare it with its name; look whether each ref shows what clients would take.

    Exit status 1: something is wrong.
    """
    repo = the_repo(place)
    answer = repo.fsck()
    wrong = [*([] if answer.clean else [answer.output]), *_refs_that_clients_refuse(repo)]
    if json_wanted:
        page.as_json({"repo": str(repo.path), "clean": not wrong, "wrong": wrong})
    else:
        page.say(f"{repo.path}: {'every object is what its name says' if not wrong else 'not sound'}", bold=True)
        for line in wrong:
            page.say(f"  {line}", state="failed")
    if wrong:
        sys.exit(Exit.NO)


def _refs_that_clients_refuse(repo: OstreeRepo) -> Iterator[str]:
    """The command's own check wants it of every commit below a head too, which were never to be shown as that ref."""
    for ref, head in repo.refs().items():
        if not repo.has_commit(head):
            yield f"{ref} shows {head}, which is not whole"
            continue
        bindings = repo.commit_info(head).ref_bindings
        if bindings is not None and ref not in bindings:
            yield f"{ref} shows {head}, which is bound to {', '.join(bindings) or 'nothing'}"
