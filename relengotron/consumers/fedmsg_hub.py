"""How do messages come in from a fedmsg hub?"""

import logging
import signal
import sys
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, Protocol

import fedmsg.consumers
from twisted.internet.error import ReactorNotRunning

from relengotron.consumers import stomp
from relengotron.consumers.doorway import Doorway, Intake
from relengotron.consumers.frames import limit_frames, watch_frames
from relengotron.consumers.gaps import Gaps, watch
from relengotron.consumers.waiting_room import WaitingRoom
from relengotron.errors import RelengError, Transient
from relengotron.messages.arrival import Arrival
from relengotron.systems.bus.stomp_config import Subscription, is_stomp

log = logging.getLogger(__name__)

ENABLED_KEY: Final = "relengotron.enabled"
ON_FAILURE_KEY: Final = "relengotron.on_failure"
EXIT_CONFIG: Final = 78  # EX_CONFIG of sysexits.h: restarting does not help
EXIT_LATER: Final = 75  # EX_TEMPFAIL: the journal, its other daemon or the bus may be better after a while

AT_ONCE: Final = 500
"""Messages that may share one transaction: more gain little and make the first of them wait."""


class Daemon(Protocol):
    """What the consumer needs of the daemon it feeds."""

    @property
    def intake(self) -> Intake:
        """Where messages are stored."""

    def start(self) -> None:
        """Begin to advance runs."""

    def on_gap(self, reason: str) -> None:
        """Hear that messages may have passed us by; returns at once."""

    def close_soon(self) -> None:
        """Hear that the end is near: what still comes in must not wait for anything else; returns at once."""

    def stop(self) -> None:
        """End cleanly; nothing is stored after this."""


class Relengotron(fedmsg.consumers.FedmsgConsumer):  # type: ignore[misc]
    """Stores each message and does nothing else; the daemon behind it does the work in threads of its own.

    The hub logs an exception of a consumer's start and runs on without it, or worse with a half of it. So a failed
    start ends the process: SystemExit is no Exception and passes through the hub's handler.
    """

    config_key = ENABLED_KEY
    _gaps: Gaps | None = None

    def __init__(self, hub: Any) -> None:
        """Check everything and open the daemon before the base class subscribes."""
        if not hub.config.get(self.config_key, False):
            super().__init__(hub)
            return
        try:
            self._start(hub)
        except Exception as error:  # noqa: BLE001 - whatever it is, the hub must not run on without us
            self._refuse(hub, error)

    def open_daemon(self, config: Mapping[str, Any]) -> Daemon:
        """Join all parts, once the configuration of the bus has proved that it can be trusted."""
        # Imported here, because an error while the hub imports this module would only be logged.
        from relengotron import bootstrap
        from relengotron.settings import load
        from relengotron.systems.bus.selfcheck import SETTINGS_KEY, guard_of

        settings = load(Path(str(config[SETTINGS_KEY])))
        daemon: Daemon = bootstrap.open_for_hub(settings, guard_of(config, settings))
        return daemon

    def consume(self, message: Mapping[str, Any]) -> None:
        """Keep one message; return when it is on disk."""
        self._doorway.keep([Arrival.of(dict(message))])

    def _consume_json(self, message: Any) -> None:
        """The hub's reactor hands a message over: it goes to the queue unread, so that the next can be taken."""
        self._queue(Arrival(message.body, message.topic))

    def _queue(self, arrival: Arrival) -> None:
        self.headcount_in += 1
        self.incoming.put(arrival)

    def _work_loop(self) -> None:
        """The hub's worker: all that has come in goes to the disk together; while it is written, more comes in."""
        goes_on = True
        while goes_on:
            waiting, goes_on = self.incoming.take(AT_ONCE)
            if waiting:
                self._store(waiting)

    def _store(self, waiting: list[Arrival]) -> None:
        began = time.monotonic()
        try:
            stomp.acknowledge(self._doorway.keep(waiting))
        except Exception as error:  # noqa: BLE001 - the doorway has told of each; the worker must live
            self._exception_count += len(waiting)
            log.error("messages were not stored", extra={"messages": len(waiting), "error": str(error)})
        if missed := self.incoming.turned_away():
            log.error("no room in memory: messages were not taken", extra={"messages": missed})
            self._daemon.on_gap(f"{missed} messages found no room while the journal was away")
        self.headcount_out += len(waiting)
        self._times.append(time.monotonic() - began)

    def stop(self) -> None:
        """Stop listening; the worker drains its queue before the daemon is stopped."""
        if self._initialized:
            self._doorway.close_soon()
            self._daemon.close_soon()
        self._watch_no_more()
        super().stop()

    def _watch_no_more(self) -> None:
        if self._gaps is not None:
            self._gaps.stop()

    def _start(self, hub: Any) -> None:
        from moksha.hub.reactor import reactor

        from relengotron.systems.bus.selfcheck import check, topics_of

        check(hub.config)
        topics = topics_of(hub.config)
        self.topic = [] if is_stomp(hub.config) else topics  # a broker has one queue for all of them
        self._daemon = self.open_daemon(hub.config)
        try:
            self._doorway = Doorway(self._daemon.intake)
            limit_frames(hub)
            super().__init__(hub)
            self.incoming = WaitingRoom()  # before the reactor runs: nothing waits in the queue of the base class yet
            if is_stomp(hub.config):
                stomp.listen(hub, Subscription.of(hub.config, topics), self._queue)
            watch_frames(hub, self._queue)
            self._gaps = watch(hub, self._daemon.on_gap)
            self._daemon.start()
        except BaseException:
            self._watch_no_more()
            self._daemon.stop()
            raise
        reactor.callWhenRunning(self._take_signals)
        # "after": the thread pool, and with it the queue in memory, is drained "during" the shutdown.
        reactor.addSystemEventTrigger("after", "shutdown", self._close)

    def _close(self) -> None:
        """Nothing is read from the bus any more: store what came in after the worker had gone, then stop."""
        self.incoming.put(StopIteration)
        self._work_loop()
        self._daemon.stop()

    def _refuse(self, hub: Any, error: Exception) -> None:
        self._initialized = False
        is_expected = isinstance(error, RelengError)
        log.critical("relengotron cannot start", exc_info=None if is_expected else error, extra={"why": str(error)})
        print(f"relengotron cannot start: {error}", file=sys.stderr, flush=True)  # noqa: T201 - logging may be off
        if hub.config.get(ON_FAILURE_KEY, "exit") != "disable":
            raise SystemExit(_status_of(error)) from error
        self._unsubscribe(hub)

    def _unsubscribe(self, hub: Any) -> None:
        hub.unsubscribe(self._consume_json)
        for _ in range(getattr(self, "N", 0)):
            self.incoming.put(StopIteration)  # the worker thread would keep the hub from ending

    def _take_signals(self) -> None:
        # SIGTERM, which systemd sends, would kill the hub with its queue in memory; after SIGINT a hub on a silent bus
        # hangs, because nothing wakes its reactor (measured). To a bare hub SIGHUP means "stop".
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGINT, signal.SIGTERM):
                signal.signal(number, self._stop_hub_soon)
            signal.signal(signal.SIGHUP, _go_on)
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


def _status_of(error: Exception) -> int:
    """Only a wrong setting, or a defect of ours, is left to a person."""
    return EXIT_LATER if isinstance(error, Transient | OSError) else EXIT_CONFIG


def _go_on(_number: int, _frame: object) -> None:
    log.info("SIGHUP is no reason to stop: certificates are read anew when they change, settings at the next start")
