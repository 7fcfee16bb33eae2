"""Does the bus in memory promise what the real publisher promises?"""

import json
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Protocol

import pytest
import zmq

from relengotron.errors import RequestRefused, SettingsError, SystemBusy, SystemUnreachable, Untrusted
from relengotron.lab.certificates import Authority
from relengotron.systems.bus.client import FedmsgBus
from relengotron.systems.bus.guard import guard_from
from relengotron.systems.bus.port import Bus, Said
from relengotron.systems.bus.simulated import SimulatedBus, Weather
from tests.contracts.pki import DAY, NOW, Root, a_key, pem, pem_of

STEP = Said("relengotron.push.step", {"run": "r1", "state": "done"})
ASKING = Said(STEP.topic_suffix, STEP.body, wants_answer=True)


class Listening(Protocol):
    """A bus that is published to, and the envelopes that arrived."""

    @property
    def bus(self) -> Bus: ...

    def heard(self) -> dict[str, Any]: ...


class InMemory:
    def __init__(self) -> None:
        self.bus = SimulatedBus(lambda: 1464773400.0)
        self._arrived: list[dict[str, Any]] = []
        self.bus.subscribe(self._arrived.append)

    def heard(self) -> dict[str, Any]:
        envelope: dict[str, Any] = self._arrived.pop(0)["body"]
        return envelope


class OnLoopback:
    """The real publisher, and a subscriber whose subscription has arrived before anything is sent."""

    def __init__(self, config: dict[str, Any], context: zmq.Context[zmq.Socket[bytes]]) -> None:
        self.bus = FedmsgBus(config, "publisher")
        self._socket = context.socket(zmq.SUB)
        self._socket.setsockopt(zmq.LINGER, 0)
        self._socket.setsockopt(zmq.RCVTIMEO, 100)
        self._socket.subscribe(b"")
        self._socket.connect(config["endpoints"]["publisher"][0])
        self._wait_for_the_subscription()

    def heard(self) -> dict[str, Any]:
        while True:
            topic, frame = self._socket.recv_multipart()
            envelope: dict[str, Any] = json.loads(frame)
            if envelope["msg_id"] != "hello":
                assert topic.decode() == envelope["topic"]
                return envelope

    def close(self) -> None:
        self.bus.close()
        self._socket.close()

    def _wait_for_the_subscription(self) -> None:
        for _ in range(50):
            self.bus.publish(STEP, "hello")
            try:
                self._socket.recv_multipart()
            except zmq.Again:
                continue
            return
        raise AssertionError("the subscription never arrived")


def a_config() -> dict[str, Any]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    return {
        "topic_prefix": "org.fedoraproject",
        "environment": "dev",
        "endpoints": {"publisher": [f"tcp://127.0.0.1:{port}"]},
        "sign_messages": False,
    }


@pytest.fixture(scope="module")
def on_loopback() -> Iterator[OnLoopback]:
    with zmq.Context() as context:
        listening = OnLoopback(a_config(), context)
        yield listening
        listening.close()


@pytest.fixture(params=["in memory", "on loopback"])
def listening(request: pytest.FixtureRequest) -> Listening:
    if request.param == "in memory":
        return InMemory()
    found: Listening = request.getfixturevalue("on_loopback")
    return found


def test_a_message_arrives_with_our_id_our_topic_and_our_body(listening: Listening) -> None:
    listening.bus.publish(STEP, "outbox-1")

    heard = listening.heard()
    assert heard["msg_id"] == "outbox-1"
    assert heard["topic"] == "org.fedoraproject.dev.relengotron.push.step"
    assert heard["msg"] == STEP.body
    assert isinstance(heard["timestamp"], int)


def test_sending_again_keeps_the_id(listening: Listening) -> None:
    for _ in range(2):
        listening.bus.publish(STEP, "outbox-2")
    assert [listening.heard()["msg_id"] for _ in range(2)] == ["outbox-2", "outbox-2"]


def test_only_what_wants_an_answer_is_marked(listening: Listening) -> None:
    for message in (STEP, ASKING):
        listening.bus.publish(message, "outbox-4")
    assert [listening.heard().get("gilmsg_version") for _ in range(2)] == [None, "0.1.2"]


def test_the_mark_is_signed_with_the_rest(tmp_path: Path) -> None:
    authority = Authority.make(tmp_path / "keys")
    keys = {"ssldir": str(authority.folder), "certnames": {"publisher": authority.sign_for("relengotron-1")}}
    config = a_config() | {"sign_messages": True, "crypto_backend": "x509", **keys}
    trust = {"validate_signatures": True, "ca_cert_location": str(authority.ca_file), "crl_location": ""}
    guard = guard_from(config | trust, {"relengotron.*": ["relengotron-1"]}, is_lab=False)
    with zmq.Context() as context:
        listening = OnLoopback(config, context)
        listening.bus.publish(ASKING, "outbox-5")
        heard = listening.heard()
        listening.close()

    assert heard["gilmsg_version"] == "0.1.2"
    assert guard.sender_of(heard) == "relengotron-1"
    with pytest.raises(Untrusted):
        guard.sender_of({key: value for key, value in heard.items() if key != "gilmsg_version"})


@pytest.mark.parametrize("message", [Said("relengotron", {}), Said("relengotron.push.step", {"x": object()})])
def test_what_can_never_be_sent_is_refused(listening: Listening, message: Said) -> None:
    with pytest.raises(RequestRefused):
        listening.bus.publish(message, "outbox-3")


def test_a_publisher_can_be_used_from_any_thread(on_loopback: OnLoopback) -> None:
    with ThreadPoolExecutor(4) as threads:
        list(threads.map(lambda number: on_loopback.bus.publish(STEP, f"thread-{number}"), range(20)))
    assert {on_loopback.heard()["msg_id"] for _ in range(20)} == {f"thread-{number}" for number in range(20)}


def test_a_closed_publisher_says_so() -> None:
    bus = FedmsgBus(a_config(), "publisher")
    bus.close()
    bus.close()
    with pytest.raises(SystemUnreachable, match="closed"):
        bus.publish(STEP, "late")


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"endpoints": {}}, "no address for 'publisher'"),
        ({"high_water_mark": 5}, "high_water_mark"),
        ({"sign_messages": True, "certnames": {}}, "certnames: no entry 'publisher'"),
        ({"sign_messages": True, "certnames": {"publisher": "x"}, "ssldir": "/nowhere"}, "cannot sign"),
        ({"sign_messages": True, "certnames": {"publisher": "x"}}, "ssldir: missing"),
        ({"sign_messages": True, "crypto_backend": "gpg"}, "crypto_backend: found 'gpg'; allowed: 'x509'"),
    ],
)
def test_a_publisher_that_could_not_work_does_not_start(changed: dict[str, Any], told: str) -> None:
    with pytest.raises(SettingsError, match=told):
        FedmsgBus(a_config() | changed, "publisher")


def test_a_publisher_whose_address_is_taken_does_not_start(on_loopback: OnLoopback) -> None:
    taken = on_loopback._socket.getsockopt_string(zmq.LAST_ENDPOINT)
    with pytest.raises(SystemBusy, match="is taken"):
        FedmsgBus(a_config() | {"endpoints": {"publisher": [taken]}}, "publisher")


def test_an_address_that_nobody_can_have_is_a_wrong_setting() -> None:
    with pytest.raises(SettingsError, match="can be bound"):
        FedmsgBus(a_config() | {"endpoints": {"publisher": ["tcp://127.0.0.1:nowhere"]}}, "publisher")


def test_a_publisher_whose_certificate_has_expired_does_not_start(tmp_path: Path) -> None:
    (tmp_path / "x.crt").write_bytes(pem(Root("CA", a_key("ours")).issue("us", begins=NOW - 2 * DAY, ends=NOW - DAY)))
    (tmp_path / "x.key").write_bytes(pem_of(a_key("leaf")))
    config = a_config() | {"sign_messages": True, "certnames": {"publisher": "x"}, "ssldir": str(tmp_path)}
    with pytest.raises(SettingsError, match="the certificate of us is expired on"):
        FedmsgBus(config, "publisher")


def weathered(weather: Weather, seed: int, messages: int = 200) -> tuple[list[str], list[str]]:
    now = [1464773400.0]
    bus = SimulatedBus(lambda: now[0], weather=weather, seed=seed)
    arrived: list[str] = []
    bus.subscribe(lambda message: arrived.append(message["body"]["msg_id"]))
    sent = [f"m{number}" for number in range(messages)]
    for msg_id in sent:
        bus.publish(STEP, msg_id)
    while bus.on_the_way:
        bus.deliver()
        now[0] += 1.0
    return sent, arrived


def test_bad_weather_loses_doubles_shuffles_and_delays() -> None:
    sent, lossy = weathered(Weather(lose=0.3), 1)
    assert 0 < len(lossy) < len(sent)
    sent, doubled = weathered(Weather(double=0.3), 1)
    assert len(doubled) > len(sent)
    assert list(dict.fromkeys(doubled)) == sent
    for weather in (Weather(shuffle=True), Weather(longest_delay=10.0)):
        sent, disordered = weathered(weather, 1)
        assert sorted(disordered) == sorted(sent)
        assert disordered != sent


def test_the_same_seed_makes_the_same_weather() -> None:
    storm = Weather(lose=0.2, double=0.2, shuffle=True, longest_delay=5.0)
    assert weathered(storm, 7) == weathered(storm, 7)
    assert weathered(storm, 7) != weathered(storm, 8)


def test_a_subscriber_may_publish_while_it_listens() -> None:
    bus = SimulatedBus(lambda: 0.0)
    heard: list[str] = []

    def answer(message: dict[str, Any]) -> None:
        heard.append(message["body"]["msg_id"])
        if len(heard) < 3:
            bus.publish(STEP, f"answer-{len(heard)}")

    bus.subscribe(answer)
    bus.announce("bodhi.masher.start", {"updates": []})
    assert heard[1:] == ["answer-1", "answer-2"]
