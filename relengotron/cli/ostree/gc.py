"""``relengotron ostree gc``: what no ref, tag, machine or policy keeps goes away."""

from pathlib import Path

import click

from relengotron.cli.ostree.acting import REPO, Choice, carry_out, choices, terms_of, the_repo
from relengotron.cli.surroundings import Surroundings
from relengotron.workflows.trees.collecting import collection


@click.command()
@REPO
@choices(is_final=True)
@click.pass_obj
def gc(surroundings: Surroundings, place: Path, plan_only: bool, json_wanted: bool, yes: bool) -> None:
    """Take away the commits, objects and deltas of REPO that nothing keeps.

    Kept is what a ref or a tag shows, what `ostree.retention` says of the history of each ref, what machines are known
    to run (`ostree.deployed`), and what came here lately. A ref that no rule names keeps its whole history.
    """
    repo = the_repo(place, surroundings)
    operation = collection(repo, surroundings.settings().systems.ostree, terms_of(surroundings))
    carry_out(surroundings, operation, Choice(plan_only, yes, json_wanted))
