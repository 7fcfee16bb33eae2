"""Our consumer, loaded into a real hub with a daemon that writes down what happens to it."""

import json
import os
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from relengotron.consumers.fedmsg_hub import Daemon
from relengotron.consumers.fedmsg_hub import Relengotron as Real


class RecordingDaemon:
    def __init__(self, diary: Path, seconds_a_message: float) -> None:
        self.intake = self
        self._diary = diary
        self._seconds_a_message = seconds_a_message

    def start(self) -> None:
        self._write({"what": "started"})

    def stop(self) -> None:
        self._write({"what": "stopped"})

    def store(self, raw: Mapping[str, Any]) -> None:
        time.sleep(self._seconds_a_message)
        self._write({"what": "stored", "raw": dict(raw)})

    def _write(self, line: dict[str, Any]) -> None:
        with self._diary.open("a", encoding="utf-8") as diary:
            diary.write(json.dumps(line) + "\n")


class Relengotron(Real):
    def open_daemon(self, settings_path: str) -> Daemon:
        if settings_path == "/broken":
            raise RuntimeError("the journal cannot be opened")
        return RecordingDaemon(Path(settings_path), float(os.environ.get("SECONDS_A_MESSAGE", "0")))
