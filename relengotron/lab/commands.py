"""The ``relengotron lab`` commands: rehearse a push, a policy or a plugin before doing it for real."""

import faulthandler
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
from rich.console import Console

from relengotron.lab.claim import is_claimed
from relengotron.lab.place import RELEASES, Place

ROOT = click.option(
    "--root",
    type=click.Path(path_type=Path),
    default=Path(".lab"),
    show_default=True,
    help="Where the lab keeps its things; the RPMs it builds stay there for the next time.",
)
READY_WITHIN = 300.0
DOWN_WITHIN = 90.0
LOOKS_EVERY = 0.1
WIDTH_OF_A_PIPE = 160


def _releases(_context: click.Context, _option: click.Parameter, found: str) -> tuple[str, ...]:
    wanted = tuple(each.strip() for each in found.split(","))
    if unknown := set(wanted) - set(RELEASES):
        raise click.BadParameter(f"{', '.join(sorted(unknown))}; the lab can make {', '.join(RELEASES)}")
    return wanted


OPTIONS = (
    click.option(
        "--releases",
        metavar="N,N",
        default=",".join(RELEASES),
        show_default=True,
        callback=_releases,
        help="The releases to make and push; one is faster.",
    ),
    click.option("--journal", metavar="URL", help="An empty PostgreSQL database instead of a SQLite file."),
    click.option("--signed", is_flag=True, help="Sign every message and believe no other."),
    click.option("--runner", is_flag=True, help="Two processes: the hub stores, `relengotron runner` does the work."),
    click.option(
        "--fail",
        multiple=True,
        metavar="TEST:ARTIFACT",
        help="Let this test of this artifact fail, such as dist.repoclosure:f24-updates, and watch the gate hold.",
    ),
)
Command = Callable[..., None]


def _rehearsal(command: Command) -> Command:
    """The options that say what a lab rehearses."""
    for option in reversed(OPTIONS):
        command = option(command)
    return ROOT(command)


def _as_lab_takes_them(
    releases: tuple[str, ...], journal: str | None, signed: bool, runner: bool, fail: tuple[str, ...]
) -> dict[str, Any]:
    mode = "runner" if runner else "hub"
    return {"releases": releases, "journal_url": journal, "signed": signed, "mode": mode, "fail": fail}


def _as_words(
    releases: tuple[str, ...], journal: str | None, signed: bool, runner: bool, fail: tuple[str, ...]
) -> list[str]:
    words = ["--releases", ",".join(releases), *(word for each in fail for word in ("--fail", each))]
    words += ["--journal", journal] if journal is not None else []
    return words + ["--signed"] * signed + ["--runner"] * runner


@click.group()
def lab() -> None:
    """A whole distribution on loopback: real bus, real bits, stand-in services."""


@lab.command()
@_rehearsal
@click.option("--keep", is_flag=True, help="Leave the lab up at the end until Return is pressed.")
def demo(root: Path, keep: bool, **wishes: Any) -> None:
    """Push one batch of updates end to end, let builds land before rawhide, and let an independent reader confirm it.

    Exit status 0: every push completed, every build at the gate came to the end that it should, and the reader
    confirmed everything from outside; 1: not so; 130: interrupted.
    """
    from relengotron.lab.demo import demo as run_demo
    from relengotron.lab.life import Lab
    from relengotron.lab.voice import ConsoleVoice

    console = Console()
    if not console.is_terminal:
        console = Console(width=WIDTH_OF_A_PIPE)
    voice = ConsoleVoice(console)
    life = Lab(root, voice, has_gate=True, **_as_lab_takes_them(**wishes))
    sys.exit(run_demo(life, console, voice, keep=keep))


@lab.command()
@_rehearsal
def up(root: Path, **wishes: Any) -> None:
    """Start a lab in the background and say where everything is."""
    place = Place(root.absolute())
    if is_claimed(place):
        raise click.ClickException(f"a lab is up already in {root}; relengotron lab down ends it")
    place.addresses.unlink(missing_ok=True)
    command = [sys.executable, "-m", "relengotron", "lab", "run", "--root", str(place.root), *_as_words(**wishes)]
    log_file = place.root / "lab.log"
    place.root.mkdir(parents=True, exist_ok=True)
    with log_file.open("wb") as log:
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT, start_new_session=True
        )
    click.echo(f"starting the lab (log: {log_file})", err=True)
    deadline = time.monotonic() + READY_WITHIN
    while not place.addresses.is_file():
        if process.poll() is not None or time.monotonic() > deadline:
            process.terminate()
            raise click.ClickException(f"the lab {_end(process)}; see {log_file}\n{log_file.read_text()[-1000:]}")
        time.sleep(LOOKS_EVERY)
    click.echo(place.addresses.read_text())
    click.echo(f"the daemon's configuration: {place.config}; relengotron lab push starts a push", err=True)


@lab.command()
@ROOT
def push(root: Path) -> None:
    """Let Bodhi order a push of everything that waits in a lab that is up."""
    place = Place(root.absolute())
    pid = _running(place)
    if pid is None:
        raise click.ClickException(f"no lab is up in {root}; relengotron lab up starts one")
    os.kill(pid, signal.SIGUSR1)
    click.echo(f"ordered; watch it with: relengotron --config {place.config} status")


@lab.command()
@ROOT
@click.argument("builds", metavar="[NVR]...", nargs=-1)
def land(root: Path, builds: tuple[str, ...]) -> None:
    """Let builds land before the gate of rawhide, in a lab that is up; without a name, list those that can."""
    from relengotron.lab.rawhide import landing
    from relengotron.lab.stand_ins import administrator

    place = Place(root.absolute())
    if _running(place) is None:
        raise click.ClickException(f"no lab is up in {root}; relengotron lab up starts one")
    session = administrator(json.loads(place.addresses.read_text())["urls"]["koji"])
    if not builds:
        for name, tags in landing.ashore(session).items():
            click.echo(f"{name}  {', '.join(tags) or 'can land'}")
        return
    landing.land(session, builds)
    click.echo(f"landed; watch it with: relengotron --config {place.config} gate status")


@lab.command()
@ROOT
def down(root: Path) -> None:
    """End a lab that is up, with all its processes."""
    place = Place(root.absolute())
    pid = _running(place)
    if pid is None:
        click.echo("no lab is up")
        return
    os.kill(pid, signal.SIGTERM)
    deadline = time.monotonic() + DOWN_WITHIN
    while is_claimed(place):
        if time.monotonic() > deadline:
            raise click.ClickException(f"the lab (process {pid}) does not end; see {place.root / 'lab.log'}")
        time.sleep(LOOKS_EVERY)
    click.echo("the lab is down")


@lab.command(hidden=True)
@_rehearsal
def run(root: Path, **wishes: Any) -> None:
    """Be the lab, in the foreground, until told to stop."""
    from relengotron.lab.life import Lab
    from relengotron.lab.voice import PlainVoice

    def begin_to_end(_number: int, _frame: object) -> None:
        raise KeyboardInterrupt

    faulthandler.enable()  # a crash in a library says at least where it happened
    signal.signal(signal.SIGTERM, begin_to_end)
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGUSR1})
    try:
        with Lab(root, PlainVoice(click.echo), has_gate=True, **_as_lab_takes_them(**wishes)) as life:
            while signal.sigwaitinfo({signal.SIGUSR1}):
                click.echo(json.dumps(life.stand_ins.bodhi.start_push().message))
    except KeyboardInterrupt:
        click.echo("the lab is down")


@lab.command()
@click.argument("service", type=click.Choice(["koji", "pdc", "resultsdb", "bodhi", "datagrepper"]))
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


def _end(process: subprocess.Popen[bytes]) -> str:
    status = process.poll()
    if status is None:
        return f"was not ready after {READY_WITHIN:.0f} s and is being ended"
    how = f"status {status}" if status >= 0 else signal.Signals(-status).name
    return f"did not start: it ended with {how}"


def _running(place: Place) -> int | None:
    if not place.addresses.is_file() or not is_claimed(place):
        return None
    return int(json.loads(place.addresses.read_text())["pid"])
