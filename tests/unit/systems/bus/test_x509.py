"""Does a signature prove what it should, also when certificates end, are revoked or replaced under a running daemon?"""

import dataclasses
import subprocess
import sys
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from hypothesis import given
from hypothesis import strategies as st

from relengotron.errors import SettingsError, SystemUnreachable, Untrusted
from relengotron.systems.bus.doubts import Doubt
from relengotron.systems.bus.x509.authority import REMEMBERED, Authority, watched
from relengotron.systems.bus.x509.signer import KeyPair, Signer
from relengotron.systems.bus.x509.verifier import LARGEST_CERTIFICATE, LARGEST_SIGNATURE, Verifier
from relengotron.systems.bus.x509.wire import folded, unfolded
from tests.contracts.pki import DAY, NOW, Root, a_key, pem, pem_of

OURS = Root("Our CA", a_key("ours"))
SENDER = "koji"


def signer_with(certificate: x509.Certificate, now: datetime = NOW) -> Signer:
    pair = KeyPair.read(pem_of(a_key("leaf")), pem(certificate))
    endless = dataclasses.replace(pair.period, ends=None)
    return Signer(lambda: dataclasses.replace(pair, period=endless), lambda: now)


def signed(**changed: Any) -> dict[str, Any]:
    envelope = {"topic": "org.x.prod.buildsys.tag", "msg": {"a": 1}, "i": 1, "timestamp": 5}
    signer_with(OURS.issue(SENDER, **changed)).sign(envelope)
    return envelope


def authority() -> Authority:
    return Authority(OURS.certificate(), x509.load_pem_x509_crl(OURS.revocations()))


def doubt_about(envelope: dict[str, Any], by: Authority, now: datetime = NOW) -> str | None:
    try:
        assert Verifier(lambda: by, lambda: now).signer_of(envelope) == SENDER
    except Untrusted as refused:
        return refused.kind if refused.sender in ("", SENDER) else f"{refused.kind} of {refused.sender}"
    return None


@pytest.mark.parametrize(
    ("when", "doubt"),
    [
        (NOW, None),
        (NOW - timedelta(hours=23), None),
        (NOW + 2 * timedelta(hours=1), Doubt.EXPIRED),
        (NOW + 2 * DAY, Doubt.NO_AUTHORITY),
        (NOW - 2 * DAY, Doubt.NO_AUTHORITY),
    ],
)
def test_the_clock_is_looked_at_for_each_message(when: datetime, doubt: Doubt | None) -> None:
    trusted, message = authority(), signed(ends=NOW + timedelta(hours=1))
    assert doubt_about(message, trusted) is None
    assert doubt_about(message, trusted, when) == (None if doubt is None else doubt.value)


@pytest.mark.parametrize("ends", ["root", "list"])
def test_when_our_own_files_have_run_out_nobody_is_believed_and_the_file_is_named(tmp_path: Path, ends: str) -> None:
    soon, late = NOW + timedelta(hours=1), NOW + 3 * DAY
    (tmp_path / "ca.crt").write_bytes(pem(OURS.certificate(ends=soon if ends == "root" else late)))
    (tmp_path / "crl.pem").write_bytes(OURS.revocations(ends=soon if ends == "list" else late))
    verifier = Verifier(watched(tmp_path / "ca.crt", tmp_path / "crl.pem"), lambda: NOW + timedelta(hours=2))
    with pytest.raises(Untrusted, match=f"{'ca.crt' if ends == 'root' else 'crl.pem'}: expired on") as refused:
        verifier.signer_of(signed(ends=late))
    assert refused.value.kind == "no valid authority"


def test_a_sender_who_was_believed_is_refused_once_a_new_list_revokes_it(tmp_path: Path) -> None:
    seconds = [0.0]
    ca, crl = tmp_path / "ca.crt", tmp_path / "crl.pem"
    ca.write_bytes(pem(OURS.certificate()))
    crl.write_bytes(OURS.revocations())
    trusted = watched(ca, crl)
    trusted._seconds = lambda: seconds[0]
    trusted._next_look = 0.0
    verifier, message = Verifier(trusted), signed(serial=77)
    assert verifier.signer_of(message) == SENDER

    crl.write_bytes(OURS.revocations(77))
    seconds[0] = 2.0

    with pytest.raises(Untrusted, match="revoked"):
        verifier.signer_of(message)


def test_only_so_many_certificates_are_remembered() -> None:
    trusted, message = authority(), signed()
    for number in range(REMEMBERED + 50):
        assert doubt_about(message | {"certificate": " " * number + message["certificate"]}, trusted) is None
    assert trusted.sender.cache_info().currsize == REMEMBERED  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("change", "doubt"),
    [
        ({"signature": "A" * (LARGEST_SIGNATURE + 1)}, Doubt.UNSUPPORTED),
        ({"certificate": "A" * (LARGEST_CERTIFICATE + 1)}, Doubt.UNSUPPORTED),
        ({"msg": "x" * 4_000_000}, Doubt.UNSUPPORTED),
        ({"crypto": "gpg"}, Doubt.UNSUPPORTED),
        ({"signature": None}, Doubt.UNSIGNED),
        ({"signature": folded(b"x" * 256)}, Doubt.FORGED),
        ({"msg": {"a": 10**5000}}, Doubt.FORGED),
        ({"msg": object()}, Doubt.FORGED),
        ({"certificate": folded(b"no certificate")}, Doubt.UNTRUSTED_CERTIFICATE),
        ({"certificate": "ключ"}, Doubt.UNTRUSTED_CERTIFICATE),
    ],
)
def test_each_refusal_says_of_what_kind_it_is(change: dict[str, Any], doubt: Doubt) -> None:
    assert doubt_about(signed() | change, authority()) == doubt.value


def test_a_message_nested_without_end_is_refused() -> None:
    body: list[Any] = []
    for _ in range(100_000):
        body = [body]
    assert doubt_about(signed() | {"msg": body}, authority()) == "forged"


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)
FIELDS = st.sampled_from(["topic", "msg", "crypto", "signature", "certificate", "i", "timestamp"])


@given(st.dictionaries(FIELDS, ANYTHING))
def test_whatever_comes_in_nothing_but_a_refusal_comes_out(envelope: dict[str, Any]) -> None:
    assert doubt_about(envelope, TRUSTED) is not None
    assert doubt_about(SIGNED | envelope, TRUSTED) is not None or SIGNED | envelope == SIGNED


@given(st.binary(max_size=200), st.integers(0, 1200))
def test_a_certificate_that_was_scribbled_on_is_refused(scribble: bytes, place: int) -> None:
    raw = unfolded(SIGNED["certificate"])
    changed = raw[:place] + scribble + raw[place + len(scribble) :]
    doubt = doubt_about(SIGNED | {"certificate": folded(changed)}, TRUSTED)
    assert doubt in (None, "untrusted certificate")


TRUSTED, SIGNED = authority(), signed()


@pytest.mark.parametrize("text", ["AAA=", "AA==!", "AAE", "A", "AB==", "ÄÄÄÄ", "AA\x00A"])
def test_what_is_not_base64_as_it_is_written_is_refused(text: str) -> None:
    if text == "AAA=":
        assert unfolded(text) == b"\x00\x00"
        return
    with pytest.raises(ValueError):
        unfolded(text)


def test_what_is_folded_can_be_unfolded_and_ends_with_a_line_break() -> None:
    text = folded(bytes(300))
    assert [len(line) for line in text.split("\n")] == [76] * 5 + [20, 0]
    assert unfolded(text) == bytes(300)


def test_neither_pyopenssl_nor_fedmsgs_crypto_is_needed() -> None:
    root = Path(__file__).parents[4] / "relengotron"
    assert not [file for file in root.rglob("*.py") if "fedmsg.crypto" in file.read_text(encoding="utf-8")]
    program = (
        "import sys; sys.modules['OpenSSL'] = None\n"
        "from relengotron.systems.bus.selfcheck import selftest\n"
        "from relengotron.systems.bus.x509 import authority, throwaway\n"
        "made = throwaway.ThrowAwayAuthority.make('CA')\n"
        "selftest.prove_validation(lambda: authority.Authority(made.certificate, None), None)\n"
    )
    quiet = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)
    assert "OpenSSL" not in quiet.stderr + quiet.stdout


class TestOurKey:
    """What a publisher that runs for months meets."""

    def put(self, folder: Path, certificate: x509.Certificate | None = None, key: str | None = None) -> None:
        if certificate is not None:
            (folder / "us.crt").write_bytes(pem(certificate))
        if key is not None:
            (folder / "us.key").write_bytes(pem_of(a_key(key)))

    def signer(self, folder: Path) -> Signer:
        return Signer.from_files(folder / "us.key", folder / "us.crt")

    def look_again(self, signer: Signer) -> None:
        signer._pair._next_look = 0.0  # type: ignore[attr-defined]

    def test_a_renewed_pair_is_used_once_both_halves_are_there(self, tmp_path: Path) -> None:
        self.put(tmp_path, OURS.issue("before"), "leaf")
        signer = self.signer(tmp_path)
        self.put(tmp_path, key="other")
        self.look_again(signer)
        assert signer.common_name == "before"
        self.put(tmp_path, OURS.issue("after", key=a_key("other")))
        self.look_again(signer)
        assert signer.common_name == "after"

    @pytest.mark.parametrize(
        ("key", "told"),
        [("other", "the key is not the one of the certificate"), (None, "us.key: cannot be read")],
    )
    def test_a_pair_that_is_none_is_refused(self, tmp_path: Path, key: str | None, told: str) -> None:
        self.put(tmp_path, OURS.issue("us"), key)
        with pytest.raises(SettingsError, match=told):
            self.signer(tmp_path)

    def test_with_an_expired_certificate_messages_wait_instead_of_leaving_in_vain(self, tmp_path: Path) -> None:
        self.put(tmp_path, OURS.issue("us", begins=NOW - 2 * DAY, ends=NOW - DAY), "leaf")
        envelope: dict[str, Any] = {}
        with pytest.raises(SystemUnreachable, match="the certificate of us is expired on"):
            self.signer(tmp_path).sign(envelope)
        assert envelope == {}
