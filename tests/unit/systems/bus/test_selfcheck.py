"""Does a hub start that would believe anybody, lose messages, or hear them twice?"""

from pathlib import Path
from typing import Any

import pytest

from relengotron.errors import SettingsError, Untrusted
from relengotron.lab.certificates import Authority
from relengotron.messages.incoming import ONLY_TELL, PARSERS
from relengotron.messages.orders import ORDERS
from relengotron.settings import Settings, load
from relengotron.settings.systems import Bus
from relengotron.systems.bus import selfcheck
from relengotron.systems.bus.signing import Seal
from tests.contracts.pki import DAY, NOW, Root, a_key, pem, pem_of

ROOT = Path(__file__).parents[4]
DROP_IN = ROOT / "fedmsg.d"
US = "relengotron.releng01"
ORDER = "org.fedoraproject.dev.bodhi.masher.start"
RELENG = "releng"


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    made = Authority.make(tmp_path_factory.mktemp("keys") / "pki")
    made.sign_for(RELENG)
    return made


def a_config(**changed: Any) -> dict[str, Any]:
    return {
        "topic_prefix": "org.fedoraproject",
        "environment": "dev",
        "endpoints": {"x": ["tcp://127.0.0.1:4001"]},
        "zmq_enabled": True,
        "validate_signatures": False,
        "relengotron.settings": "/etc/relengotron",
    } | changed


def a_validating_config(authority: Authority, **changed: Any) -> dict[str, Any]:
    trusted = {"validate_signatures": True, "ca_cert_location": str(authority.ca_file), "crl_location": ""}
    return a_config(**trusted | changed)


def a_signing_config(authority: Authority, **changed: Any) -> dict[str, Any]:
    ours = {"sign_messages": True, "ssldir": str(authority.folder), "certnames": {US: RELENG}}
    return a_validating_config(authority, **ours | changed)


def settings_with(senders: dict[str, Any] | None = None, lab: bool = False) -> Settings:
    shipped = load(ROOT / "config", examine_secrets=False)
    rows = {topic: [RELENG] for topic in PARSERS} if senders is None else senders
    bus = Bus.model_validate(dict(shipped.systems.bus) | {"senders": rows})
    systems = shipped.systems.model_copy(update={"bus": bus})
    return shipped.model_copy(update={"systems": systems, "lab": lab})


def test_every_topic_we_act_on_is_subscribed_once_and_none_covers_another() -> None:
    topics = selfcheck.topics_of(a_config())
    assert {topic.partition(".dev.")[2] for topic in topics} == set(PARSERS)
    assert len(topics) == len(PARSERS)
    assert not [(one, other) for one in topics for other in topics if one != other and other.startswith(one)]


def test_good_configurations_pass(authority: Authority) -> None:
    selfcheck.check(a_config())
    selfcheck.check(a_validating_config(authority))


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


def test_every_mistake_is_told_at_once() -> None:
    with pytest.raises(SettingsError, match=r"endpoints: missing.*zmq_enabled.*validate_signatures"):
        selfcheck.check(a_config(endpoints={}, zmq_enabled=False, validate_signatures=None))


@pytest.mark.parametrize("sign_messages", [True, False])
def test_the_guard_of_a_good_configuration_tells_who_sent_a_message(authority: Authority, sign_messages: bool) -> None:
    config = a_signing_config(authority)

    guard = selfcheck.guard_of(config | {"sign_messages": sign_messages}, settings_with())

    envelope = {"topic": ORDER, "msg": {}, "i": 1, "timestamp": 1}
    Seal(config | {"name": US}).put_on(envelope, "m1")
    assert guard.sender_of(envelope) == RELENG
    with pytest.raises(Untrusted, match="does not cover what it says"):
        guard.sender_of(envelope | {"i": 2})


def test_without_validation_nothing_starts_but_a_lab() -> None:
    with pytest.raises(SettingsError, match=r"only a lab, whose relengotron\.yaml says `lab: true`, may do without"):
        selfcheck.guard_of(a_config(), settings_with())

    assert selfcheck.guard_of(a_config(), settings_with(lab=True)).sender_of({"topic": ORDER}) is None


def test_a_lab_that_validates_is_held_to_it(authority: Authority) -> None:
    with pytest.raises(SettingsError, match=r"systems.yaml: bus.senders: no entry for bodhi.masher.start"):
        selfcheck.guard_of(a_validating_config(authority), settings_with({}, lab=True))


@pytest.mark.parametrize("found", [None, "yes", 1])
def test_validation_that_is_not_said_in_so_many_words_is_none_even_in_a_lab(found: object) -> None:
    with pytest.raises(SettingsError, match="validate_signatures: "):
        selfcheck.guard_of(a_config(validate_signatures=found), settings_with(lab=True))


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"ca_cert_location": "/nowhere"}, "ca_cert_location: no file /nowhere"),
        ({"ca_cert_location": ""}, "ca_cert_location: found ''; allowed: a file"),
        ({"ca_cert_location": __file__}, "allowed: one certificate, as PEM"),
        ({"crl_location": None}, "crl_location: missing; allowed: a file, or an empty text"),
        ({"crl_location": "https://ca.example/crl.pem"}, "Let a timer download it to a file"),
        ({"crl_location": __file__}, "allowed: a revocation list, as PEM"),
        ({"crypto_validate_backends": ["gpg"]}, r"crypto_validate_backends: found \['gpg'\]; allowed: \['x509'\]"),
        ({"crypto_backend": "gpg"}, "crypto_backend: found 'gpg'; allowed: 'x509'"),
        ({"certnames": {}}, f"certnames: no entry '{US}'"),
        ({"ssldir": "/nowhere"}, "cannot sign messages: /nowhere/releng.key: cannot be read"),
    ],
)
def test_signatures_that_prove_nothing_are_refused(authority: Authority, changed: dict[str, Any], told: str) -> None:
    with pytest.raises(SettingsError, match=told):
        selfcheck.guard_of(a_signing_config(authority, **changed), settings_with())


def test_all_that_is_wrong_with_trust_is_told_at_once(authority: Authority) -> None:
    config = a_signing_config(authority, ca_cert_location="/a", crl_location="/b", certnames={}, zmq_enabled=False)
    with pytest.raises(SettingsError, match=r"zmq_enabled.*no file /a.*no file /b.*certnames.*bus\.senders: no entry"):
        selfcheck.guard_of(config, settings_with({}))


def test_a_table_from_before_upstream_monitoring_starts_says_so_and_believes_nobody_there(authority: Authority) -> None:
    config = a_signing_config(authority)
    settings = settings_with({topic: [RELENG] for topic in PARSERS if topic not in ONLY_TELL})

    guard = selfcheck.guard_of(config, settings)

    assert not [each for each in selfcheck.mistakes_of(config, settings) if "bus.senders" in each]
    assert selfcheck.nobodys_topics(config, settings) == list(ONLY_TELL)
    assert selfcheck.nobodys_topics(config, settings_with()) == []
    for topic in (
        "org.release-monitoring.dev.anitya.project.version.update",
        "org.fedoraproject.dev.hotness.update.drop",
    ):
        envelope: dict[str, Any] = {"topic": topic, "msg": {}, "i": 1, "timestamp": 1}
        Seal(config | {"name": US}).put_on(envelope, "m1")
        with pytest.raises(Untrusted, match="nobody may send it"):
            guard.sender_of(envelope)


@pytest.mark.parametrize("topic", [each for each in PARSERS if each not in ONLY_TELL])
def test_every_topic_needs_its_entry_in_the_table(authority: Authority, topic: str) -> None:
    senders = {each: [RELENG] for each in PARSERS if each != topic}
    with pytest.raises(SettingsError, match=f"no entry for {topic}; "):
        selfcheck.guard_of(a_validating_config(authority), settings_with(senders))


@pytest.mark.parametrize("topic", ORDERS)
def test_an_open_order_is_named_for_what_it_is(authority: Authority, topic: str) -> None:
    senders = {each: [RELENG] for each in PARSERS if each != topic}
    with pytest.raises(SettingsError, match=f"{topic} would order a push"):
        selfcheck.guard_of(a_validating_config(authority), settings_with(senders))


def test_an_entry_that_is_misspelt_is_refused_before_a_wider_one_takes_its_place(authority: Authority) -> None:
    senders = {f"{topic.partition('.')[0]}.*": [RELENG] for topic in PARSERS} | {"bodhi.masher.strat": [RELENG]}
    with pytest.raises(SettingsError, match=r"bodhi.masher.strat: fits no topic .*did you mean 'bodhi.masher.start'"):
        selfcheck.guard_of(a_validating_config(authority), settings_with(senders))


def test_who_is_waited_for_must_be_allowed_to_answer(authority: Authority) -> None:
    settings = settings_with({topic: [RELENG] for topic in PARSERS})
    bodhi = settings.systems.bodhi.model_copy(update={"acknowledges_as": ("bodhi-bodhi01", RELENG)})
    waiting = settings.model_copy(update={"systems": settings.systems.model_copy(update={"bodhi": bodhi})})
    with pytest.raises(SettingsError, match=r"gilmsg\.ack: does not name bodhi-bodhi01, whose answers") as refused:
        selfcheck.guard_of(a_validating_config(authority), waiting)
    assert "does not name releng" not in str(refused.value)


def test_a_certificate_of_ours_that_nobody_would_believe_stops_the_start(tmp_path: Path) -> None:
    ours, theirs = Root("Our CA", a_key("ours")), Root("Their CA", a_key("theirs"))
    (tmp_path / "ca.crt").write_bytes(pem(ours.certificate()))
    (tmp_path / "releng.key").write_bytes(pem_of(a_key("leaf")))
    authority = Authority(tmp_path, None)  # type: ignore[arg-type]
    for certificate, told in [
        (
            theirs.issue(RELENG),
            "a message that releng signed is not believed: the certificate of releng was not issued",
        ),
        (ours.issue(RELENG, begins=NOW - 3 * DAY, ends=NOW - DAY), "the certificate of releng is expired on"),
    ]:
        (tmp_path / "releng.crt").write_bytes(pem(certificate))
        with pytest.raises(SettingsError, match=told):
            selfcheck.guard_of(a_signing_config(authority), settings_with())


def test_a_revocation_list_that_has_expired_stops_the_start_and_names_its_file(tmp_path: Path) -> None:
    ours = Root("Our CA", a_key("ours"))
    (tmp_path / "ca.crt").write_bytes(pem(ours.certificate()))
    (tmp_path / "crl.pem").write_bytes(ours.revocations(begins=NOW - 3 * DAY, ends=NOW - DAY))
    config = a_validating_config(Authority(tmp_path, None), crl_location=str(tmp_path / "crl.pem"))  # type: ignore[arg-type]
    with pytest.raises(SettingsError, match=r"crl\.pem: expired on"):
        selfcheck.guard_of(config, settings_with())


def test_the_shipped_files_make_a_configuration_that_passes(authority: Authority) -> None:
    config: dict[str, Any] = {}
    for name in ("relengotron.py", "endpoints.py.example", "signing.py.example"):
        found: dict[str, Any] = {}
        exec((DROP_IN / name).read_text(encoding="utf-8"), found)
        config |= found["config"]
    assert config["relengotron.enabled"] is True
    here = {"ca_cert_location": str(authority.ca_file), "crl_location": "", "ssldir": str(authority.folder)}
    config |= here | {"certnames": {US: RELENG}}
    shipped = load(ROOT / "config", examine_secrets=False)

    selfcheck.check(config)
    with pytest.raises(Untrusted):
        selfcheck.guard_of(config, shipped).sender_of({"topic": ORDER})

    assert [topic for topic in shipped.systems.bus.senders if topic in ORDERS] == list(ORDERS)
