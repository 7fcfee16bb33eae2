"""Does our consumer hold its promises in a real fedmsg-hub, over real ZeroMQ, with a real journal?"""

import json
import signal
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import psutil
import pytest
import zmq

from relengotron.lab.certificates import Authority
from relengotron.settings import Settings
from relengotron.systems.bus.client import FedmsgBus
from relengotron.systems.bus.port import Said
from relengotron.systems.bus.signing import Seal
from tests.process.configured import BEGINNING, NAME, configured, hub_config, senders, shipped_logging
from tests.process.running_hub import OURS, PATIENCE_S, RunningHub, free_port, until
from tests.unit.messages.builders import BODIES

__all__ = ["shipped_logging"]

RUNNING = "Running the MokshaHub reactor"
ORDER, RELEASED = "bodhi.masher.start", "anitya.project.version.update"
BODY = {"agent": "releng", "resume": False, "updates": ["bash-4.3.42-1.fc23"]}
Start = Callable[..., RunningHub]
Publisher = Callable[[dict[str, Any]], FedmsgBus]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    hubs: list[RunningHub] = []

    def run(config: dict[str, Any], consumer: str = OURS) -> RunningHub:
        hubs.append(RunningHub(tmp_path / f"hub-{len(hubs)}", config, consumer))
        return hubs[-1]

    yield run
    for hub in hubs:
        hub.kill()


@pytest.fixture
def publisher() -> Iterator[Publisher]:
    opened: list[FedmsgBus] = []

    def open_one(config: dict[str, Any]) -> FedmsgBus:
        opened.append(FedmsgBus(config, "publisher"))
        return opened[-1]

    yield open_one
    for bus in opened:
        bus.close()


@pytest.fixture
def config(tmp_path: Path) -> dict[str, Any]:
    return hub_config(configured(tmp_path / "daemon"), free_port(), free_port())


def signing(config: dict[str, Any], authority: Authority) -> dict[str, Any]:
    certnames = {name: authority.sign_for(name) for name in ("publisher", "stranger", NAME)}
    return config | {
        "validate_signatures": True,
        "sign_messages": True,
        "ssldir": str(authority.folder),
        "ca_cert_location": str(authority.ca_file),
        "crl_location": "",
        "certnames": certnames,
    }


@contextmanager
def nobody_can_write(journal: str) -> Iterator[None]:
    """Another program holds the lock of the journal, as a backup might."""
    with closing(sqlite3.connect(journal.removeprefix("sqlite:///"), isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield


def is_still(process: psutil.Process) -> Callable[[], bool]:
    """Whether a process has done nothing to speak of since it was looked at last."""
    last = [-1.0]

    def looked() -> bool:
        last.append(sum(process.cpu_times()[:2]))
        return len(last) > 10 and last[-1] - last[-10] <= 0.01

    return looked


def test_messages_are_stored_as_they_came_and_sigterm_loses_none_of_those_in_memory(
    tmp_path: Path, start: Start, publisher: Publisher
) -> None:
    settings = configured(tmp_path / "daemon")
    config = hub_config(settings, free_port())
    hub, bus = start(config), publisher(config)
    until(lambda: "first" in hub.stored(), "a message", again=lambda: bus.publish(Said(ORDER, BODY), "first"))
    burst = [f"burst-{number}" for number in range(900)]

    with nobody_can_write(settings.journal.url):
        for msg_id in burst:
            bus.publish(Said(ORDER, BODY), msg_id)
        until(is_still(psutil.Process(hub.process.pid)), "the hub has taken every message into its memory")
        assert hub.stored() == ["first"]
        hub.process.send_signal(signal.SIGTERM)

    assert hub.process.wait(PATIENCE_S) == 0
    assert hub.stored() == ["first", *burst]


def test_forged_messages_are_refused_and_kept_as_evidence_and_signed_ones_stored(
    tmp_path: Path, start: Start, publisher: Publisher
) -> None:
    settings = configured(tmp_path / "daemon", systems={"bus": {"senders": senders("publisher", "bodhi-stage")}})
    config = signing(hub_config(settings, free_port(), free_port()), Authority.make(tmp_path / "pki"))
    false_authority = Authority.make(tmp_path / "false-pki")
    false_authority.sign_for("publisher")
    hub, bus = start(config), publisher(config)
    good = {"topic": BEGINNING + ORDER, "msg": BODY, "i": 1, "timestamp": 1_450_000_000, "username": "releng"}

    def sealed(number: int, **changed: Any) -> dict[str, Any]:
        envelope = dict(good)
        Seal(config | {"name": "publisher"} | changed).put_on(envelope, f"{number}-{'-'.join(changed) or 'good'}")
        return envelope

    def released(number: int) -> dict[str, Any]:
        """The monitor of upstream projects speaks under a prefix of its own."""
        envelope = good | {"topic": f"org.release-monitoring.dev.{RELEASED}", "msg": BODIES[RELEASED][0]}
        Seal(config | {"name": "publisher"}).put_on(envelope, f"{number}-released")
        return envelope

    def batch(number: int) -> list[dict[str, Any]]:
        return [
            good | {"msg_id": f"{number}-unsigned"},
            sealed(number) | {"msg_id": f"{number}-tampered"},
            sealed(number) | {"msg": BODY | {"agent": "somebody else"}, "msg_id": f"{number}-good"},
            sealed(number, ssldir=str(false_authority.folder)),
            sealed(number, name="stranger"),
            released(number),
            sealed(number),
        ]

    with zmq.Context() as context, context.socket(zmq.PUB) as raw:
        raw.setsockopt(zmq.LINGER, 0)
        raw.bind(config["endpoints"]["publisher-1"][0])

        def send(number: int) -> None:
            for envelope in batch(number):
                raw.send_multipart([envelope["topic"].encode(), json.dumps(envelope).encode()])

        first = {"1-good", "1-released"}
        until(lambda: first <= set(hub.stored()), "the first good messages", again=lambda: send(1))
        until(lambda: "ours" in hub.stored(), "ours", again=lambda: bus.publish(Said(ORDER, BODY), "ours"))
        send(2)
        until(lambda: "2-good" in hub.stored(), "a good message after a whole batch of forged ones")

    assert set(hub.stored()) == {"1-good", "1-released", "2-good", "2-released", "ours"}
    assert len(hub.kept.runs_of("receive_push")) <= 3
    assert len(hub.kept.reasons_of_refusal()) == 10


def test_what_a_stopped_hub_could_not_store_is_in_its_log_whole_and_on_one_line(
    tmp_path: Path, start: Start, publisher: Publisher
) -> None:
    settings = configured(tmp_path / "daemon")
    config = hub_config(settings, free_port())
    hub, bus = start(config, "impatient:Relengotron"), publisher(config)
    until(lambda: "first" in hub.stored(), "a message", again=lambda: bus.publish(Said(ORDER, BODY), "first"))

    with nobody_can_write(settings.journal.url):
        bus.publish(Said(ORDER, BODY | {"agent": "nobody\n2026 CRITICAL but a stranger"}), "lost")
        until(is_still(psutil.Process(hub.process.pid)), "the hub has taken the message into its memory")
        assert hub.stop() == 0

    (line,) = [line for line in hub.said().splitlines() if "message lost" in line and "stranger" in line]
    raw = json.loads(line.partition(" raw=")[2])
    assert (raw["msg_id"], raw["msg"]["updates"]) == ("lost", BODY["updates"])
    assert "error=the journal cannot be written" in line


def test_trouble_that_passes_and_a_wrong_setting_end_a_hub_with_different_statuses_and_without_a_traceback(
    start: Start, config: dict[str, Any]
) -> None:
    taken = config["endpoints"][NAME][0]
    with zmq.Context() as context, context.socket(zmq.PUB) as other:
        other.bind(taken)
        later, never = start(config), start(config | {"relengotron.settings": "/broken"})
        assert [hub.process.wait(PATIENCE_S) for hub in (later, never)] == [75, 78]

    assert f"is taken by another process now: ['{taken}']" in later.said()
    assert "relengotron cannot start why=" in never.said()
    for hub in (later, never):
        assert "Traceback" not in hub.said()


REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"validate_signatures": None}, "validate_signatures: missing"),
    ({"relengotron.settings": "/broken"}, "/broken"),
    ({"validate_signatures": True, "ca_cert_location": "/nowhere", "crl_location": ""}, "no file /nowhere"),
]


def test_a_hub_that_cannot_carry_us_exits_instead_of_running_half_subscribed(
    tmp_path: Path, start: Start, config: dict[str, Any]
) -> None:
    no_lab = {"relengotron.settings": str(configured(tmp_path / "no-lab", {"lab": False}).directory)}
    refused = [*REFUSED, (no_lab, "validate_signatures: found False; allowed: True")]
    configs = [config | change for change, _ in refused]
    hubs = [start({key: value for key, value in config.items() if value is not None}) for config in configs]

    assert [hub.process.wait(PATIENCE_S) for hub in hubs] == [78, 78, 78, 78]
    for hub, (_, told) in zip(hubs, refused, strict=True):
        assert told in hub.said()


def test_a_hub_that_carries_others_goes_on_without_us_if_the_configuration_says_so(
    start: Start, config: dict[str, Any]
) -> None:
    hub = start(config | {"relengotron.settings": "/broken", "relengotron.on_failure": "disable"})

    until(lambda: RUNNING in hub.said(), "the hub goes on")
    assert hub.process.poll() is None


def test_on_a_silent_bus_sigterm_and_sigint_end_a_hub_at_once_and_sighup_does_not(tmp_path: Path, start: Start) -> None:
    def silent(number: int) -> Settings:
        return configured(tmp_path / f"daemon-{number}")

    hubs = {number: start(hub_config(silent(number), free_port())) for number in (signal.SIGTERM, signal.SIGINT)}

    for number, hub in hubs.items():
        hub.wait_until_it_takes_signals()
        hub.process.send_signal(signal.SIGHUP)
        until(partial(_heard_sighup, hub), "SIGHUP is told, and nothing else happens")
        assert hub.process.poll() is None
        assert hub.stop(number) == 0
        assert "Traceback" not in hub.said()


def _heard_sighup(hub: RunningHub) -> bool:
    return "SIGHUP is no reason to stop" in hub.said()
