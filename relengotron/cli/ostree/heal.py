"""``relengotron ostree heal``: a repo gets back what it has lost, from a good copy."""

from pathlib import Path

import click

from relengotron.cli.ostree.acting import REPO, Choice, carry_out, choices, terms_of, the_repo
from relengotron.cli.surroundings import Surroundings
from relengotron.workflows.trees.healing import healing


@click.command()
@REPO
@click.option(
    "--from", "copy", metavar="REPO", type=click.Path(path_type=Path), required=True, help="A repo that has it whole."
)
@choices()
@click.pass_obj
def heal(surroundings: Surroundings, place: Path, copy: Path, plan_only: bool, json_wanted: bool) -> None:
    """Read every object of REPO, remove what is damaged, and fetch that and what is missing from a good copy.

    An archive of a branch is a good copy for what came from that branch. Nobody else writes to REPO meanwhile.
    """
    operation = healing(the_repo(place), the_repo(copy), terms_of(surroundings))
    carry_out(surroundings, operation, Choice(plan_only, True, json_wanted))
