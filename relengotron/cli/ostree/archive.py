"""``relengotron ostree archive``: a branch goes into another repo, and away if that is wanted."""

from pathlib import Path

import click

from relengotron.cli.ostree.acting import REPO, Choice, carry_out, choices, terms_of, the_repo
from relengotron.cli.surroundings import Surroundings
from relengotron.systems.world import open_ostree
from relengotron.workflows.trees.archiving import archiving


@click.command()
@REPO
@click.argument("ref", metavar="REF")
@click.option(
    "--into", "archive_place", metavar="DIR", type=click.Path(path_type=Path), required=True, help="The archive's repo."
)
@click.option("--delete", is_flag=True, help="Delete REF from REPO when all of it is proved to be in the archive.")
@choices(is_final=True)
@click.pass_obj
def archive(
    surroundings: Surroundings,
    place: Path,
    ref: str,
    archive_place: Path,
    delete: bool,
    plan_only: bool,
    json_wanted: bool,
    yes: bool,
) -> None:
    """Copy REF with its whole history into another repo, which is made if it is not there.

    Every object is read and compared with its name and its size before REF is deleted. The objects stay in REPO until
    its garbage is collected.
    """
    repo, into = the_repo(place, surroundings), open_ostree(archive_place)
    operation = archiving(repo, ref, into, terms_of(surroundings), delete=delete)
    carry_out(surroundings, operation, Choice(plan_only, yes, json_wanted))
