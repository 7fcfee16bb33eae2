"""Every signer keeps the same promises: what it makes is good for whoever has the public key, and nothing else is."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from relengotron.errors import MalformedInput, RequestRefused, SystemBusy, SystemUnreachable
from relengotron.systems.signing.armor import armored
from relengotron.systems.signing.client.awaited import AwaitedSigner
from relengotron.systems.signing.client.gpg import GpgSigner
from relengotron.systems.signing.client.sigul import SigulSigner
from relengotron.systems.signing.command import run
from relengotron.systems.signing.port import KeyFacts, Signer
from relengotron.systems.signing.simulated import SimulatedSigner
from tests.contracts import sigul_stand_in
from tests.contracts.gpg_keys import LONG_AGO, PASSPHRASE, Key, exported, forget, homes, make_key, revoked

NAME = "fedora-24"
TEXT = b"# Fedora-Atomic.iso: 12 bytes\nSHA256 (Fedora-Atomic.iso) = 00ff\n- a dash, and blanks   \n"
DATA = bytes(range(256)) * 3


@dataclass(frozen=True)
class Keys:
    """The keys of the session, made once; ``own`` needs the passphrase that ``passphrase`` holds."""

    place: Path
    own: Key
    other: Key
    passphrase: Path


@pytest.fixture(scope="module")
def keys() -> Iterator[Keys]:
    with homes() as place:
        own, other = make_key(place, "own", passphrase=PASSPHRASE), make_key(place, "other")
        passphrase = own.home / "passphrase"
        passphrase.write_text(f"{PASSPHRASE}\n")
        yield Keys(place, own, other, passphrase)


def gpg_signer(keys: Keys, key: Key | None = None) -> GpgSigner:
    own = key or keys.own
    passphrase = keys.passphrase if own is keys.own else None
    return GpgSigner(NAME, own.fingerprint, own.public, own.home, passphrase_file=passphrase)


@pytest.fixture
def sigul(keys: Keys, tmp_path: Path) -> Path:
    """The folder of a sigul that knows the other key, whose home has no passphrase of its own."""
    known = {"home": str(keys.other.home), "keys": {NAME: keys.other.fingerprint}, "passphrase": PASSPHRASE}
    sigul_stand_in.install(tmp_path / "sigul", **known)
    return tmp_path / "sigul"


def sigul_signer(keys: Keys, folder: Path, *, name: str = NAME, key: Key | None = None) -> SigulSigner:
    own, command = key or keys.other, str(folder / "sigul")
    return SigulSigner(name, own.fingerprint, own.public, keys.passphrase, binary=command)


@pytest.fixture(params=["gpg", "sigul", "simulated"])
def signer(request: pytest.FixtureRequest, keys: Keys, sigul: Path) -> Signer:
    makers: dict[str, Callable[[], Signer]] = {
        "gpg": lambda: gpg_signer(keys),
        "sigul": lambda: sigul_signer(keys, sigul),
        "simulated": SimulatedSigner,
    }
    return makers[request.param]()


def test_what_is_signed_is_good_for_whoever_has_the_public_key(signer: Signer) -> None:
    assert signer.read_clear(signer.clear_sign(TEXT), TEXT).is_good
    assert signer.read_detached(DATA, signer.detach(DATA)).is_good


def test_a_signature_is_good_for_its_own_content_only(signer: Signer) -> None:
    assert not signer.read_detached(DATA + b"x", signer.detach(DATA)).is_good
    assert not signer.read_clear(signer.clear_sign(TEXT), TEXT + b"more\n").is_good
    document = signer.clear_sign(TEXT).replace(b"00ff", b"00fe")
    assert not signer.read_clear(document, TEXT.replace(b"00ff", b"00fe")).is_good


@pytest.mark.parametrize("nothing", [b"", b"not a signature", b"-----BEGIN PGP SIGNATURE-----\n\nAAAA\n"])
def test_what_is_no_signature_is_refused_with_a_reason(signer: Signer, nothing: bytes) -> None:
    for proof in (signer.read_detached(DATA, nothing), signer.read_clear(nothing, TEXT)):
        assert not proof.is_good
        assert proof.why


def test_a_detached_signature_is_as_good_in_armor(keys: Keys) -> None:
    signer = gpg_signer(keys)
    assert signer.read_detached(DATA, armored(signer.detach(DATA))).is_good


@pytest.mark.parametrize("around", [b"SHA256 (evil.iso) = 66\n%s", b"%sSHA256 (evil.iso) = 66\n"])
def test_nothing_may_stand_around_a_signed_text(keys: Keys, around: bytes) -> None:
    signer = gpg_signer(keys)
    document = signer.clear_sign(TEXT)

    assert not signer.read_clear(around % document, TEXT).is_good
    assert not signer.read_clear(document + document, TEXT).is_good


def test_two_signatures_in_one_file_are_refused(keys: Keys) -> None:
    signer = gpg_signer(keys)
    both = signer.detach(DATA) + keys.other.detach(DATA)

    assert "more than one" in signer.read_detached(DATA, both).why


def test_another_key_is_refused_even_where_the_public_key_file_holds_it(keys: Keys, tmp_path: Path) -> None:
    both = tmp_path / "both.asc"
    both.write_bytes(keys.own.public.read_bytes() + keys.other.public.read_bytes())
    signer = GpgSigner(NAME, keys.own.fingerprint, both, keys.own.home)
    lone = gpg_signer(keys)

    assert "another key" in signer.read_detached(DATA, keys.other.detach(DATA)).why
    assert "another key" in lone.read_detached(DATA, keys.other.detach(DATA)).why


def test_what_was_found_good_a_moment_ago_is_not_asked_again(keys: Keys, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def counted(words: Sequence[str], *given: Any) -> Any:
        asked.append(words[0])
        return run(words, *given)

    monkeypatch.setattr("relengotron.systems.signing.public.run", counted)
    signer, signature = gpg_signer(keys, keys.other), keys.other.detach(DATA)
    assert all(signer.read_detached(DATA, signature).is_good for _ in range(3))
    assert len(asked) == 1
    assert not any(signer.read_detached(DATA + b"x", signature).is_good for _ in range(2))
    assert not signer.read_clear(signature, DATA).is_good
    assert len(asked) == 3, "what is not good is asked about each time"


def test_a_key_that_was_revoked_is_refused(keys: Keys) -> None:
    key = revoked(keys.place, "revoked")
    signer, signature = gpg_signer(keys, key), key.detach(DATA)
    assert signer.read_detached(DATA, signature).is_good

    key.run("--import", str(key.home / "revocation.asc"))
    exported(key)

    assert signer.look().is_revoked
    assert "revoked" in signer.read_detached(DATA, signature).why


def test_a_key_that_has_expired_is_refused(keys: Keys) -> None:
    key = make_key(keys.place, "expired", expires="30d", at=LONG_AGO)
    assert "key has expired" in gpg_signer(keys, key).read_detached(DATA, key.detach(DATA, *LONG_AGO)).why


def test_a_signature_that_has_expired_is_refused(keys: Keys) -> None:
    key = make_key(keys.place, "brief", at=LONG_AGO)
    signature = key.detach(DATA, *LONG_AGO, "--default-sig-expire", "1d")
    assert "signature has expired" in gpg_signer(keys, key).read_detached(DATA, signature).why


def test_a_weak_digest_is_refused(keys: Keys) -> None:
    key = make_key(keys.place, "weak", algo="rsa2048")
    signature = key.detach(DATA, "--digest-algo", "SHA1")
    assert "too weak" in gpg_signer(keys, key).read_detached(DATA, signature).why


def test_a_signature_over_text_is_none_over_bytes(keys: Keys) -> None:
    signature = keys.other.detach(DATA, "--textmode")
    assert "another kind" in gpg_signer(keys, keys.other).read_detached(DATA, signature).why


def test_a_signer_that_signs_with_another_key_hands_out_nothing(keys: Keys, sigul: Path) -> None:
    wrong = sigul_signer(keys, sigul, key=keys.own)  # the server signs with another key than the pinned one

    for sign in (wrong.clear_sign, wrong.detach):
        with pytest.raises(RequestRefused, match="another key"):
            sign(TEXT)


def test_a_bridge_that_is_down_is_waited_for(keys: Keys, sigul: Path) -> None:
    signer = sigul_signer(keys, sigul)
    sigul_stand_in.know(sigul, fails=["bridge", "silent"])

    for _ in range(2):
        with pytest.raises(SystemUnreachable):
            signer.detach(DATA)
    assert signer.read_detached(DATA, signer.detach(DATA)).is_good


def test_a_wrong_passphrase_or_an_unknown_key_is_not_asked_for_again_and_again(keys: Keys, sigul: Path) -> None:
    with pytest.raises(RequestRefused, match="Specified key not found"):
        sigul_signer(keys, sigul, name="fedora-25").detach(DATA)

    sigul_stand_in.know(sigul, passphrase="another one")
    with pytest.raises(RequestRefused, match="Authentication failed"):
        sigul_signer(keys, sigul).detach(DATA)


def test_gpg_says_what_is_wrong_with_its_home_or_its_passphrase(keys: Keys, tmp_path: Path) -> None:
    own, wrong = keys.own, tmp_path / "wrong"
    wrong.write_text("not the passphrase\n")
    no_key = tmp_path / "empty"
    no_key.mkdir(mode=0o700)

    with pytest.raises(SystemUnreachable, match="is not there"):
        GpgSigner(NAME, own.fingerprint, own.public, tmp_path / "gone").detach(DATA)
    with pytest.raises(RequestRefused, match="No secret key"):
        GpgSigner(NAME, own.fingerprint, own.public, no_key).detach(DATA)
    forget(own.home)
    with pytest.raises(RequestRefused, match="Bad passphrase"):
        GpgSigner(NAME, own.fingerprint, own.public, own.home, passphrase_file=wrong).detach(DATA)


def test_a_command_that_is_missing_or_hangs_is_unreachable(keys: Keys) -> None:
    own, limit = keys.own, timedelta(milliseconds=50)
    with pytest.raises(SystemUnreachable, match="cannot run"):
        GpgSigner(NAME, own.fingerprint, own.public, own.home, binary="no-such-gpg").detach(DATA)
    hanging = own.home / "hanging"
    hanging.write_text("#!/bin/sh\nexec sleep 60\n")
    hanging.chmod(0o755)
    with pytest.raises(SystemUnreachable, match="did not end"):
        GpgSigner(NAME, own.fingerprint, own.public, own.home, limit=limit, binary=str(hanging)).detach(DATA)


def test_without_a_public_key_nothing_is_believed(keys: Keys, tmp_path: Path) -> None:
    signer = GpgSigner(NAME, keys.own.fingerprint, tmp_path / "gone.asc", keys.own.home)
    with pytest.raises(SystemUnreachable):
        signer.read_detached(DATA, keys.other.detach(DATA))


def test_the_auto_signers_signatures_are_waited_for_and_checked_like_any(keys: Keys) -> None:
    awaited = AwaitedSigner(NAME, keys.other.fingerprint, keys.other.public)

    assert not awaited.makes_signatures
    for sign in (awaited.clear_sign, awaited.detach):
        with pytest.raises(SystemBusy):
            sign(TEXT)
    assert awaited.read_detached(DATA, keys.other.detach(DATA)).is_good


def test_a_key_says_until_when_it_is_good(keys: Keys, tmp_path: Path) -> None:
    assert gpg_signer(keys).look() == KeyFacts(None, is_revoked=False)
    brief = gpg_signer(keys, make_key(keys.place, "until", expires="40d")).look()
    assert brief.expires is not None
    assert timedelta(days=39) < brief.expires - datetime.now(UTC) < timedelta(days=41)

    for holds in (keys.other.public, tmp_path / "text"):
        (tmp_path / "text").write_text("no key at all\n")
        with pytest.raises(RequestRefused, match="holds no primary key"):
            GpgSigner(NAME, keys.own.fingerprint, holds, keys.own.home).look()


@pytest.mark.parametrize("name", ["", "../key", "a b", "--homedir=/", "k\n", "k\0", "k" * 129, "$(id)"])
def test_no_other_text_is_taken_for_the_name_of_a_key(keys: Keys, name: str) -> None:
    with pytest.raises(MalformedInput):
        GpgSigner(name, keys.own.fingerprint, keys.own.public, keys.own.home)


@pytest.mark.parametrize("fingerprint", ["", "9C5D7F6E", "0" * 39, "g" * 40, "0" * 40 + "\n", "-" * 40])
def test_only_a_whole_fingerprint_pins_a_key(keys: Keys, fingerprint: str) -> None:
    with pytest.raises(MalformedInput):
        GpgSigner(NAME, fingerprint, keys.own.public, keys.own.home)


def test_sigul_is_asked_with_its_own_words_and_never_with_the_passphrase(keys: Keys, sigul: Path) -> None:
    sigul_signer(keys, sigul).clear_sign(TEXT)
    sigul_signer(keys, sigul).detach(DATA)

    (_, _, _, out, key, _), (_, verb, _, _, _, source) = calls = sigul_stand_in.calls(sigul)
    assert [each[:3] for each in calls] == [["--batch", "sign-text", "-o"], ["--batch", "sign-data", "-o"]]
    assert (key, verb) == (NAME, "sign-data")
    assert not Path(out).exists()
    assert not Path(source).exists()
    assert PASSPHRASE not in str(calls)

    own, config = keys.other, sigul / "client.conf"
    command = str(sigul / "sigul")
    ours = SigulSigner(
        "ours", own.fingerprint, own.public, keys.passphrase, config=config, sigul_key=NAME, binary=command
    )
    ours.detach(DATA)
    assert sigul_stand_in.calls(sigul)[-1][:4] == ["--batch", "--config-file", str(config), "sign-data"]


def test_no_secret_is_in_arguments_environment_or_failures(
    keys: Keys, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spy = tmp_path / "spy"
    spy.write_text(f'#!/bin/sh\n(echo "$@"; env) >> {tmp_path}/seen\nexec gpg "$@"\n')
    spy.chmod(0o755)
    monkeypatch.setenv("SOME_PASSWORD", "a secret of somebody else")
    own = keys.own
    signer = GpgSigner(NAME, own.fingerprint, own.public, own.home, passphrase_file=keys.passphrase, binary=str(spy))
    signer.clear_sign(TEXT)

    wrong = GpgSigner(NAME, own.fingerprint, own.public, own.home / "none", passphrase_file=keys.passphrase)
    with pytest.raises(SystemUnreachable) as failed:
        wrong.detach(DATA)
    seen = (tmp_path / "seen").read_text()
    assert own.fingerprint in seen
    for secret in (PASSPHRASE, "a secret of somebody else"):
        assert secret not in seen + str(failed.value) + repr(vars(signer))
