"""How do messages come in from a fedmsg hub?"""

import logging
import signal
import sys
import threading
from collections.abc import Mapping
from typing import Any, Final, Protocol

import fedmsg.consumers
from twisted.internet.error import ReactorNotRunning

from relengotron.consumers.doorway import Doorway, Intake
from relengotron.errors import Transient

log = logging.getLogger(__name__)

ENABLED_KEY: Final = "relengotron.enabled"
ON_FAILURE_KEY: Final = "relengotron.on_failure"
EXIT_CONFIG: Final = 78  # EX_CONFIG of sysexits.h: restarting does not help
EXIT_LATER: Final = 75  # EX_TEMPFAIL: the journal, its other daemon or the bus may be better after a while

_VALIDATED: Final = "relengotron.validated"
_ONCE: Final = object()


class Daemon(Protocol):
    """What the consumer needs of the daemon it feeds."""

    @property
    def intake(self) -> Intake:
        """Where messages are stored."""

    def start(self) -> None:
        """Begin to advance runs."""

    def stop(self) -> None:
        """End cleanly; nothing is stored after this."""


class Relengotron(fedmsg.consumers.FedmsgConsumer):  # type: ignore[misc]
    """Stores each message and does nothing else; the daemon behind it does the work in threads of its own.

    The hub logs an exception of a consumer's start and runs on without it, or worse with a half of it. So a failed
    start ends the process: SystemExit is no Exception and passes through the hub's handler.
    """

    config_key = ENABLED_KEY

    def __init__(self, hub: Any) -> None:
        """Check everything and open the daemon before the base class subscribes."""
        if not hub.config.get(self.config_key, False):
            super().__init__(hub)
            return
        try:
            self._start(hub)
        except Exception as error:  # noqa: BLE001 - whatever it is, the hub must not run on without us
            self._refuse(hub, error)

    def open_daemon(self, settings_path: str) -> Daemon:
        """Join all parts; a test puts a small daemon here."""
        # Imported here, because an error while the hub imports this module would only be logged.
        from relengotron import bootstrap

        daemon: Daemon = bootstrap.open_for_hub(settings_path)
        return daemon

    def consume(self, message: Mapping[str, Any]) -> None:
        """Keep the message; return when it is on disk."""
        self._doorway.keep({"topic": message["topic"], "body": message["body"]})

    def validate(self, message: dict[str, Any]) -> None:
        """Check the signature once; the hub asks on arrival and again before consuming, at 0.9 ms each."""
        if message.get(_VALIDATED) is not _ONCE:
            super().validate(message)
            message[_VALIDATED] = _ONCE

    def pre_consume(self, message: dict[str, Any]) -> None:
        """Take our mark off again before anybody writes the message down."""
        message.pop(_VALIDATED, None)
        super().pre_consume(message)

    def stop(self) -> None:
        """Stop listening; the worker drains its queue before the daemon is stopped."""
        if self._initialized:
            self._doorway.close_soon()
        super().stop()

    def _start(self, hub: Any) -> None:
        from moksha.hub.reactor import reactor

        from relengotron.consumers.selfcheck import SETTINGS_KEY, check, topics_of

        check(hub.config)
        self.topic = topics_of(hub.config)
        if not hub.config["validate_signatures"]:
            log.warning("signatures are not validated: anybody on the bus can order a push")
        self._daemon = self.open_daemon(str(hub.config[SETTINGS_KEY]))
        try:
            self._doorway = Doorway(self._daemon.intake)
            super().__init__(hub)
            self._daemon.start()
        except BaseException:
            self._daemon.stop()
            raise
        reactor.callWhenRunning(self._take_signals)
        # "after": the thread pool, and with it the queue in memory, is drained "during" the shutdown.
        reactor.addSystemEventTrigger("after", "shutdown", self._daemon.stop)

    def _refuse(self, hub: Any, error: Exception) -> None:
        self._initialized = False
        log.critical("relengotron cannot start", exc_info=error)
        print(f"relengotron cannot start: {error}", file=sys.stderr, flush=True)  # noqa: T201 - logging may be off
        if hub.config.get(ON_FAILURE_KEY, "exit") != "disable":
            raise SystemExit(EXIT_LATER if isinstance(error, Transient) else EXIT_CONFIG) from error
        self._unsubscribe(hub)

    def _unsubscribe(self, hub: Any) -> None:
        hub.unsubscribe(self._consume_json)
        for _ in range(getattr(self, "N", 0)):
            self.incoming.put(StopIteration)  # the worker thread would keep the hub from ending

    def _take_signals(self) -> None:
        # SIGTERM, which systemd sends, would kill the hub with its queue in memory; after SIGINT and SIGHUP a hub on a
        # silent bus hangs, because nothing wakes its reactor (measured).
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
                signal.signal(number, self._stop_hub_soon)
            log.info("taking signals")

    def _stop_hub_soon(self, _number: int, _frame: object) -> None:
        from moksha.hub.reactor import reactor

        reactor.callFromThread(self._stop_hub)  # wakes the reactor even when the bus is silent

    def _stop_hub(self) -> None:
        from moksha.hub.reactor import reactor

        self.hub.stop()
        try:
            reactor.stop()
        except ReactorNotRunning:
            log.debug("the reactor has stopped already")
