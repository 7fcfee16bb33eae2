"""A stand-in served alone by its command, as anybody would start it, and a Koji recording played over its socket."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlsplit

from tests.contracts.koji_player import Answer, Entry, Login, Player, Wire

ENDS_WITHIN_S = 20
OUTAGES = ("ServerOffline", "LockOut", "database")


@contextmanager
def served(service: str) -> Iterator[dict[str, Any]]:
    """The one line that the command prints when it answers."""
    command = [sys.executable, "-m", "relengotron", "lab", "serve", service, "--empty", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            ready: dict[str, Any] = json.loads(process.stdout.readline())
            yield ready
            process.terminate()
            more, trouble = process.communicate(timeout=ENDS_WITHIN_S)
            assert more == "", f"one line, and then this: {more}"
            assert "Traceback" not in trouble, trouble
        finally:
            process.kill()


class SocketWire(Wire):
    """The same calls, over a real connection that stays open."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self.path = parts.path
        self.connection = HTTPConnection(parts.netloc, timeout=30)

    def http(self, verb: str, body: bytes, headers: dict[str, str]) -> tuple[int, bytes]:
        plain = {name.removeprefix("HTTP_").replace("_", "-"): value for name, value in headers.items()}
        self.connection.request(verb, self.path, body, {"Content-Type": "text/xml", **plain})
        with self.connection.getresponse() as answer:
            return answer.status, answer.read()


class FarHub:
    """What the player asks of its hub, asked over the wire; nobody outside can break a hub or expire a session."""

    def __init__(self, wire: Wire) -> None:
        self.wire = wire

    def call(self, _user: None, method: str) -> Any:
        answer = self.wire.call(method, [])
        assert answer.fault is None, answer.fault
        return answer.result


class SocketPlayer(Player):
    """Plays everything that somebody outside can play."""

    def __init__(self, url: str, passwords: dict[str, str], entries: list[Entry]) -> None:
        self.far_wire, self.passwords = SocketWire(url), passwords
        super().__init__(FarHub(self.far_wire), entries)  # type: ignore[arg-type]

    def __post_init__(self) -> None:
        self.wire = self.far_wire

    def play(self) -> Iterator[tuple[Entry, Answer]]:
        """Every entry but those that a broken hub answered."""
        entries = [entry for entry in self.entries if not _is_from_a_broken_hub(entry)]
        for position, entry in enumerate(self.entries):
            if entry in entries:
                self.prepare(position, entry)
                yield entry, self.noted(entry) if "note" in entry else self.plain(entry)

    def login(self, name: str) -> Login:
        if name not in self.logins:
            self.logins[name] = Login(self.wire, name, self.passwords[name])
        return self.logins[name]


def _is_from_a_broken_hub(entry: Entry) -> bool:
    note = entry.get("note") or ""
    return note.startswith(OUTAGES) or "session marked expired" in note
