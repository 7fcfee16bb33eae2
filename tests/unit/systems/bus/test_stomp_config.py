from pathlib import Path
from typing import Any

import pytest

from relengotron.errors import SettingsError
from relengotron.systems.bus import selfcheck, stomp_config
from relengotron.systems.bus.stomp_config import Subscription

EXAMPLE = Path(__file__).parents[4] / "fedmsg.d" / "stomp.py.example"


def a_stomp_config(**changed: Any) -> dict[str, Any]:
    return {
        "topic_prefix": "org.fedoraproject",
        "environment": "dev",
        "endpoints": {"x": ["tcp://127.0.0.1:4001"]},
        "zmq_enabled": False,
        "stomp_uri": "mq1:61613,mq2:61613",
        "stomp_ack_mode": "client-individual",
        "stomp_queue": "/queue/relengotron",
        "validate_signatures": False,
        "relengotron.settings": "/etc/relengotron",
    } | changed


def test_a_broker_takes_the_place_of_zeromq() -> None:
    assert list(stomp_config.mistakes(a_stomp_config())) == []
    assert stomp_config.is_stomp(a_stomp_config())
    assert not stomp_config.is_stomp({"zmq_enabled": True})


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"stomp_ack_mode": "auto"}, "stomp_ack_mode: must be 'client-individual', found 'auto'"),
        ({"stomp_ack_mode": "client"}, "found 'client'"),
        ({"stomp_ack_mode": None}, "stomp_ack_mode"),
        ({"stomp_queue": None}, "stomp_queue: missing"),
        ({"stomp_uri": "mq1"}, "found 'mq1'"),
        ({"stomp_uri": "mq1:61613,"}, "found ''"),
        ({"stomp_uri": None}, "stomp_uri must name a broker"),
        ({"zmq_enabled": True}, "one of the two"),
        ({"stomp_uri": None, "stomp_broker": "mq1"}, "stomp_uri: must be HOST:PORT"),
        ({"stomp_heartbeat": "10s"}, "stomp_heartbeat"),
        ({"stomp_ssl_key": "/etc/pki/key"}, "unencrypted"),
        ({"relengotron.stomp_subscribe": ["durable"]}, "dictionary"),
        ({"relengotron.stomp_subscribe": {"ack": "auto"}}, "ack is not yours to set"),
    ],
)
def test_what_would_lose_messages_is_refused(changed: dict[str, Any], told: str) -> None:
    with pytest.raises(SettingsError, match=told):
        selfcheck.check(a_stomp_config(**changed))


def test_encryption_without_a_check_of_the_name_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stomp_config, "find_spec", lambda _name: None)
    config = a_stomp_config(stomp_ssl_key="/etc/pki/key", stomp_ssl_crt="/etc/pki/crt")

    assert ["check the broker's name" in told for told in stomp_config.mistakes(config)] == [True]


def test_the_password_is_not_shown() -> None:
    assert "hush" not in repr(Subscription.of(a_stomp_config(stomp_pass="hush"), []))


def test_the_example_is_a_configuration_without_mistakes() -> None:
    example: dict[str, Any] = {}
    exec(EXAMPLE.read_text(encoding="utf-8"), example)
    config = a_stomp_config(**example["config"])

    assert [told for told in stomp_config.mistakes(config) if "relengotron[stomp]" not in told] == []
    assert Subscription.of(config, []).wish()["x-queue-name"] == "relengotron"


@pytest.mark.parametrize(
    ("topic", "is_foreign"),
    [
        ("org.fedoraproject.dev.buildsys.tag", False),
        ("org.release-monitoring.dev.anitya.project.version.update", False),
        ("org.fedoraproject.dev.anitya.project.version.update", True),
        ("org.release-monitoring.dev.anitya.project.add", True),
        ("relengotron", False),
    ],
    ids=[
        "ours",
        "the monitor's",
        "the monitor's under our prefix",
        "another of the monitor's",
        "a queue, which says nothing",
    ],
)
def test_what_nobody_here_reads_is_told_by_the_full_topic(topic: str, is_foreign: bool) -> None:
    config = a_stomp_config()
    wanted = Subscription.of(config, selfcheck.topics_of(config))
    assert wanted.is_foreign(f"/topic/{topic}") == is_foreign
