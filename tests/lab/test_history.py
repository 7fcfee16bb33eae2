"""Does the lab's datagrepper hear what is said on its bus, whole and by whoever says it?"""

import json
import time
from collections.abc import Iterator
from typing import Any

import pytest
import zmq

from relengotron.lab.history import Historian
from relengotron.systems.datagrepper.simulated import SimulatedDatagrepper
from relengotron.systems.datagrepper.simulated.service import Wish

BEGINNING = "org.fedoraproject.dev."
PATIENCE_S = 10.0


class Speaker:
    def __init__(self, context: "zmq.Context[zmq.Socket[bytes]]") -> None:
        self.socket = context.socket(zmq.PUB)
        self.address = f"tcp://127.0.0.1:{self.socket.bind_to_random_port('tcp://127.0.0.1')}"

    def say(self, msg_id: str) -> None:
        envelope: dict[str, Any] = {"topic": f"{BEGINNING}buildsys.tag", "msg": {}, "msg_id": msg_id, "timestamp": 1}
        self.socket.send_multipart([envelope["topic"].encode(), json.dumps(envelope | {"username": "x"}).encode()])


@pytest.fixture
def speakers() -> Iterator[list[Speaker]]:
    context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
    yield [Speaker(context), Speaker(context)]
    context.destroy(0)


def test_every_publisher_is_heard_and_what_is_no_message_ends_nothing(speakers: list[Speaker]) -> None:
    history = SimulatedDatagrepper(time.time)
    historian = Historian([each.address for each in speakers], BEGINNING, history.hear)
    historian.start()
    deadline = time.monotonic() + PATIENCE_S
    while len(history) < 2:  # nobody says when a subscriber is there
        assert time.monotonic() < deadline
        for name, speaker in zip("ab", speakers, strict=True):
            speaker.socket.send_multipart([BEGINNING.encode(), b"[]"])
            speaker.socket.send_multipart([BEGINNING.encode(), b"{"])
            speaker.say(f"2016-{name}")
    historian.stop()
    rows, total = history.page(Wish(categories=["buildsys"]), 0, 10)
    assert (sorted(row["msg_id"] for row in rows), total) == (["2016-a", "2016-b"], 2)
