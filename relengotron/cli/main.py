"""The ``relengotron`` command: which commands are there, and where does each one live?"""

import importlib
import importlib.util
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import click

from relengotron.cli.exits import refusal_of
from relengotron.cli.surroundings import Surroundings
from relengotron.errors import RelengError

COMMANDS: Final[Mapping[str, str]] = {
    "status": "relengotron.cli.status:status",
    "runs": "relengotron.cli.runs:runs",
    "explain": "relengotron.cli.explain:explain",
    "messages": "relengotron.cli.messages:messages",
    "check-config": "relengotron.cli.checking:check_config",
    "doctor": "relengotron.cli.doctor:doctor",
    "runner": "relengotron.cli.runner:runner",
    "daemon": "relengotron.cli.daemon:daemon",
    "lab": "relengotron.lab.commands:lab",
}


class Commands(click.Group):
    """Commands that are imported when they are wanted: a night-time look must not wait for what it does not use."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Every command that is installed, in the order people need them."""
        return [name for name in COMMANDS if _is_installed(COMMANDS[name])]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of this name."""
        place = COMMANDS.get(cmd_name)
        if place is None or not _is_installed(place):
            return None
        module, _, name = place.partition(":")
        command = getattr(importlib.import_module(module), name)
        assert isinstance(command, click.Command)  # noqa: S101 - COMMANDS is ours
        return command

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; what we raise on purpose ends in one sentence and an exit status."""
        try:
            return super().invoke(ctx)
        except RelengError as error:
            raise refusal_of(error) from error


def _is_installed(place: str) -> bool:
    module = place.partition(":")[0]
    package = module.rpartition(".")[0]
    return importlib.util.find_spec(package) is not None and importlib.util.find_spec(module) is not None


def _show_version(ctx: click.Context, _option: click.Parameter, wanted: bool) -> None:
    if wanted and not ctx.resilient_parsing:
        from importlib.metadata import PackageNotFoundError, version

        try:
            click.echo(f"relengotron {version('relengotron')}")
        except PackageNotFoundError:
            click.echo("relengotron, not installed as a package")
        ctx.exit()


@click.command(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.option(
    "--config",
    "config",
    metavar="DIR",
    envvar="RELENGOTRON_CONFIG",
    type=click.Path(path_type=Path),
    help="The configuration. Without it: /etc/relengotron, or ./config if that is not there.",
)
@click.option(
    "--version",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_show_version,
    help="Say which version this is.",
)
@click.option("-v", "--verbose", count=True, help="Say more on standard error; twice for everything.")
@click.pass_context
def main(ctx: click.Context, config: Path | None, verbose: int) -> None:
    """Compose, test, gate and publish what a distribution update changes, and nothing else.

    Exit status: 0 all is well, 1 the answer is no, 2 wrong usage or configuration, 3 not found, 4 a service cannot be
    reached.
    """
    ctx.obj = Surroundings(config, verbose)
