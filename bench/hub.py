"""A real fedmsg-hub on loopback with one consumer in it, and a publisher that is faster than any hub."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import zmq

from relengotron.messages.subscribing import full_topics

ROOT: Final = Path(__file__).resolve().parents[1]
BEGINNING: Final = "org.fedoraproject.dev."
TOPICS: Final = full_topics(BEGINNING)
READY_WITHIN_S: Final = 60.0


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def fedmsg_config(port: int, **more: Any) -> dict[str, Any]:
    """What ``fedmsg.d`` says: one publisher, no signatures, as a lab."""
    return {
        "topic_prefix": "org.fedoraproject",
        "environment": "dev",
        "endpoints": {
            "publisher": [f"tcp://127.0.0.1:{port}"],
            "relengotron.stage": [f"tcp://127.0.0.1:{free_port()}"],
        },
        "zmq_enabled": True,
        "zmq_reconnect_ivl": 20,
        "zmq_reconnect_ivl_max": 100,
        "high_water_mark": 0,
        "validate_signatures": False,
        "sign_messages": False,
        "bench.enabled": True,
        "relengotron.enabled": True,
        "logging": {"version": 1, "disable_existing_loggers": False, "root": {"level": "WARNING"}},
    } | more


def messages(count: int, first: int = 0) -> list[tuple[bytes, bytes]]:
    """Frames as koji's plugin sends them, some 770 bytes each: tags of builds that nobody waits for."""
    topic = BEGINNING + "buildsys.tag"
    body = {"name": "bash", "version": "4.3.42", "tag": "f24-updates-candidate", "tag_id": 274, "owner": "releng"}
    body |= {"user": "bodhi", "instance": "primary", "build_id": 4711, "padding": "x" * 430}
    envelope = {"topic": topic, "username": "apache", "timestamp": 1478000000, "crypto": "x509"}
    return [
        (
            topic.encode(),
            json.dumps(
                envelope | {"msg": body | {"release": f"{number}.fc24"}, "msg_id": f"2016-{number:036d}", "i": number}
            ).encode(),
        )
        for number in range(first, first + count)
    ]


class Hub:
    """One running hub."""

    def __init__(self, folder: Path, consumer: str, config: Mapping[str, Any], python: Path | None = None) -> None:
        """Start it in a folder of its own; ``python`` is an interpreter with another fedmsg."""
        (folder / "fedmsg.d").mkdir(parents=True, exist_ok=True)
        (folder / "fedmsg.d" / "bench.py").write_text(f"config = {dict(config)!r}\n", encoding="utf-8")
        self.folder = folder
        beside = (python or Path(sys.executable)).with_name("fedmsg-hub")
        with (folder / "hub.log").open("ab") as log:
            self.process = subprocess.Popen(
                [str(beside), "--with-consumers", consumer],
                cwd=folder,
                stdout=log,
                stderr=subprocess.STDOUT,
                env={
                    "PATH": os.environ["PATH"],
                    "HOME": str(folder),
                    "PYTHONPATH": f"{ROOT}:{ROOT / 'bench'}",
                    "PYTHONWARNINGS": "ignore",
                },
            )

    def stop(self, number: int = signal.SIGINT) -> int:
        """End it."""
        if self.process.poll() is None:
            self.process.send_signal(number)
        return self.process.wait(60)


class Publisher:
    """A socket that queues without limit, or so many, and knows when somebody listens."""

    def __init__(self, port: int, queue: int = 0) -> None:
        """Bind."""
        self._context = zmq.Context()
        self._socket = self._context.socket(zmq.XPUB)
        self._socket.setsockopt(zmq.SNDHWM, queue)
        self._socket.setsockopt(zmq.LINGER, 0)
        self._socket.setsockopt(zmq.XPUB_VERBOSE, 1)
        self._socket.bind(f"tcp://127.0.0.1:{port}")

    def wait_for_subscriber(self) -> None:
        """Return when a hub has subscribed to all our topics."""
        wanted, deadline = {topic.encode() for topic in TOPICS}, time.monotonic() + READY_WITHIN_S
        while wanted:
            if not self._socket.poll(100) and time.monotonic() > deadline:
                raise SystemExit("the hub did not subscribe")
            while self._socket.poll(0):
                frame = self._socket.recv()
                if frame[:1] == b"\1":
                    wanted.discard(frame[1:])

    def send(self, frames: Sequence[tuple[bytes, bytes]], per_second: float | None = None) -> list[float]:
        """Send everything as fast as it goes, or evenly; the moments (epoch seconds) at which each left."""
        began, left = time.time(), []
        for number, frame in enumerate(frames):
            if per_second is not None and (ahead := began + number / per_second - time.time()) > 0:
                time.sleep(ahead)
            self._socket.send_multipart(frame)
            left.append(time.time())
        return left

    def close(self) -> None:
        """Let go of the port."""
        self._socket.close()
        self._context.term()


@contextmanager
def publishing(queue: int = 0) -> Iterator[tuple[Publisher, int]]:
    """A publisher and its port."""
    port = free_port()
    publisher = Publisher(port, queue)
    try:
        yield publisher, port
    finally:
        publisher.close()
