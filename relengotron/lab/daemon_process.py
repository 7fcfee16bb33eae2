"""How are a real fedmsg-hub and a real runner started, when are they ready, and how do they end?"""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from relengotron.errors import DeadlineMissed, Permanent
from relengotron.lab.place import Place
from relengotron.lab.tied import tied

READY_WITHIN = 60.0
STOPS_WITHIN = 40.0
LOOKS_EVERY = 0.05
HUB_IS_READY = "taking signals"
RUNNER_IS_READY = "runner started"


class DaemonProcess:
    """One process of the daemon; it finds the bus configuration in ``fedmsg.d`` of its working directory."""

    def __init__(self, place: Place, name: str, command: Sequence[str], ready: str) -> None:
        """``ready`` is what it writes to its log when it is; nothing runs before ``start``."""
        self.name = name
        self.log = place.log / f"{name}.log"
        self._place = place
        self._command = [sys.executable, *command]
        self._ready = ready
        self._process: subprocess.Popen[bytes] | None = None
        self._log_begins_at = 0

    @property
    def pid(self) -> int:
        """The number of the process.

        Raises:
            Permanent: it was never started.
        """
        return self._started().pid

    def start(self) -> None:
        """Let it begin; ``wait_until_ready`` says when it can be used."""
        self._log_begins_at = self.log.stat().st_size if self.log.exists() else 0
        with self.log.open("ab") as log, _undisturbed():
            self._process = subprocess.Popen(
                tied(self._command),
                cwd=self._place.world,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # a Ctrl-C for the lab must not end it before the lab does
                env={**os.environ, "PYTHONWARNINGS": "ignore", "PYTHONUNBUFFERED": "1"},
            )

    def wait_until_ready(self) -> None:
        """Return when it works.

        Raises:
            Permanent: it ended at once; the text holds what it said.
            DeadlineMissed: it did not get ready in time.
        """
        process, deadline = self._started(), time.monotonic() + READY_WITHIN
        while self._ready not in self.said():
            if process.poll() is not None:
                raise Permanent(f"{self.name} ended with {process.returncode}: {self.said()[-3000:]}")
            if time.monotonic() > deadline:
                raise DeadlineMissed(f"{self.name} is not ready after {READY_WITHIN:.0f} s; see {self.log}")
            time.sleep(LOOKS_EVERY)

    def wait(self) -> int:
        """Its exit status, when it ends by itself."""
        return self._started().wait(STOPS_WITHIN)

    def stop(self, number: signal.Signals = signal.SIGINT) -> int:
        """Ask it to stop, with SIGINT as systemd would, and return its exit status; killed if it will not."""
        if self._process is None:
            return 0
        if self._process.poll() is None:
            self._process.send_signal(number)
        try:
            return self._process.wait(STOPS_WITHIN)
        except subprocess.TimeoutExpired:
            self._process.kill()
            return self._process.wait(STOPS_WITHIN)

    def said(self) -> str:
        """Its log since it was started."""
        with self.log.open("rb") as log:
            log.seek(self._log_begins_at)
            return log.read().decode(errors="replace")

    def _started(self) -> subprocess.Popen[bytes]:
        if self._process is None:
            raise Permanent(f"{self.name} was not started")
        return self._process


@contextmanager
def _undisturbed() -> Iterator[None]:
    """A Ctrl-C between the birth of a process and the moment we know its number would leave it behind: hold it back."""
    held_back: list[int] = []
    before = {}
    if threading.current_thread() is threading.main_thread():
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            before[number] = signal.signal(number, lambda number, _frame: held_back.append(number))
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        for found in held_back:
            signal.raise_signal(found)


def hub_process(place: Place) -> DaemonProcess:
    """A ``fedmsg-hub`` with our consumer in it."""
    program = str(Path(sys.executable).with_name("fedmsg-hub"))
    return DaemonProcess(place, "fedmsg-hub", [program], HUB_IS_READY)


def runner_process(place: Place) -> DaemonProcess:
    """A ``relengotron runner`` for a hub that only stores."""
    command = ["-m", "relengotron", "--config", str(place.config), "runner"]
    return DaemonProcess(place, "runner", command, RUNNER_IS_READY)
