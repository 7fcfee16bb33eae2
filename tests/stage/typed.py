"""Would a command that we tell people to type be understood, by the shell and by our own command?"""

import shlex

import click

from relengotron.cli.main import main


def is_understood(told: str) -> bool:
    """Whether it names a command of ours with everything that this needs; nothing is done.

    Raises:
        click.UsageError: it lacks something, or has too much.
    """
    ours, *words = shlex.split(told, comments=True)
    command: click.Command = main
    context = click.Context(main)
    while isinstance(command, click.Group):
        found = command.get_command(context, words.pop(0))
        assert found is not None, f"no such command: {told}"
        command = found
    command.make_context(ours, words)
    return True
