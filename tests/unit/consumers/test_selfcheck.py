from pathlib import Path
from typing import Any

import pytest

from relengotron.consumers import selfcheck
from relengotron.errors import SettingsError
from relengotron.messages.incoming import PARSERS

DROP_IN = Path(__file__).parents[3] / "fedmsg.d"


def a_config(**changed: Any) -> dict[str, Any]:
    return {
        "topic_prefix": "org.fedoraproject",
        "environment": "dev",
        "endpoints": {"x": ["tcp://127.0.0.1:4001"]},
        "zmq_enabled": True,
        "validate_signatures": False,
        "relengotron.settings": "/etc/relengotron",
    } | changed


def a_signing_config(tmp_path: Path, **changed: Any) -> dict[str, Any]:
    ca = tmp_path / "ca.crt"
    ca.touch()
    return a_config(
        **{
            "validate_signatures": True,
            "ca_cert_location": str(ca),
            "crl_location": "",
            "routing_policy": {f"org.fedoraproject.dev.{topic}": ["releng"] for topic in selfcheck.ORDERS},
        }
        | changed
    )


def test_every_topic_we_act_on_is_subscribed_once_and_none_covers_another() -> None:
    topics = selfcheck.topics_of(a_config())
    assert sorted(topics) == sorted(f"org.fedoraproject.dev.{suffix}" for suffix in PARSERS)
    assert not [(one, other) for one in topics for other in topics if one != other and other.startswith(one)]


def test_good_configurations_pass(tmp_path: Path) -> None:
    selfcheck.check(a_config())
    selfcheck.check(a_signing_config(tmp_path))


@pytest.mark.parametrize("key", ["topic_prefix", "environment", "endpoints", "relengotron.settings"])
def test_a_missing_key_is_named(key: str) -> None:
    with pytest.raises(SettingsError, match=f"{key}: missing"):
        selfcheck.check(a_config(**{key: None}))


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"zmq_enabled": False}, "zmq_enabled"),
        ({"validate_signatures": None}, "validate_signatures: missing"),
        ({"validate_signatures": "yes"}, "must be True or False"),
        ({"moksha.workers_per_consumer": 4}, "must be 1, found 4"),
    ],
)
def test_a_value_that_loses_or_doubles_messages_is_refused(changed: dict[str, Any], told: str) -> None:
    with pytest.raises(SettingsError, match=told):
        selfcheck.check(a_config(**changed))


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"ca_cert_location": "/nowhere"}, "no file /nowhere"),
        ({"ca_cert_location": ""}, "must not be empty"),
        ({"crl_location": None}, "crl_location: missing"),
        ({"routing_policy": {}}, "names nobody who may send org.fedoraproject.dev.bodhi.masher.start"),
    ],
)
def test_signatures_that_prove_nothing_are_refused(tmp_path: Path, changed: dict[str, Any], told: str) -> None:
    with pytest.raises(SettingsError, match=told):
        selfcheck.check(a_signing_config(tmp_path, **changed))


@pytest.mark.parametrize("key", ["routing_nitpicky", "relengotron.allow_any_sender"])
def test_an_open_order_topic_can_be_meant(tmp_path: Path, key: str) -> None:
    selfcheck.check(a_signing_config(tmp_path, **{"routing_policy": {}, key: True}))


def test_a_library_that_cannot_validate_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(selfcheck, "_x509_works", lambda: False)
    with pytest.raises(SettingsError, match=r"pyOpenSSL<24\.3"):
        selfcheck.check(a_signing_config(tmp_path))


def test_every_mistake_is_told_at_once() -> None:
    with pytest.raises(SettingsError, match=r"endpoints: missing.*zmq_enabled.*validate_signatures"):
        selfcheck.check(a_config(endpoints={}, zmq_enabled=False, validate_signatures=None))


def test_the_shipped_files_make_a_configuration_that_passes(tmp_path: Path) -> None:
    config: dict[str, Any] = {}
    for name in ("relengotron.py", "endpoints.py.example", "signing.py.example"):
        found: dict[str, Any] = {}
        exec((DROP_IN / name).read_text(encoding="utf-8"), found)
        config |= found["config"]
    ca = tmp_path / "ca.crt"
    ca.touch()
    selfcheck.check(config | {"ca_cert_location": str(ca), "crl_location": ""})
    assert config["relengotron.enabled"] is True
