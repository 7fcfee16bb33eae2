"""``relengotron messages replay``: what would the daemon do with these messages?"""

import json
import logging
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import BinaryIO, Final, Protocol

import click
from rich.console import Console

from relengotron.lab.replay.clock import Clock
from relengotron.lab.replay.played import for_programs
from relengotron.lab.replay.progress import with_progress
from relengotron.lab.replay.recording import lines
from relengotron.lab.replay.sandbox import Sandbox

ONLY_HERE: Final = (
    "a recording is only ever played into a sandbox: say --sandbox. To drive messages again for real, use "
    "relengotron messages redrive."
)
WIDTH_OF_A_PIPE: Final = 160
_NO: Final = 1


class Surroundings(Protocol):
    """What stood before the command's name."""

    @property
    def named_config(self) -> Path | None:
        """The configuration that somebody named, None when nobody did."""


@click.command("replay")
@click.argument("recording", metavar="FILE", type=click.File("rb"))
@click.option("--sandbox", is_flag=True, help="Touch nothing real. There is no other way.")
@click.option("--json", "json_wanted", is_flag=True, help="For programs: one JSON object a line, one line a message.")
@click.pass_obj
def replay(surroundings: Surroundings, recording: BinaryIO, sandbox: bool, json_wanted: bool) -> None:
    """Play a recording, one JSON message a line, to a daemon in a sandbox and show what it would do.

    FILE may be - for standard input. Nothing is needed and nothing real is touched: no configuration, daemon, service
    or network. With --config the runs are those of its lanes. Signatures are not checked.

    Exit status 0: no message met a defect; messages that are put aside are none.
    """
    if not sandbox:
        raise click.UsageError(ONLY_HERE)
    with TemporaryDirectory(prefix="relengotron-replay-") as directory, _quiet_log():
        root = Path(directory)
        met_a_defect = (
            _as_json(recording, root) if json_wanted else _for_eyes(recording, root, surroundings.named_config)
        )
    sys.exit(_NO if met_a_defect else 0)


def _as_json(recording: BinaryIO, root: Path) -> bool:
    met_a_defect = False
    with closing(Sandbox(root, Clock())) as sandbox:
        for played in with_progress(sandbox.play(lines(recording))):
            click.echo(json.dumps(for_programs(played)))
            met_a_defect |= played.raised
    return met_a_defect


def _for_eyes(recording: BinaryIO, root: Path, named: Path | None) -> bool:
    from relengotron.lab.replay.rehearsal import opened_runs  # only here: it brings every stand-in along
    from relengotron.lab.replay.screen import Tally, told
    from relengotron.lab.replay.world import settings_below

    settings = settings_below(root, named)
    tally, clock = Tally(), Clock()
    with closing(Sandbox(root, clock)) as sandbox:
        for played in with_progress(sandbox.play(lines(recording))):
            tally.add(played)
        opened = opened_runs(sandbox.database, sandbox.wakes, clock, root, settings)
    console = Console() if sys.stdout.isatty() else Console(width=WIDTH_OF_A_PIPE)
    for part in told(tally, opened):
        console.print(part)
    return tally.met_a_defect


@contextmanager
def _quiet_log() -> Iterator[None]:
    """What the log would say of every message is what is shown anyway; defects are still told."""
    log = logging.getLogger("relengotron")
    before = log.level
    log.setLevel(logging.ERROR)
    try:
        yield
    finally:
        log.setLevel(before)
