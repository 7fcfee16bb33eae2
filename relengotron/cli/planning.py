"""``relengotron plan``: what would a push do, before it runs?"""

import sys
from pathlib import Path
from typing import Any

import click

from relengotron.cli import page
from relengotron.cli.exits import Exit
from relengotron.cli.surroundings import Surroundings
from relengotron.messages.limits import LARGEST_MESSAGE
from relengotron.model.codec import to_json


@click.command()
@click.option("--updates", multiple=True, metavar="ALIAS|TITLE", help="This update; may be given many times.")
@click.option("--builds", multiple=True, metavar="NVR", help="The updates with this build; may be given many times.")
@click.option(
    "--batch",
    type=click.File("rb"),
    metavar="FILE",
    help="The body of a relengotron.push.request; - is standard input.",
)
@click.option("--release", "releases", multiple=True, metavar="RELEASE", help="Only this release, such as F24.")
@click.option(
    "--request",
    type=click.Choice(["testing", "stable"]),
    help="Only this request; with --builds also where builds that are in no update are thought to go.",
)
@click.option(
    "--config",
    "new_config",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    metavar="NEWDIR",
    help="What this configuration would change in the runs in flight and in the pushes of the last week.",
)
@click.option("--gate", metavar="GATE", help="What would move through this gate now, and why not the rest.")
@click.option("--artifact", metavar="NAME", help="Everything that is foreseen of this artifact.")
@click.option("--json", "json_wanted", is_flag=True, help="For programs: the same as JSON.")
@click.argument("more", nargs=-1, metavar="[NAME]...")
@click.pass_obj
def plan(
    surroundings: Surroundings,
    updates: tuple[str, ...],
    builds: tuple[str, ...],
    batch: Any,
    releases: tuple[str, ...],
    request: str | None,
    new_config: Path | None,
    gate: str | None,
    artifact: str | None,
    json_wanted: bool,
    more: tuple[str, ...],
) -> None:
    """Show what a push would do, before it runs. Nothing is changed by it, nowhere.

    Without --updates, --builds or --batch: what Bodhi would push now. NAMEs after --updates or --builds belong to it.

    Exit status 0: nothing is in the way; 1: something would hold the push, or nothing is left to push, or not all that
    is pending would move through the gate; 3: nobody knows any of the updates, or the gate, that were named.
    """
    given = {"--updates": updates, "--builds": builds, "--batch": batch, "--config": new_config, "--gate": gate}
    chosen = [name for name, value in given.items() if value]
    if len(chosen) > 1:
        raise click.UsageError(f"say only one of {' and '.join(chosen)}")
    if more and chosen not in (["--updates"], ["--builds"]):
        raise click.UsageError(f"{more[0]!r} belongs to nothing: names stand after --updates or --builds")
    if new_config is not None:
        if releases or request or artifact:
            raise click.UsageError("--config looks at every lane: leave out --release, --request and --artifact")
        from relengotron.cli.reconfiguring import show

        show(surroundings, new_config, json_wanted=json_wanted)
        return
    if gate is not None:
        if releases or request or artifact:
            raise click.UsageError("--gate looks at a gate: leave out --release, --request and --artifact")
        from relengotron.cli.gates.planning import show as show_gate

        show_gate(surroundings, gate, json_wanted=json_wanted)
        return
    from relengotron.cli.plan_request import Asked, planned

    written = None if batch is None else batch.read(LARGEST_MESSAGE + 1)
    asked = Asked(updates and (*updates, *more), builds and (*builds, *more), written, releases, request)
    found = planned(surroundings, asked)
    if json_wanted:
        page.as_json(to_json(found))
    else:
        from relengotron.cli import plan_page

        plan_page.show(found, artifact)
    if updates and not releases and request is None and found.left_out and not found.lanes:
        sys.exit(Exit.NOT_FOUND)
    if not found.is_clear:
        sys.exit(Exit.NO)
