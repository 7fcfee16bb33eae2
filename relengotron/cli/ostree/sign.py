"""``relengotron ostree sign``: what refs show is signed with the keys of their releases."""

from pathlib import Path

import click

from relengotron.cli.ostree.acting import REPO, Choice, carry_out, choices, terms_of, the_repo
from relengotron.cli.surroundings import Surroundings
from relengotron.workflows.trees.signing import signing


@click.command()
@REPO
@choices()
@click.pass_obj
def sign(surroundings: Surroundings, place: Path, plan_only: bool, json_wanted: bool) -> None:
    """Sign what each ref of REPO shows, unless its key has signed it, and write the summary.

    Needed once after `artifacts_key` was set or changed. A ref's key is that of the release whose artifact shows it.
    """
    operation = signing(the_repo(place, surroundings), terms_of(surroundings))
    carry_out(surroundings, operation, Choice(plan_only, True, json_wanted))
