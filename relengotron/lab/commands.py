"""The ``relengotron lab`` commands: rehearse a push, a policy or a plugin before doing it for real."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import click
from rich.console import Console

from relengotron.lab.place import Place

ROOT = click.option(
    "--root",
    type=click.Path(path_type=Path),
    default=Path(".lab"),
    show_default=True,
    help="Where the lab keeps its things; the RPMs it builds stay there for the next time.",
)
FAIL = click.option(
    "--fail",
    multiple=True,
    metavar="TEST:ARTIFACT",
    help="Let this test of this artifact fail, such as dist.repoclosure:f24-updates, and watch the gate hold.",
)
READY_WITHIN = 300.0
WIDTH_OF_A_PIPE = 160


@click.group()
def lab() -> None:
    """A whole distribution on loopback: real bus, real bits, stand-in services."""


@lab.command()
@ROOT
@FAIL
@click.option("--keep", is_flag=True, help="Leave the lab up at the end until Return is pressed.")
def demo(root: Path, fail: tuple[str, ...], keep: bool) -> None:
    """Push one batch of updates end to end and let an independent reader confirm it.

    Exit status 0: every push completed and the reader confirmed everything from outside; 1: not so.
    """
    from relengotron.lab.demo import demo as run_demo

    console = Console()
    if not console.is_terminal:
        console = Console(width=WIDTH_OF_A_PIPE)
    sys.exit(run_demo(root, console, fail=fail, keep=keep))


@lab.command()
@ROOT
@FAIL
def up(root: Path, fail: tuple[str, ...]) -> None:
    """Start a lab in the background and say where everything is."""
    place = Place(root.absolute())
    if _running(place) is not None:
        raise click.ClickException(f"a lab is up already in {root}; relengotron lab down ends it")
    place.root.mkdir(parents=True, exist_ok=True)
    words = [word for each in fail for word in ("--fail", each)]
    command = [sys.executable, "-m", "relengotron", "lab", "run", "--root", str(place.root), *words]
    with (place.root / "lab.log").open("wb") as log:
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT, start_new_session=True
        )
    click.echo(f"starting the lab (log: {place.root / 'lab.log'})", err=True)
    deadline = time.monotonic() + READY_WITHIN
    while not place.addresses.is_file():
        if process.poll() is not None or time.monotonic() > deadline:
            raise click.ClickException(f"the lab did not start; see {place.root / 'lab.log'}")
        time.sleep(0.2)
    click.echo(place.addresses.read_text())
    click.echo(f"the daemon's configuration: {place.config}; relengotron lab push starts a push", err=True)


@lab.command()
@ROOT
def push(root: Path) -> None:
    """Let Bodhi order a push of everything that waits in a lab that is up."""
    pid = _running(Place(root.absolute()))
    if pid is None:
        raise click.ClickException(f"no lab is up in {root}; relengotron lab up starts one")
    os.kill(pid, signal.SIGUSR1)
    click.echo("ordered; watch it with: relengotron status")


@lab.command()
@ROOT
def down(root: Path) -> None:
    """End a lab that is up."""
    place = Place(root.absolute())
    pid = _running(place)
    if pid is None:
        click.echo("no lab is up")
        return
    os.kill(pid, signal.SIGTERM)
    deadline = time.monotonic() + READY_WITHIN
    while _is_alive(pid) and time.monotonic() < deadline:
        time.sleep(0.1)
    click.echo("the lab is down")


@lab.command(hidden=True)
@ROOT
@FAIL
def run(root: Path, fail: tuple[str, ...]) -> None:
    """Be the lab, in the foreground, until told to stop."""
    from relengotron.lab.life import Lab

    wanted = {signal.SIGTERM, signal.SIGINT, signal.SIGUSR1}
    signal.pthread_sigmask(signal.SIG_BLOCK, wanted)
    with Lab(root, click.echo, fail=fail) as life:
        while signal.sigwait(wanted) == signal.SIGUSR1:
            click.echo(json.dumps(life.stand_ins.bodhi.start_push().message))


@lab.command()
@click.argument("service", type=click.Choice(["koji", "pdc", "resultsdb", "bodhi"]))
@click.option("--empty", is_flag=True, help="From the start state of an installation; the only one offered.")
@click.option("--port", type=click.IntRange(0, 65535), default=0, show_default=True, help="0 takes any free port.")
def serve(service: str, empty: bool, port: int) -> None:
    """Serve one stand-in alone, empty, on loopback; one JSON line says url and token or users when it answers."""
    from relengotron.lab.serving import serve as serve_one

    serve_one(service, port, click.echo)


@lab.command()
@click.option("--expect", type=click.Path(exists=True, path_type=Path), required=True, help="What must be found.")
@click.option("--json", "as_json", is_flag=True, help="The report as JSON.")
def verify(expect: Path, as_json: bool) -> None:
    """Read what was published as a stranger would and compare it with what was expected."""
    from relengotron.lab.verify.__main__ import main

    sys.exit(main(["--expect", str(expect), *(["--json"] if as_json else [])]))


def _running(place: Place) -> int | None:
    if not place.addresses.is_file():
        return None
    pid = int(json.loads(place.addresses.read_text())["pid"])
    return pid if _is_alive(pid) else None


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
