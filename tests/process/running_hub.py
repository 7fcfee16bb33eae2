"""A real fedmsg-hub process on loopback, in a folder of its own."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
PATIENCE_S = 15.0


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def until(holds: Callable[[], bool], what: str, again: Callable[[], object] = lambda: None) -> None:
    """Do ``again`` until the condition holds; on a bus nobody says when a subscriber is there."""
    deadline = time.monotonic() + PATIENCE_S
    while not holds():
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {PATIENCE_S:g} s: {what}")
        again()
        time.sleep(0.02)


class RunningHub:
    def __init__(self, folder: Path, config: Mapping[str, Any], seconds_a_message: float = 0.0) -> None:
        (folder / "fedmsg.d").mkdir(parents=True)
        (folder / "fedmsg.d" / "test.py").write_text(f"config = {dict(config)!r}\n", encoding="utf-8")
        self.diary = folder / "diary.jsonl"
        self.log = folder / "hub.log"
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [
                    str(Path(sys.executable).with_name("fedmsg-hub")),
                    "--with-consumers",
                    "recording_consumer:Relengotron",
                ],
                cwd=folder,
                stdout=log,
                stderr=subprocess.STDOUT,
                env={
                    "PATH": os.environ["PATH"],
                    "HOME": str(folder),
                    "PYTHONPATH": f"{ROOT}:{Path(__file__).parent}",
                    "PYTHONWARNINGS": "ignore",
                    "SECONDS_A_MESSAGE": str(seconds_a_message),
                },
            )

    def lines(self) -> list[dict[str, Any]]:
        if not self.diary.exists():
            return []
        return [json.loads(line) for line in self.diary.read_text(encoding="utf-8").splitlines()]

    def stored(self) -> list[str]:
        """The msg_ids in the order they were stored."""
        return [line["raw"]["body"]["msg_id"] for line in self.lines() if line["what"] == "stored"]

    def stop(self, number: int = signal.SIGTERM) -> int:
        if self.process.poll() is None:
            self.process.send_signal(number)
        return self.process.wait(PATIENCE_S)

    def kill(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait(PATIENCE_S)
