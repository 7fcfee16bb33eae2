"""The ``relengotron`` command: which commands are there, and where does each one live?"""

import importlib
import importlib.util
import os
import signal
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import click

from relengotron.cli.exits import refusal_of
from relengotron.cli.surroundings import Surroundings
from relengotron.errors import RelengError

NOBODY_READS: Final = 128 + signal.SIGPIPE
"""As a shell says it of any program that was cut off by ``head``; status 1 would be an answer."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a command lives, and one line about it, so that the list of commands imports none of them."""

    module: str
    name: str
    about: str


COMMANDS: Final[Mapping[str, Place]] = {
    "status": Place("relengotron.cli.status", "status", "What runs, what waits for whom, and which command helps."),
    "runs": Place("relengotron.cli.runs", "runs", "List runs, show one, try one again, call one off."),
    "explain": Place("relengotron.cli.explain", "explain", "Why something was composed, skipped, ejected or held."),
    "rollback": Place("relengotron.cli.rolling_back", "rollback", "Take back what a push had published."),
    "eject": Place("relengotron.cli.ejecting", "eject", "Throw a bad update out of a push; the rest goes on."),
    "rollout": Place("relengotron.cli.rolling_out", "rollout", "Who is offered a new version; pause it, or end it."),
    "waive": Place("relengotron.cli.waiving", "waive", "Answer by name for a test that keeps a gate shut."),
    "waivers": Place("relengotron.cli.waivers", "waivers", "Who waived what until when, and what was shipped with it."),
    "gate": Place(
        "relengotron.cli.gates.group", "gate", "What stands at the gates of Koji tags; close, open, let pass."
    ),
    "quarantine": Place("relengotron.cli.gates.quarantine", "quarantine", "Builds that failed at a gate; ways out."),
    "plan": Place("relengotron.cli.planning", "plan", "What a push would do, before it runs."),
    "calendar": Place("relengotron.cli.calendar", "calendar", "What is done again and again, and when next."),
    "graph": Place("relengotron.cli.graph", "graph", "What is made from what, which packages are in it, who says so."),
    "ostree": Place("relengotron.cli.ostree", "ostree", "Promote, merge, tag, archive and check trees."),
    "mirror": Place("relengotron.cli.mirror", "mirror", "File lists, caches and the download page of the mirror."),
    "messages": Place("relengotron.cli.messages", "messages", "Messages that were put aside, and what to do then."),
    "check-config": Place("relengotron.cli.checking", "check_config", "Every mistake in the configuration."),
    "doctor": Place("relengotron.cli.doctor", "doctor", "Ask every outside service whether we can work."),
    "runner": Place("relengotron.cli.runner", "runner", "Advance runs without listening to the bus."),
    "daemon": Place("relengotron.cli.daemon", "daemon", "The whole daemon, for machines without systemd."),
    "lab": Place("relengotron.lab.commands", "lab", "Rehearse: real bits and stand-in services on this machine."),
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
        command = getattr(importlib.import_module(place.module), place.name)
        assert isinstance(command, click.Command)  # noqa: S101 - COMMANDS is ours
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The list of commands, without importing any."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, COMMANDS[name].about) for name in self.list_commands(ctx)])

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; what we raise on purpose ends in one sentence and an exit status."""
        try:
            return super().invoke(ctx)
        except RelengError as error:
            raise refusal_of(error) from error
        except BrokenPipeError:
            _let_go_of_output()
            ctx.exit(NOBODY_READS)


def _let_go_of_output() -> None:
    """What is still to be written at the end of the process goes nowhere, without a word."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())


def _is_installed(place: Place) -> bool:
    return importlib.util.find_spec(place.module) is not None


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
