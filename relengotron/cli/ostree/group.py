"""Which commands are there below ``relengotron ostree``, and where does each one live?"""

import importlib
from collections.abc import Mapping
from typing import Final

import click

_COMMANDS: Final[Mapping[str, tuple[str, str]]] = {
    "refs": ("relengotron.cli.ostree.refs", "refs"),
    "promote": ("relengotron.cli.ostree.promote", "promote"),
    "merge": ("relengotron.cli.ostree.merge", "merge"),
    "tag": ("relengotron.cli.ostree.tag", "tag"),
    "sign": ("relengotron.cli.ostree.sign", "sign"),
    "archive": ("relengotron.cli.ostree.archive", "archive"),
    "gc": ("relengotron.cli.ostree.gc", "gc"),
    "fsck": ("relengotron.cli.ostree.fsck", "fsck"),
    "heal": ("relengotron.cli.ostree.heal", "heal"),
}


class OstreeCommands(click.Group):
    """Imported when they are wanted."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Every command, looking first."""
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of this name."""
        if cmd_name not in _COMMANDS:
            return None
        module, name = _COMMANDS[cmd_name]
        command = getattr(importlib.import_module(module), name)
        assert isinstance(command, click.Command)  # noqa: S101 - _COMMANDS is ours
        return command


@click.group(cls=OstreeCommands)
def ostree() -> None:
    """Look at repos of trees, promote, merge, tag and archive trees, and collect garbage.

    REPO is the directory of an OSTree archive on this machine. Each command looks first, takes the lock of the ref, and
    compares before and after; with --plan it only says what it would do.
    """
