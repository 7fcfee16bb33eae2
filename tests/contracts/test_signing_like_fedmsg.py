"""Is what we sign valid for fedmsg, what fedmsg signs valid for us, and does each refuse what the other refuses?

fedmsg answers from an environment of its own, with the libraries of its time.
"""

import base64
import copy
import json
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.hashes import SHA1, SHA256
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from relengotron.errors import SettingsError, Untrusted
from relengotron.systems.bus.guard import guard_from
from relengotron.systems.bus.signing import Seal
from relengotron.systems.bus.x509.wire import folded, signed_bytes
from tests.contracts.pki import DAY, NOW, Root, a_key, pem, pem_of
from tests.contracts.stock import StockFedmsg

SENDER = "koji-koji01.example"
TOPIC = "org.fedoraproject.prod.buildsys.tag"
REVOKED = 4711
OURS = Root("Test CA", a_key("ours"))
THEIRS = Root("Test CA", a_key("theirs"))
ROWS = {"buildsys.*": [SENDER], "bodhi.masher.start": ["somebody-else"]}

Change = Callable[[dict[str, Any]], Any]


def a_message(**changed: Any) -> dict[str, Any]:
    return {
        "topic": TOPIC,
        "msg": {
            "name": "bash",
            "tag": "f24-updates",
            "build_id": 7,
            "instance": "primary",
            "nested": {"b": [1], "a": None},
        },
        "msg_id": "2016-7e49afa4-c85b-424b-90d8-da36bed006b5",
        "i": 1,
        "timestamp": 1_464_773_400,
        "username": "koji",
    } | changed


MESSAGES: dict[str, dict[str, Any]] = {
    "plain": a_message(),
    "empty": a_message(msg={}),
    "unicode": a_message(msg={"wer": "Zoë 🜚 \u2028 \x7f \x00", "ключ": "значение", "": " "}),
    "half a character": a_message(msg={"text": "\ud83d"}),
    "floats": a_message(timestamp=1_464_773_400.25, msg={"x": 0.1, "y": 1e300, "z": -0.0, "w": 1.0}),
    "big integers": a_message(i=2**70, msg={"size": 10**400, "less": -(2**63)}),
    "nested": a_message(msg={"a": [{"b": [{"c": [[[{"d": {}}]]]}]}]}),
    "odd kinds of body": a_message(msg=[1, "two", None, True]),
    "more keys": a_message(headers={}, gilmsg_version="0.1.2", seq_id=5, Zebra=1),
    "without an id": {key: value for key, value in a_message().items() if key != "msg_id"},
}


class Keys:
    """Key pairs and authorities as files, where both find them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir()
        self._write("ca.crt", pem(OURS.certificate()))
        self._write("crl.pem", OURS.revocations(REVOKED))

    def config(self, certname: str = "good", **changed: Any) -> dict[str, Any]:
        return {
            "topic_prefix": "org.fedoraproject",
            "environment": "prod",
            "ssldir": str(self.folder),
            "certname": certname,
            "certnames": {"us": certname},
            "name": "us",
            "sign_messages": True,
            "validate_signatures": True,
            "crypto_backend": "x509",
            "crypto_validate_backends": ["x509"],
            "ca_cert_location": str(self.folder / "ca.crt"),
            "crl_location": str(self.folder / "crl.pem"),
        } | changed

    def put(self, certname: str, certificate: x509.Certificate, key: rsa.RSAPrivateKey | None = None) -> str:
        self._write(f"{certname}.crt", pem(certificate))
        self._write(f"{certname}.key", pem_of(key or a_key("leaf")))
        return certname

    def file(self, name: str, content: bytes) -> str:
        return str(self._write(name, content))

    def _write(self, name: str, content: bytes) -> Path:
        (self.folder / name).write_bytes(content)
        return self.folder / name


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Keys:
    made = Keys(tmp_path_factory.mktemp("keys") / "pki")
    made.put("good", OURS.issue(SENDER))
    return made


@pytest.fixture(scope="module")
def stock() -> Iterator[StockFedmsg]:
    process = StockFedmsg()
    yield process
    process.close()


@cache
def seal_of(config: str) -> Seal:
    """Reading a key takes as long as signing forty messages with it."""
    return Seal(json.loads(config))


def sealed(message: Mapping[str, Any], config: Mapping[str, Any]) -> dict[str, Any]:
    """Sign as we do."""
    envelope = dict(message)
    msg_id = envelope.pop("msg_id")
    seal_of(json.dumps(config)).put_on(envelope, msg_id)
    return envelope


def signed_by_hand(
    message: Mapping[str, Any], certificate: x509.Certificate, key: rsa.RSAPrivateKey | None = None
) -> dict[str, Any]:
    """Sign with what no publisher would sign with."""
    envelope = dict(message) | {"crypto": "x509"}
    signature = (key or a_key("leaf")).sign(signed_bytes(envelope), padding.PKCS1v15(), SHA1())
    return envelope | {"signature": folded(signature), "certificate": folded(pem(certificate))}


def we_believe(message: Mapping[str, Any], config: Mapping[str, Any]) -> bool:
    try:
        guard_from(config, ROWS, is_lab=False).sender_of(json.loads(json.dumps(message)))
    except (Untrusted, SettingsError):
        return False
    return True


@pytest.mark.parametrize("name", list(MESSAGES))
def test_what_we_sign_is_bit_for_bit_what_fedmsg_signs(name: str, keys: Keys, stock: StockFedmsg) -> None:
    message, config = MESSAGES[name], keys.config()
    ours = signed_by_hand(message, OURS.issue(SENDER)) if "msg_id" not in message else sealed(message, config)

    theirs = stock.sign(message, config)

    assert ours["signature"] == theirs["signature"]
    assert ours.keys() == theirs.keys()
    assert stock.validates(ours, config)
    assert we_believe(theirs, config)


def test_the_certificate_goes_along_as_fedmsg_writes_it(keys: Keys, stock: StockFedmsg) -> None:
    assert sealed(a_message(), keys.config()) == stock.sign(a_message(), keys.config())


def without(*names: str) -> Change:
    return lambda message: [message.pop(name) for name in names]


def with_(**changed: Any) -> Change:
    return lambda message: message.update(changed)


def with_signature_of(other: dict[str, Any]) -> Change:
    return lambda message: message.update(signature=signed_by_hand(other, OURS.issue(SENDER))["signature"])


def with_body(**changed: Any) -> Change:
    return lambda message: message["msg"].update(changed)


def turned_around(message: dict[str, Any]) -> None:
    raw = bytearray(base64.b64decode(message["signature"]))
    raw[100] ^= 1
    message["signature"] = folded(bytes(raw))


def folded_otherwise(message: dict[str, Any]) -> None:
    for name in ("signature", "certificate"):
        message[name] = "\n ".join(message[name].split())


def as_fedmsg_0_7(message: dict[str, Any]) -> None:
    """Signed without the field ``crypto``, as fedmsg did until 2014."""
    old = {key: value for key, value in a_message().items() if key != "crypto"}
    signature = a_key("leaf").sign(signed_bytes(old), padding.PKCS1v15(), SHA1())
    message.clear()
    message.update(old, signature=folded(signature), certificate=folded(pem(OURS.issue(SENDER))))


TAMPERED: dict[str, Change] = {
    "nothing": lambda _message: None,
    "keys in another order": lambda message: [message.update({key: message.pop(key)}) for key in sorted(message)],
    "folded otherwise": folded_otherwise,
    "not folded": lambda message: message.update(signature=message["signature"].replace("\n", "")),
    "as fedmsg 0.7": as_fedmsg_0_7,
    "topic": with_(topic="org.fedoraproject.prod.buildsys.untag"),
    "msg_id": with_(msg_id="2016-00000000-c85b-424b-90d8-da36bed006b5"),
    "i": with_(i=2),
    "i as text": with_(i="1"),
    "timestamp": with_(timestamp=1_464_773_401),
    "timestamp as float": with_(timestamp=1_464_773_400.0),
    "timestamp as true": with_(timestamp=True),
    "username": with_(username="apache"),
    "body": with_body(tag="f24"),
    "a key in the body": with_body(more=1),
    "deep in the body": lambda message: message["msg"]["nested"]["b"].append(2),
    "body as text": lambda message: message.update(msg=json.dumps(message["msg"])),
    "body as null": with_(msg=None),
    "true for one": lambda message: message["msg"]["nested"].update(b=[True]),
    "a float for an integer": with_body(build_id=7.0),
    "a key": with_(headers={}),
    "an empty key": with_(**{"": 1}),
    "the mark of gilmsg": with_(gilmsg_version="0.1.2"),
    "a sequence number": with_(seq_id=1),
    "what datagrepper adds": with_(source_name="datanommer", source_version="0.8.1"),
    "without a username": without("username"),
    "without crypto": without("crypto"),
    "without a signature": without("signature"),
    "without a certificate": without("certificate"),
    "without both": without("signature", "certificate"),
    "without all three": without("signature", "certificate", "crypto"),
    "crypto gpg": with_(crypto="gpg"),
    "crypto unknown": with_(crypto="rot13"),
    "crypto null": with_(crypto=None),
    "crypto a list": with_(crypto=["x509"]),
    "signature null": with_(signature=None),
    "signature a number": with_(signature=7),
    "signature a list": with_(signature=[]),
    "signature empty": with_(signature=""),
    "signature not base64": with_(signature="!"),
    "signature with bad padding": with_(signature="abc"),
    "signature of nothing": with_(signature=folded(bytes(256))),
    "signature too short": with_(signature=folded(b"x" * 20)),
    "signature too long": with_(signature=folded(b"x" * 257)),
    "signature one bit off": turned_around,
    "signature of another message": with_signature_of(a_message(i=3)),
    "signature with SHA-256": lambda message: message.update(
        signature=folded(a_key("leaf").sign(signed_bytes(message), padding.PKCS1v15(), SHA256()))
    ),
    "certificate empty": with_(certificate=""),
    "certificate a number": with_(certificate=7),
    "certificate not base64": with_(certificate="!"),
    "certificate no PEM": with_(certificate=folded(b"hello")),
    "certificate broken": with_(certificate=folded(b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")),
    "certificate of another key": with_(certificate=folded(pem(OURS.issue(SENDER, key=a_key("other"))))),
    "certificate of the same name from another authority": with_(certificate=folded(pem(THEIRS.issue(SENDER)))),
    "certificate and signature swapped": lambda message: message.update(
        certificate=message["signature"], signature=message["certificate"]
    ),
}
BELIEVED = {"nothing", "keys in another order", "folded otherwise", "not folded", "as fedmsg 0.7"}


@pytest.mark.parametrize("what", list(TAMPERED))
def test_whatever_is_changed_both_say_the_same(what: str, keys: Keys, stock: StockFedmsg) -> None:
    message = copy.deepcopy(sealed(a_message(), keys.config()))
    TAMPERED[what](message)

    verdicts = we_believe(message, keys.config()), stock.validates(message, keys.config())

    assert verdicts == (what in BELIEVED,) * 2


UNKNOWN = x509.UnrecognizedExtension(x509.ObjectIdentifier("1.3.6.1.4.1.99999.1"), b"\x05\x00")
SAN = x509.SubjectAlternativeName([x509.DNSName(SENDER)])

SIGNERS: dict[str, tuple[Callable[[], x509.Certificate], bool]] = {
    "good": (lambda: OURS.issue(SENDER), True),
    "good, as in 2012": (lambda: OURS.as_in(2012, OURS.issue(SENDER)), True),
    "good, without basic constraints": (lambda: OURS.issue(SENDER, is_authority=None), True),
    "good, with an alternative name": (lambda: OURS.issue(SENDER, extensions=[(SAN, True)]), True),
    "good, with something unknown": (lambda: OURS.issue(SENDER, extensions=[(UNKNOWN, False)]), True),
    "with something unknown and critical": (lambda: OURS.issue(SENDER, extensions=[(UNKNOWN, True)]), False),
    "revoked": (lambda: OURS.issue(SENDER, serial=REVOKED), False),
    "expired": (lambda: OURS.issue(SENDER, begins=NOW - 3 * DAY, ends=NOW - 2 * DAY), False),
    "not valid yet": (lambda: OURS.issue(SENDER, begins=NOW + DAY, ends=NOW + 2 * DAY), False),
    "of another authority": (lambda: Root("Another CA", a_key("theirs")).issue(SENDER), False),
    "of another authority of the same name": (lambda: THEIRS.issue(SENDER), False),
    "of an intermediate authority": (lambda: Root("Intermediate", a_key("other")).issue(SENDER), False),
    "vouches for itself": (lambda: Root(SENDER, a_key("leaf")).issue(SENDER), False),
    "without a name": (lambda: OURS.issue(), False),
}


@pytest.mark.parametrize("who", list(SIGNERS))
def test_whoever_signs_both_say_the_same(who: str, keys: Keys, stock: StockFedmsg) -> None:
    make, is_believed = SIGNERS[who]
    message = signed_by_hand(a_message(), make())

    verdicts = we_believe(message, keys.config()), stock.validates(message, keys.config())

    assert verdicts == (is_believed, is_believed)


AUTHORITIES: dict[str, tuple[Callable[[Keys], dict[str, str]], bool]] = {
    "without a list": (lambda _keys: {"crl_location": ""}, True),
    "as in 2012": (
        lambda keys: {"ca_cert_location": keys.file("2012.crt", pem(OURS.as_in(2012, OURS.certificate())))},
        True,
    ),
    "another one": (lambda keys: {"ca_cert_location": keys.file("theirs.crt", pem(THEIRS.certificate()))}, False),
    "an expired one": (
        lambda keys: {
            "ca_cert_location": keys.file("old.crt", pem(OURS.certificate(begins=NOW - 3 * DAY, ends=NOW - DAY)))
        },
        False,
    ),
    "none at all": (lambda keys: {"ca_cert_location": keys.file("leaf.crt", pem(OURS.issue(SENDER)))}, False),
    "not said to be one": (
        lambda keys: {"ca_cert_location": keys.file("meek.crt", pem(OURS.certificate(is_authority=False)))},
        False,
    ),
    "no file": (lambda keys: {"ca_cert_location": str(keys.folder / "nowhere.crt")}, False),
    "a list that is not there": (lambda keys: {"crl_location": str(keys.folder / "nowhere.pem")}, False),
    "an expired list": (
        lambda keys: {"crl_location": keys.file("old.pem", OURS.revocations(begins=NOW - 3 * DAY, ends=NOW - DAY))},
        False,
    ),
    "a list of tomorrow": (
        lambda keys: {"crl_location": keys.file("new.pem", OURS.revocations(begins=NOW + DAY, ends=NOW + 2 * DAY))},
        False,
    ),
    "a list of somebody else": (
        lambda keys: {"crl_location": keys.file("false.pem", OURS.revocations(signed_by=a_key("theirs")))},
        False,
    ),
    "a list that revokes the authority": (
        lambda keys: {"crl_location": keys.file("end.pem", OURS.revocations(1))},
        False,
    ),
    "a list with other names": (lambda keys: {"crl_location": keys.file("more.pem", OURS.revocations(5, 6))}, True),
}


@pytest.mark.parametrize("which", list(AUTHORITIES))
def test_whatever_the_authority_is_both_say_the_same(which: str, keys: Keys, stock: StockFedmsg) -> None:
    change, is_believed = AUTHORITIES[which]
    message = signed_by_hand(a_message(), OURS.issue(SENDER))
    config = keys.config(**change(keys))

    assert (we_believe(message, config), stock.validates(message, config)) == (is_believed, is_believed)


@pytest.mark.parametrize(
    ("policy", "is_believed"),
    [
        ({}, True),
        ({"routing_policy": {TOPIC: [SENDER]}}, True),
        ({"routing_policy": {TOPIC: ["another"]}}, False),
        ({"routing_policy": {TOPIC: []}}, False),
        ({"routing_policy": {"org.fedoraproject.prod.other": ["another"]}}, True),
        ({"routing_nitpicky": True}, False),
        ({"routing_nitpicky": True, "routing_policy": {TOPIC: [SENDER]}}, True),
    ],
)
def test_a_routing_policy_means_the_same_to_both(
    policy: dict[str, Any], is_believed: bool, keys: Keys, stock: StockFedmsg
) -> None:
    message, config = signed_by_hand(a_message(), OURS.issue(SENDER)), keys.config(**policy)

    assert (we_believe(message, config), stock.validates(message, config)) == (is_believed, is_believed)


def scribbled_on(message: dict[str, Any]) -> dict[str, Any]:
    return message | {"signature": "!?" + message["signature"]}


def from_curves() -> dict[str, Any]:
    key = ec.generate_private_key(ec.SECP256R1())
    return signed_by_hand(a_message(), OURS.issue(SENDER, key=key))


STRICTER: dict[str, tuple[Callable[[], dict[str, Any]], str]] = {
    "letters that are no base64": (
        lambda: scribbled_on(signed_by_hand(a_message(), OURS.issue(SENDER))),
        "one message, one way to write it: fedmsg overlooks them",
    ),
    "a sender that is an authority": (
        lambda: signed_by_hand(a_message(), OURS.issue(SENDER, is_authority=True)),
        "a key that may issue certificates speaks for nobody; fedmsg does not look",
    ),
    "two common names": (
        lambda: signed_by_hand(a_message(), OURS.issue(SENDER, "releng")),
        "rights go by the name, so there must be one; fedmsg takes the first",
    ),
    "a certificate signed with MD5": (
        lambda: signed_by_hand(a_message(), OURS.as_in(2004, OURS.issue(SENDER))),
        "since 2008 such certificates can be forged",
    ),
}


@pytest.mark.parametrize("what", list(STRICTER))
def test_where_we_are_stricter_than_fedmsg_it_is_on_purpose(what: str, keys: Keys, stock: StockFedmsg) -> None:
    make, reason = STRICTER[what]
    message = make()

    assert (we_believe(message, keys.config()), stock.validates(message, keys.config())) == (False, True), reason


ONLY_EXAMPLE = x509.NameConstraints([x509.DNSName("example")], None)
MAY_ISSUE = x509.KeyUsage(False, False, False, False, False, True, True, False, False)

STRICTER_AUTHORITIES: dict[str, tuple[x509.Certificate, str]] = {
    "restricts names": (
        OURS.certificate(extensions=[(ONLY_EXAMPLE, True)]),
        "we do not check names against it, so we do not pretend to",
    ),
    "without basic constraints": (
        OURS.certificate(is_authority=None, extensions=[(MAY_ISSUE, True)]),
        "an authority has said so of itself since 1999",
    ),
}


@pytest.mark.parametrize("what", list(STRICTER_AUTHORITIES))
def test_where_we_trust_fewer_authorities_than_fedmsg_it_is_on_purpose(
    what: str, keys: Keys, stock: StockFedmsg
) -> None:
    certificate, reason = STRICTER_AUTHORITIES[what]
    message = signed_by_hand(a_message(), OURS.issue(SENDER))
    config = keys.config(crl_location="", ca_cert_location=keys.file(f"{what}.crt", pem(certificate)))

    assert (we_believe(message, config), stock.validates(message, config)) == (False, True), reason


def test_the_authority_itself_sends_nothing_to_us(keys: Keys, stock: StockFedmsg) -> None:
    itself = Root(SENDER, a_key("ours")).certificate()
    message = signed_by_hand(a_message(), itself, a_key("ours"))
    config = keys.config(crl_location="", ca_cert_location=keys.file("itself.crt", pem(itself)))

    assert (we_believe(message, config), stock.validates(message, config)) == (False, True)


def test_an_empty_list_is_no_list_to_fedmsg_and_a_mistake_to_us(keys: Keys, stock: StockFedmsg) -> None:
    message, config = signed_by_hand(a_message(), OURS.issue(SENDER)), keys.config()
    config |= {"crl_location": keys.file("empty.pem", b"")}

    assert (we_believe(message, config), stock.validates(message, config)) == (False, True)


def test_a_key_that_is_no_rsa_key_breaks_fedmsg_and_is_refused_by_us(keys: Keys, stock: StockFedmsg) -> None:
    message = from_curves()
    assert (we_believe(message, keys.config()), stock.validates(message, keys.config())) == (False, False)


TEXTS = st.text(max_size=12)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=8,
)
BODIES = st.dictionaries(TEXTS, JSON, max_size=4)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(body=BODIES, i=st.integers(), timestamp=st.integers() | st.floats(0, 1e10))
def test_any_message_goes_round_in_both_directions(
    body: dict[str, Any], i: int, timestamp: float, keys: Keys, stock: StockFedmsg
) -> None:
    message, config = a_message(msg=body, i=i, timestamp=timestamp), keys.config()

    ours = sealed(message, config)

    assert we_believe(ours, config)
    assert stock.validates(ours, config)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(body=BODIES, key=TEXTS | st.sampled_from(sorted(a_message())), value=JSON)
def test_any_single_change_to_a_signed_message_is_refused(
    body: dict[str, Any], key: str, value: Any, keys: Keys
) -> None:
    config = keys.config()
    signed = sealed(a_message(msg=body), config)
    changed = signed | {key: value}

    is_the_same = json.dumps(changed, sort_keys=True) == json.dumps(signed, sort_keys=True)

    assert we_believe(changed, config) is is_the_same
