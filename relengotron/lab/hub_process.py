"""How is a real fedmsg-hub started with our consumer, and when is it ready?"""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from relengotron.errors import DeadlineMissed, Permanent
from relengotron.lab.place import Place

READY_WITHIN = 60.0
STOPS_WITHIN = 40.0
HANDSHAKE = 2.0  # a subscription that was just made reaches its publishers within this time


class HubProcess:
    """One ``fedmsg-hub`` in the lab; it finds its configuration in ``fedmsg.d`` of its working directory."""

    def __init__(self, place: Place, config: Path | None = None) -> None:
        """Nothing runs before ``start``."""
        self._place = place
        self._log = place.log / "fedmsg-hub.log"
        self._config = config
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> "HubProcess":
        """The hub runs and our consumer listens.

        Raises:
            Permanent: it ended at once; the text holds what it said.
            DeadlineMissed: it did not get ready in time.
        """
        program = Path(sys.executable).with_name("fedmsg-hub")
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, str(program)],
                cwd=self._place.world,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env={**os.environ, "PYTHONWARNINGS": "ignore", "PYTHONUNBUFFERED": "1"},
            )
        self._wait_until_ready()
        return self

    @property
    def pid(self) -> int:
        """The number of the process."""
        if self._process is None:
            raise Permanent("the hub was not started")
        return self._process.pid

    def stop(self) -> int:
        """Ask it to stop as systemd would, and return its exit status."""
        if self._process is None:
            return 0
        self._process.send_signal(signal.SIGINT)
        try:
            return self._process.wait(STOPS_WITHIN)
        except subprocess.TimeoutExpired:
            self._process.kill()
            return self._process.wait(STOPS_WITHIN)

    def _wait_until_ready(self) -> None:
        """The daemon takes the journal's lock after it has subscribed; the handshake takes a moment more."""
        lock = Path(f"{self._place.state / 'journal.sqlite'}.runner")
        deadline = time.monotonic() + READY_WITHIN
        while not (lock.is_file() and lock.stat().st_size):
            if self._process is not None and self._process.poll() is not None:
                raise Permanent(f"fedmsg-hub ended with {self._process.returncode}: {self._tail()}")
            if time.monotonic() > deadline:
                raise DeadlineMissed(f"fedmsg-hub is not ready after {READY_WITHIN:.0f} s: {self._tail()}")
            time.sleep(0.1)
        time.sleep(HANDSHAKE)

    def _tail(self) -> str:
        return self._log.read_text(errors="replace")[-3000:]
