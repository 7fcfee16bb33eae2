"""``relengotron ostree merge``: the tree of a fresh branch comes into the master branch, if it changed."""

from pathlib import Path

import click

from relengotron.cli.ostree.acting import REPO, Choice, carry_out, choices, terms_of, the_repo, the_tree
from relengotron.cli.surroundings import Surroundings
from relengotron.workflows.trees.merging import merge as merging


@click.command()
@REPO
@click.argument("branch", metavar="BRANCH")
@click.option("--into", "master", metavar="REF", required=True, help="The branch that gets the tree.")
@click.option("--version", metavar="TEXT", help="The version, where the tree is committed again.")
@click.option("--drop-branch", is_flag=True, help="Remove BRANCH afterwards: its files are in the other one.")
@choices()
@click.pass_obj
def merge(
    surroundings: Surroundings,
    place: Path,
    branch: str,
    master: str,
    version: str | None,
    drop_branch: bool,
    plan_only: bool,
    json_wanted: bool,
) -> None:
    """Commit the tree of BRANCH on top of another branch of REPO, if its files are other files."""
    repo = the_repo(place, surroundings)
    the_tree(repo, branch)
    operation = merging(repo, branch, master, terms_of(surroundings), version=version, drop_branch=drop_branch)
    carry_out(surroundings, operation, Choice(plan_only, True, json_wanted))
