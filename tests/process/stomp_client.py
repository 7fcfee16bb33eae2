"""A plain, blocking STOMP client that publishes into the broker."""

import json
import socket
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Any, Self

from relengotron.messages.stomp import Frame, FrameReader
from tests.rabbitmq import HOST, PASSWORD, USER

PATIENCE_S = 15.0


class StompClient:
    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection((HOST, port), timeout=PATIENCE_S)
        self._reader = FrameReader()
        self._frames: list[Frame] = []
        self._send(Frame("CONNECT", {"accept-version": "1.1", "host": "/", "login": USER, "passcode": PASSWORD}))
        assert self.next().command == "CONNECTED"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, _kind: type[BaseException] | None, _e: BaseException | None, _t: TracebackType | None) -> None:
        self._socket.close()

    def publish(self, destination: str, *bodies: bytes, **headers: str) -> None:
        """Return when the broker has every one of them."""
        self.begin_to_publish(destination, *bodies, **headers)
        self.wait_until_published()

    def begin_to_publish(self, destination: str, *bodies: bytes, **headers: str) -> None:
        wishes = {"destination": destination, "persistent": "true", "content-type": "application/json", **headers}
        frames = [Frame("SEND", wishes | {"content-length": str(len(body))}, body) for body in bodies]
        last = Frame("SEND", dict(frames[-1].headers) | {"receipt": "all"}, frames[-1].body)
        self._send(*frames[:-1], last)

    def wait_until_published(self) -> None:
        assert self.next().headers["receipt-id"] == "all"

    def next(self) -> Frame:
        while not self._frames:
            self._frames += self._reader.frames(self._socket.recv(65536))
        return self._frames.pop(0)

    def _send(self, *frames: Frame) -> None:
        self._socket.sendall(b"".join(frame.packed() + b"\n" for frame in frames))


def envelope(number: int, topic: str, body: Mapping[str, Any]) -> bytes:
    message = {
        "msg_id": f"2026-{number:06d}",
        "topic": topic,
        "msg": dict(body),
        "i": number,
        "timestamp": 1_784_000_000,
    }
    return json.dumps(message, ensure_ascii=False).encode()


def envelopes(numbers: Sequence[int], topic: str, body: Mapping[str, Any]) -> list[bytes]:
    return [envelope(number, topic, body) for number in numbers]
