"""A real fedmsg-hub process on loopback, in a folder of its own, with our consumer in it."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

from relengotron.settings import load
from tests.process.kept import Kept

ROOT = Path(__file__).resolve().parents[2]
PATIENCE_S = 30.0
OURS = "relengotron.consumers.fedmsg_hub:Relengotron"
TAKES_SIGNALS = "taking signals"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def until(
    holds: Callable[[], bool],
    what: str,
    again: Callable[[], object] = lambda: None,
    within: float = PATIENCE_S,
    looks_every: float = 0.02,
) -> None:
    """Do ``again`` until the condition holds; on a bus nobody says when a subscriber is there."""
    deadline = time.monotonic() + within
    while not holds():
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {within:g} s: {what}")
        again()
        time.sleep(looks_every)


class RunningHub:
    def __init__(self, folder: Path, config: Mapping[str, Any], consumer: str = OURS) -> None:
        (folder / "fedmsg.d").mkdir(parents=True)
        (folder / "fedmsg.d" / "test.py").write_text(f"config = {dict(config)!r}\n", encoding="utf-8")
        self.log = folder / "hub.log"
        self._settings = Path(str(config.get("relengotron.settings")))
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [
                    str(Path(sys.executable).with_name("fedmsg-hub")),
                    "--with-consumers",
                    consumer,
                ],
                cwd=folder,
                stdout=log,
                stderr=subprocess.STDOUT,
                env={
                    "PATH": os.environ["PATH"],
                    "HOME": str(folder),
                    "PYTHONPATH": f"{ROOT}:{Path(__file__).parent}",
                    "PYTHONWARNINGS": "ignore",
                },
            )

    @cached_property
    def kept(self) -> Kept:
        """What is in the journal that the hub's configuration names."""
        return Kept(load(self._settings).journal.url)

    def stored(self) -> list[str]:
        """The msg_ids of the messages that were believed, in the order they were stored."""
        return self.kept.ids()

    def said(self) -> str:
        return self.log.read_text(encoding="utf-8", errors="replace")

    def wait_until_it_takes_signals(self) -> None:
        until(lambda: TAKES_SIGNALS in self.said(), "our signal handlers")

    def stop(self, number: int = signal.SIGTERM) -> int:
        if self.process.poll() is None:
            self.process.send_signal(number)
        return self.process.wait(PATIENCE_S)

    def kill(self) -> None:
        if self.process.poll() is None:
            self.process.kill()  # also one that was stopped in the middle
            self.process.wait(PATIENCE_S)
