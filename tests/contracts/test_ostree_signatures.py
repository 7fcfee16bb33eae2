"""A client with the public key takes what our repos show; nothing is shown that such a client would refuse."""

import subprocess
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relengotron.errors import MalformedInput, RequestRefused, SystemBusy, SystemUnreachable
from relengotron.systems.ostree.client import OstreeCli
from relengotron.systems.ostree.deltas import make_deltas
from relengotron.systems.ostree.detached import of_signatures, signatures_in, with_signature
from relengotron.systems.ostree.port import OstreeRepo
from relengotron.systems.ostree.signatures import proof_of, sign_with
from relengotron.systems.ostree.signed import RepoKeys, SignedRepo
from relengotron.systems.signing.client.awaited import AwaitedSigner
from relengotron.systems.signing.client.gpg import GpgSigner
from relengotron.systems.signing.port import Signer
from relengotron.systems.signing.simulated import SimulatedSigner
from relengotron.workflows.trees.operation import Terms
from relengotron.workflows.trees.promoting import Wanted, promotion
from tests.contracts.gpg_keys import Key, homes, make_key
from tests.contracts.test_ostree_repo import REF, commit

OTHER_REF = "fedora-atomic/f24/x86_64/docker-host"
WHEN = datetime(2026, 5, 31, 12, 0, tzinfo=UTC)
LONG_AGO = datetime(2016, 5, 31, 12, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def keys() -> Iterator[tuple[Key, Key]]:
    with homes() as place:
        yield make_key(place, "f23"), make_key(place, "f24")


@pytest.fixture
def key(keys: tuple[Key, Key]) -> GpgSigner:
    return signer_of("fedora-23", keys[0])


@pytest.fixture
def repo(tmp_path: Path) -> OstreeRepo:
    made = OstreeCli(tmp_path / "live")
    made.init_archive()
    return made


def signer_of(name: str, key: Key) -> GpgSigner:
    return GpgSigner(name, key.fingerprint, key.public, key.home)


def keyed(repo: OstreeRepo, *keys: Signer) -> OstreeRepo:
    """The repo, with the first key for the first ref, the second for the second."""
    return cast(OstreeRepo, SignedRepo(repo, RepoKeys(dict(zip((REF, OTHER_REF), keys, strict=False)))))


def pull(repo: OstreeRepo, key: Key, *refs: str, update: bool = False) -> None:
    """Pull as a machine does that trusts this key, and wants commits and summary signed by it."""
    mine = repo.path.parent / "client"
    run = ["ostree", f"--repo={mine}"]
    if not update:
        subprocess.run([*run, "init", "--mode=bare-user-only"], check=True)
        trust = (f"--gpg-import={key.public}", "--set=gpg-verify=true", "--set=gpg-verify-summary=true")
        where = f"file://{repo.path}"
        subprocess.run([*run, "remote", "add", *trust, "mirror", where], check=True, capture_output=True)
    subprocess.run([*run, "pull", "mirror", *refs], check=True, capture_output=True)


def commit_alone(repo: OstreeRepo, content: str) -> str:
    """A commit that no ref shows."""
    made = commit(repo, content, ref="made-of-late")
    repo.delete_ref("made-of-late")
    return made


def test_a_client_that_wants_signatures_takes_commit_delta_and_summary(
    repo: OstreeRepo, key: GpgSigner, keys: tuple[Key, Key]
) -> None:
    live = keyed(repo, key)
    first = commit_alone(repo, "first")
    live.sign(first, REF)
    live.set_ref(REF, first, None)
    live.update_summary()
    pull(repo, keys[0], REF)

    second = live.commit_tree_of(commit_alone(repo, "second"), parent=first, subject="two", timestamp=WHEN)
    make_deltas(repo, first, second, 1)
    live.set_ref(REF, second, first)
    live.update_summary()
    pull(repo, keys[0], REF, update=True)


def test_a_client_refuses_what_is_signed_by_another_key(repo: OstreeRepo, keys: tuple[Key, Key]) -> None:
    live = keyed(repo, signer_of("fedora-24", keys[1]))
    made = commit_alone(repo, "first")
    live.sign(made, REF)
    live.set_ref(REF, made, None)
    live.update_summary()

    with pytest.raises(subprocess.CalledProcessError):
        pull(repo, keys[0], REF)


def test_signing_again_makes_no_second_signature(repo: OstreeRepo, key: GpgSigner) -> None:
    made = commit_alone(repo, "files")
    for _ in range(3):
        sign_with(repo, made, key)

    shown = subprocess.run(["ostree", f"--repo={repo.path}", "show", made], capture_output=True, text=True, check=True)
    assert len(repo.signatures(made)) == 1
    assert "Found 1 signature" in shown.stdout


def test_a_signature_is_added_to_those_of_others_and_to_other_words(repo: OstreeRepo, keys: tuple[Key, Key]) -> None:
    made = commit_alone(repo, "files")
    run = ["ostree", f"--repo={repo.path}"]
    subprocess.run([*run, "gpg-sign", f"--gpg-homedir={keys[1].home}", made, keys[1].fingerprint], check=True)
    theirs = repo.signatures(made)
    sign_with(repo, made, signer_of("fedora-23", keys[0]))

    assert len(theirs) == 1
    assert set(theirs) < set(repo.signatures(made))
    for number, each in enumerate(keys):
        assert proof_of(repo, made, signer_of(f"key-{number}", each)).is_good


def test_what_else_is_said_of_a_commit_stays(repo: OstreeRepo, key: GpgSigner, tmp_path: Path) -> None:
    (tmp_path / "tree").mkdir(exist_ok=True)
    words = ["commit", "-b", "said", "-s", "said", f"--tree=dir={tmp_path / 'tree'}", "--no-bindings"]
    more = [f"--add-detached-metadata-string={each}={each * 100}" for each in ("staging", "a", "zz")]
    run = ["ostree", f"--repo={repo.path}"]
    made = subprocess.run([*run, *words, *more], check=True, capture_output=True, text=True).stdout.strip()
    sign_with(repo, made, key)

    for each in ("staging", "a", "zz"):
        asked = [*run, "show", f"--print-detached-metadata-key={each}", made]
        said = subprocess.run(asked, check=True, capture_output=True, text=True).stdout.strip()
        assert said == f"'{each * 100}'"
    assert proof_of(repo, made, key).is_good
    assert repo.fsck().clean


def test_a_signature_goes_along_to_another_repo(repo: OstreeRepo, key: GpgSigner, tmp_path: Path) -> None:
    made = commit_alone(repo, "files")
    sign_with(repo, made, key)
    copy = OstreeCli(tmp_path / "copy")
    copy.init_archive()
    copy.pull_local(repo.path, made)

    assert copy.signatures(made) == repo.signatures(made)


def test_no_ref_shows_what_its_key_has_not_signed(repo: OstreeRepo, keys: tuple[Key, Key]) -> None:
    own, other = signer_of("fedora-23", keys[0]), signer_of("fedora-24", keys[1])
    live = keyed(repo, own, other)
    made = commit_alone(repo, "files")
    with pytest.raises(RequestRefused, match="there is no signature"):
        live.set_ref(REF, made, None)

    sign_with(repo, made, other)
    with pytest.raises(RequestRefused, match="another key"):
        live.set_ref(REF, made, None)
    live.set_ref(OTHER_REF, made, None)
    live.set_ref("a-ref-that-nobody-configured", made, None)

    assert repo.head(REF) is None
    assert repo.head(OTHER_REF) == made


def test_a_signature_of_another_commit_is_none(repo: OstreeRepo, key: GpgSigner) -> None:
    one, other = commit_alone(repo, "one"), commit_alone(repo, "other")
    repo.add_signature(one, key.detach(repo.commit_bytes(other)))

    assert "not what was signed" in proof_of(repo, one, key).why
    with pytest.raises(RequestRefused):
        keyed(repo, key).set_ref(REF, one, None)


def test_what_is_committed_again_is_signed_before_any_ref_shows_it(repo: OstreeRepo, key: GpgSigner) -> None:
    live, old = keyed(repo, key), commit_alone(repo, "files")
    again = live.commit_tree_of(old, parent=old, subject="again", timestamp=WHEN)

    assert proof_of(repo, again, key).is_good
    assert live.commit_tree_of(old, parent=old, subject="again", timestamp=WHEN) == again
    assert len(repo.signatures(again)) == 1


def test_a_summary_has_a_signature_of_each_key_whose_refs_it_lists(repo: OstreeRepo, keys: tuple[Key, Key]) -> None:
    own, other = signer_of("fedora-23", keys[0]), signer_of("fedora-24", keys[1])
    commit(repo, "files", ref=REF)
    for _ in range(2):
        keyed(repo, own, other).update_summary()

    summary = (repo.path / "summary").read_bytes()
    first, second = signatures_in((repo.path / "summary.sig").read_bytes())
    assert own.read_detached(summary, first).is_good
    assert other.read_detached(summary, second).is_good
    assert repo.refs_in_summary(summary) == {REF: repo.head(REF)}


def test_a_signer_that_fails_leaves_summary_and_signature_as_they_were(repo: OstreeRepo, key: GpgSigner) -> None:
    commit(repo, "files", ref=REF)
    keyed(repo, key).update_summary()
    before = [(repo.path / name).read_bytes() for name in ("summary", "summary.sig")]
    commit(repo, "other files", ref=REF)
    broken = GpgSigner("fedora-23", key.fingerprint, repo.path / "no-key", repo.path / "no-home")

    with pytest.raises(Exception, match="no-home is not there"):
        keyed(repo, broken).update_summary()
    assert [(repo.path / name).read_bytes() for name in ("summary", "summary.sig")] == before


def test_a_key_that_is_over_keeps_no_other_from_signing_the_summary(repo: OstreeRepo) -> None:
    own, over = SimulatedSigner("fedora-24"), SimulatedSigner("fedora-22", "F" * 40, expires=LONG_AGO)
    over.is_refused = True
    commit(repo, "files", ref=REF)
    keyed(repo, own, over).update_summary()

    (signature,) = signatures_in((repo.path / "summary.sig").read_bytes())
    assert own.read_detached((repo.path / "summary").read_bytes(), signature).is_good


def test_a_key_that_refuses_a_summary_is_waited_for_because_the_ref_has_moved(repo: OstreeRepo) -> None:
    commit(repo, "files", ref=REF)
    for refuses in (SimulatedSigner(is_refused=True), SimulatedSigner(is_refused=True, expires=LONG_AGO)):
        with pytest.raises(SystemUnreachable, match="Authentication failed"):
            keyed(repo, refuses).update_summary()
    assert not (repo.path / "summary.sig").exists()


def test_what_an_auto_signer_signs_is_waited_for_and_never_shown_before(
    repo: OstreeRepo, keys: tuple[Key, Key]
) -> None:
    awaited, made = AwaitedSigner("fedora-23", keys[0].fingerprint, keys[0].public), commit_alone(repo, "files")
    live = keyed(repo, awaited)
    with pytest.raises(SystemBusy):
        live.sign(made, REF)
    with pytest.raises(SystemBusy):
        live.set_ref(REF, made, None)
    live.update_summary()
    assert not (repo.path / "summary.sig").exists()

    sign_with(repo, made, signer_of("robosignatory", keys[0]))
    live.sign(made, REF)
    live.set_ref(REF, made, None)
    assert repo.head(REF) == made


def test_a_promotion_that_waits_for_an_auto_signer_asks_for_one_signature(
    repo: OstreeRepo, keys: tuple[Key, Key]
) -> None:
    """Each try commits at another time: what it made before is what the auto-signer signs."""
    awaited = AwaitedSigner("fedora-23", keys[0].fingerprint, keys[0].public)
    made, days = commit(repo, "files", ref="fresh/branch", bound=True), count(1)
    live, terms = keyed(repo, awaited), Terms(timedelta(), lambda: WHEN + timedelta(days=next(days)))
    for _ in range(2):
        with pytest.raises(SystemBusy):
            promotion(Wanted(live, made, live, REF), terms).act()

    (again,) = set(repo.commits()) - {made}
    sign_with(repo, again, signer_of("robosignatory", keys[0]))
    promotion(Wanted(live, made, live, REF), terms).act()
    assert repo.head(REF) == again


@given(st.lists(st.binary(min_size=1, max_size=400), min_size=1, max_size=5, unique=True))
def test_signatures_read_back_as_they_were_written(signatures: list[bytes]) -> None:
    said = b""
    for each in signatures:
        said = with_signature(with_signature(said, each), each)
    assert list(signatures_in(said)) == signatures
    assert said == of_signatures(signatures)


def test_more_words_than_signatures_need_are_malformed() -> None:
    for read in (signatures_in, lambda said: with_signature(said, b"one")):
        with pytest.raises(MalformedInput):
            read(b"\0" * (1 << 21))


@given(st.binary(max_size=200))
def test_any_bytes_are_words_of_ostree_or_malformed(data: bytes) -> None:
    with suppress(MalformedInput):
        signatures_in(data)
