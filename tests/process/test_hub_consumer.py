"""Does our consumer hold its promises in a real fedmsg-hub, over real ZeroMQ?"""

import json
import signal
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import zmq

from relengotron.lab.certificates import Authority
from relengotron.systems.bus.client import FedmsgBus
from relengotron.systems.bus.port import Said
from relengotron.systems.bus.signing import Seal
from tests.process.running_hub import PATIENCE_S, ROOT, RunningHub, free_port, until

RUNNING = "Running the MokshaHub reactor"
BEGINNING = "org.fedoraproject.dev."
ORDER = "bodhi.masher.start"
BODY = {"agent": "releng", "resume": False, "updates": ["bash-4.3.42-1.fc23"]}


def shipped_logging() -> object:
    shipped: dict[str, Any] = {}
    exec((ROOT / "fedmsg.d" / "relengotron.py").read_text(encoding="utf-8"), shipped)
    return shipped["config"]["logging"]


def base_config() -> dict[str, Any]:
    return {
        "topic_prefix": "org.fedoraproject",
        "environment": "dev",
        "endpoints": {"publisher": [f"tcp://127.0.0.1:{free_port()}"], "forger": [f"tcp://127.0.0.1:{free_port()}"]},
        "zmq_enabled": True,
        "zmq_reconnect_ivl": 20,
        "zmq_reconnect_ivl_max": 100,
        "high_water_mark": 0,
        "validate_signatures": False,
        "sign_messages": False,
        "relengotron.enabled": True,
        "logging": shipped_logging(),
    }


def signing_config(authority: Authority) -> dict[str, Any]:
    certnames = {name: authority.sign_for(name) for name in ("publisher", "stranger")}
    orders = ("bodhi.masher.start", "bodhi.composer.start", "relengotron.push.request")
    return base_config() | {
        "validate_signatures": True,
        "sign_messages": True,
        "ssldir": str(authority.folder),
        "ca_cert_location": str(authority.ca_file),
        "crl_location": "",
        "certnames": certnames,
        "routing_policy": {BEGINNING + topic: ["publisher"] for topic in orders},
    }


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., RunningHub]]:
    hubs: list[RunningHub] = []

    def run(config: dict[str, Any], seconds_a_message: float = 0.0) -> RunningHub:
        folder = tmp_path / f"hub-{len(hubs)}"
        settings = config.get("relengotron.settings") or str(folder / "diary.jsonl")
        hubs.append(RunningHub(folder, config | {"relengotron.settings": settings}, seconds_a_message))
        return hubs[-1]

    yield run
    for hub in hubs:
        hub.kill()


@pytest.fixture
def publisher() -> Iterator[Callable[[dict[str, Any]], FedmsgBus]]:
    opened: list[FedmsgBus] = []

    def open_one(config: dict[str, Any]) -> FedmsgBus:
        opened.append(FedmsgBus(config, "publisher"))
        return opened[-1]

    yield open_one
    for bus in opened:
        bus.close()


def test_a_message_is_stored_under_the_id_the_publisher_chose_and_the_hub_ends_cleanly_on_sigterm(
    start: Callable[..., RunningHub], publisher: Callable[[dict[str, Any]], FedmsgBus]
) -> None:
    config = base_config()
    hub = start(config, seconds_a_message=0.005)
    bus = publisher(config)

    until(lambda: "ours-1" in hub.stored(), "a message", again=lambda: bus.publish(Said(ORDER, BODY), "ours-1"))
    for number in range(100):
        bus.publish(Said(ORDER, BODY), f"burst-{number}")
    until(lambda: "burst-0" in hub.stored(), "the burst")

    assert hub.stop(signal.SIGTERM) == 0
    assert [line["what"] for line in hub.lines()][-1] == "stopped"
    burst = [msg_id for msg_id in hub.stored() if msg_id.startswith("burst-")]
    assert burst == [f"burst-{number}" for number in range(len(burst))]
    assert len(burst) > 1


def test_forged_messages_are_refused_and_signed_ones_stored(
    tmp_path: Path, start: Callable[..., RunningHub], publisher: Callable[[dict[str, Any]], FedmsgBus]
) -> None:
    config = signing_config(Authority.make(tmp_path / "pki"))
    false_authority = Authority.make(tmp_path / "false-pki")
    false_authority.sign_for("publisher")
    hub = start(config)
    bus = publisher(config)
    good = {"topic": BEGINNING + ORDER, "msg": BODY, "i": 1, "timestamp": 1_450_000_000, "username": "releng"}

    def sealed(number: int, **changed: Any) -> dict[str, Any]:
        envelope = dict(good)
        Seal(config | {"name": "publisher"} | changed).put_on(envelope, f"{number}-{'-'.join(changed) or 'good'}")
        return envelope

    def batch(number: int) -> list[dict[str, Any]]:
        return [
            good | {"msg_id": f"{number}-unsigned"},
            sealed(number) | {"msg_id": f"{number}-tampered"},
            sealed(number) | {"msg": BODY | {"agent": "somebody else"}, "msg_id": f"{number}-good"},
            sealed(number, ssldir=str(false_authority.folder)),
            sealed(number, name="stranger"),
            sealed(number),
        ]

    with zmq.Context() as context, context.socket(zmq.PUB) as raw:
        raw.setsockopt(zmq.LINGER, 0)
        raw.bind(config["endpoints"]["forger"][0])

        def send(number: int) -> None:
            for envelope in batch(number):
                raw.send_multipart([envelope["topic"].encode(), json.dumps(envelope).encode()])

        until(lambda: "1-good" in hub.stored(), "the first good message", again=lambda: send(1))
        until(lambda: "ours" in hub.stored(), "ours", again=lambda: bus.publish(Said(ORDER, BODY), "ours"))
        send(2)
        until(lambda: "2-good" in hub.stored(), "a good message after a whole batch of forged ones")

    assert set(hub.stored()) == {"1-good", "2-good", "ours"}
    agents = {line["raw"]["body"]["msg"]["agent"] for line in hub.lines() if line["what"] == "stored"}
    assert agents == {"releng"}
    assert hub.log.read_text().count("Received invalid message") >= 5


def says(hub: RunningHub, text: str) -> bool:
    return text in hub.log.read_text()


REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"validate_signatures": None}, "validate_signatures: missing"),
    ({"relengotron.settings": "/broken"}, "the journal cannot be opened"),
    ({"validate_signatures": True, "ca_cert_location": "/nowhere", "crl_location": ""}, "no file /nowhere"),
]


def test_a_hub_that_cannot_carry_us_exits_instead_of_running_half_subscribed(start: Callable[..., RunningHub]) -> None:
    configs = [base_config() | change for change, _ in REFUSED]
    hubs = [start({key: value for key, value in config.items() if value is not None}) for config in configs]

    assert [hub.process.wait(PATIENCE_S) for hub in hubs] == [78, 78, 78]
    for hub, (_, told) in zip(hubs, REFUSED, strict=True):
        assert told in hub.log.read_text()


def test_a_hub_that_carries_others_goes_on_without_us_if_the_configuration_says_so(
    start: Callable[..., RunningHub],
) -> None:
    hub = start(base_config() | {"relengotron.settings": "/broken", "relengotron.on_failure": "disable"})

    until(partial(says, hub, RUNNING), "the hub goes on")
    assert hub.process.poll() is None


def test_a_hub_on_a_silent_bus_ends_at_once_whatever_signal_ends_it(start: Callable[..., RunningHub]) -> None:
    signals = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
    hubs = [start(base_config()) for _ in signals]

    for hub, number in zip(hubs, signals, strict=True):
        until(partial(says, hub, "taking signals"), "our signal handlers")
        assert hub.stop(number) == 0
        assert [line["what"] for line in hub.lines()] == ["started", "stopped"]
