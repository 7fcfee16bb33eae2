"""``relengotron ostree tag``: a commit gets a name for ever."""

from pathlib import Path

import click

from relengotron.cli.ostree.acting import REPO, Choice, carry_out, choices, the_repo, the_tree
from relengotron.cli.surroundings import Surroundings
from relengotron.workflows.trees.tagging import tagging


@click.command()
@REPO
@click.argument("name", metavar="TAG")
@click.argument("tree", metavar="TREE")
@choices()
@click.pass_obj
def tag(surroundings: Surroundings, place: Path, name: str, tree: str, plan_only: bool, json_wanted: bool) -> None:
    """Let TAG name what TREE, a ref or a commit of REPO, is now. A tag never moves, and keeps its commit for ever.

    Clients do not see tags: they are no refs of the summary.
    """
    repo = the_repo(place)
    carry_out(surroundings, tagging(repo, name, the_tree(repo, tree)), Choice(plan_only, True, json_wanted))
