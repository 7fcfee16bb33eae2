"""``relengotron daemon``: a fedmsg hub with our consumer in it, for machines without systemd."""

import os
import shutil
import signal
import sys
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import click
from daemon import DaemonContext
from daemon.pidfile import TimeoutPIDLockFile

from relengotron.cli import hub_process, page
from relengotron.cli.exits import Exit, Refusal
from relengotron.cli.surroundings import Surroundings
from relengotron.errors import SettingsError

if TYPE_CHECKING:
    from relengotron.settings import Settings

_CONFIG_KEY = "RELENGOTRON_CONFIG"


@click.command()
@click.option("--foreground", is_flag=True, help="Stay in the foreground and log to this terminal.")
@click.option("--stop", is_flag=True, help="Stop the daemon: what is in the hub's queue is stored first.")
@click.option("--pidfile", type=click.Path(path_type=Path), help="Without it: relengotron.pid in state_dir.")
@click.option("--log", "log_file", type=click.Path(path_type=Path), help="Without it: relengotron.log in state_dir.")
@click.option(
    "--directory",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    default=".",
    help="Where fedmsg looks for fedmsg.d/ after /etc/fedmsg.d/. Without it: the current directory.",
)
@click.option("--wait", default=120, show_default=True, help="With --stop: how many seconds to wait for its end.")
@click.pass_obj
def daemon(
    surroundings: Surroundings,
    foreground: bool,
    stop: bool,
    pidfile: Path | None,
    log_file: Path | None,
    directory: Path,
    wait: int,
) -> None:
    """Run fedmsg-hub with relengotron in it, detached from the terminal.

    The configuration and the fedmsg.d are checked first, while somebody is there to read what is wrong.
    """
    settings = surroundings.settings(examine_secrets=not stop)
    pidfile = (pidfile or settings.state_dir / "relengotron.pid").absolute()
    if stop:
        _stop(pidfile, wait)
        return
    hub = _hub_program()
    if (pid := hub_process.running(pidfile)) is not None:
        raise Refusal(f"the daemon runs already, as process {pid}", Exit.NO)
    os.environ[_CONFIG_KEY] = str(surroundings.config.absolute())
    log_file = (log_file or settings.state_dir / "relengotron.log").absolute()
    os.chdir(directory)  # fedmsg finds its configuration by it
    _refuse_a_bus_that_is_not_fit(settings)
    if foreground:
        _become(hub)
    page.say(f"The daemon starts; its log: {log_file}")
    _detach(hub, Path.cwd(), pidfile, log_file)


def _refuse_a_bus_that_is_not_fit(settings: "Settings") -> None:
    from relengotron.examination import bus  # stopping a daemon needs no bus

    if found := bus.mistakes(settings):
        raise SettingsError("\n".join(found))


def _stop(pidfile: Path, wait: int) -> None:
    if hub_process.running(pidfile) is None:
        page.say("The daemon does not run.")
    elif hub_process.stop(pidfile, timedelta(seconds=wait)):
        page.say("The daemon has stopped.")
    else:
        raise Refusal(f"the daemon still runs after {wait} s; it goes on storing its queue", Exit.NO)


def _hub_program() -> Path:
    beside = Path(sys.executable).parent / "fedmsg-hub"
    found = str(beside) if beside.is_file() else shutil.which("fedmsg-hub")
    if found is None:
        raise Refusal("fedmsg-hub is not installed: pip install 'fedmsg[consumers]'", Exit.USAGE)
    return Path(found)


def _detach(hub: Path, directory: Path, pidfile: Path, log_file: Path) -> NoReturn:
    for path in (pidfile, log_file):
        path.parent.mkdir(parents=True, exist_ok=True)
    sys.stdout.flush()
    with log_file.open("a", buffering=1) as log:
        context = DaemonContext(
            working_directory=str(directory),
            umask=0o022,
            pidfile=TimeoutPIDLockFile(str(pidfile), acquire_timeout=5),
            stdout=log,
            stderr=log,
            detach_process=True,
        )
        context.open()
        _become(hub)


def _become(hub: Path) -> NoReturn:
    """This process is the hub from now on; it keeps its number, so the pid file stays true."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # a shell starts background jobs with SIGINT ignored
    os.execv(hub, [str(hub)])  # noqa: S606 - there is no shell, and the program is the one beside this one
