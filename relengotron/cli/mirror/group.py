"""Which commands are there below ``relengotron mirror``?"""

import click

from relengotron.cli.mirror.lists import lists
from relengotron.cli.mirror.purge import purge
from relengotron.cli.mirror.website import website


@click.group()
def mirror() -> None:
    """Look at what mirrors, caches and download pages are told, and tell it again.

    Pushes tell all of it by themselves, and so does a way back. These are for what others changed on the mirror.
    """


for command in (lists, website, purge):
    mirror.add_command(command)
