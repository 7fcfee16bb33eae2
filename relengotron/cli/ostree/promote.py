"""``relengotron ostree promote``: a tree is shown by the ref that users follow."""

from pathlib import Path

import click

from relengotron.cli.ostree.acting import REPO, Choice, carry_out, choices, terms_of, the_repo, the_tree
from relengotron.cli.surroundings import Surroundings
from relengotron.workflows.trees.promoting import Wanted, promotion


@click.command()
@REPO
@click.argument("tree", metavar="TREE")
@click.option("--to", "ref", metavar="REF", required=True, help="The ref that is to show the tree.")
@click.option("--in", "live", metavar="REPO", type=click.Path(path_type=Path), help="The repo of REF, if another.")
@click.option("--version", metavar="TEXT", help="The version, where the tree is committed again; needed to go back.")
@click.option(
    "--deltas", type=click.IntRange(0, 100), default=0, show_default=True, help="Static deltas from so many heads."
)
@choices()
@click.pass_obj
def promote(
    surroundings: Surroundings,
    place: Path,
    tree: str,
    ref: str,
    live: Path | None,
    version: str | None,
    deltas: int,
    plan_only: bool,
    json_wanted: bool,
) -> None:
    """Let a ref show the files of TREE, a ref or a commit of REPO.

    The commit itself is shown where clients take it there: bound to this ref or to none, on top of what REF shows, and
    newer. Else its files are committed again on top, with where they come from. What REF shows already is not promoted.
    """
    source = the_repo(place)
    wanted = Wanted(source, the_tree(source, tree), the_repo(live or place, surroundings), ref, version, deltas)
    carry_out(surroundings, promotion(wanted, terms_of(surroundings)), Choice(plan_only, True, json_wanted))
