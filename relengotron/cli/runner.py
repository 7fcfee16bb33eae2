"""``relengotron runner``: advance runs without listening to the bus; a hub elsewhere stores the messages."""

import logging
import signal
from threading import Event

import click

from relengotron.bootstrap import open_daemon
from relengotron.cli import logs
from relengotron.cli.surroundings import Surroundings

log = logging.getLogger(__name__)


@click.command()
@click.pass_obj
def runner(surroundings: Surroundings) -> None:
    """Advance runs in this process until it is told to stop; messages come in through the journal.

    SIGTERM and SIGINT finish what is begun and stop; SIGHUP is ignored.
    """
    logs.set_up(surroundings.verbose)
    stopping = Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _number, _frame: stopping.set())
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    daemon = open_daemon(surroundings.settings(examine_secrets=True))
    try:
        daemon.start()
        log.info("runner started", extra={"config": str(surroundings.config)})
        stopping.wait()
        log.info("runner is stopping")
    finally:
        daemon.stop()
