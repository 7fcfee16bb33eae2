"""``relengotron mirror purge``: tell the caches by hand to forget something."""

import click

from relengotron.cli import page
from relengotron.cli.exits import Exit, Refusal
from relengotron.cli.mirror.recording import record
from relengotron.cli.surroundings import Surroundings
from relengotron.systems.mirror.paths import rel_path
from relengotron.systems.world import cdn_of


@click.command()
@click.argument("paths", metavar="PATH...", nargs=-1, required=True)
@click.pass_obj
def purge(surroundings: Surroundings, paths: tuple[str, ...]) -> None:
    """Tell every cache to forget these paths below the mirror's root.

    Needs to be allowed to read the token. What a cache brings afterwards is what the mirror shows then.
    """
    cdn = cdn_of(surroundings.settings())
    if cdn is None:
        raise Refusal("no cache is configured: systems.cdn in systems.yaml", Exit.NOT_FOUND)
    wanted = [rel_path(path) for path in paths]
    record(surroundings, f"purge {', '.join(wanted)}")
    cdn.purge(wanted)
    page.say(f"every cache says that it forgot {len(wanted)} paths")
