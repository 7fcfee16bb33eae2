"""Which commands are there below ``relengotron messages``, and where does each one live?"""

import importlib
import importlib.util
from collections.abc import Mapping
from typing import Final

import click

_COMMANDS: Final[Mapping[str, tuple[str, str]]] = {
    "list": ("relengotron.cli.messages.listing", "list_messages"),
    "show": ("relengotron.cli.messages.showing", "show"),
    "redrive": ("relengotron.cli.messages.settling", "redrive"),
    "discard": ("relengotron.cli.messages.settling", "discard"),
    "recover": ("relengotron.cli.messages.recovering", "recover"),
    "replay": ("relengotron.lab.replay", "replay"),
}
_REHEARSING: Final = "relengotron.lab"


class MessageCommands(click.Group):
    """Imported when they are wanted, so that looking at night stays quick; alone it lists what was put aside."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Every command that is installed, in the order people need them."""
        can_rehearse = importlib.util.find_spec(_REHEARSING) is not None
        return [name for name, (module, _) in _COMMANDS.items() if can_rehearse or not module.startswith(_REHEARSING)]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of this name."""
        if cmd_name not in self.list_commands(ctx):
            return None
        module, name = _COMMANDS[cmd_name]
        command = getattr(importlib.import_module(module), name)
        assert isinstance(command, click.Command)  # noqa: S101 - _COMMANDS is ours
        return command

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """``relengotron messages`` and ``relengotron messages --json`` list."""
        is_about_the_group = bool(args) and (args[0] in ctx.help_option_names or not args[0].startswith("-"))
        return super().parse_args(ctx, args if is_about_the_group else ["list", *args])


@click.group(cls=MessageCommands)
def messages() -> None:
    """Look at the messages that were put aside, drive them again, look for lost ones, or rehearse a recording.

    Without a command it lists what was put aside.
    """
