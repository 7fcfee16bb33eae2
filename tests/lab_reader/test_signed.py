"""Does the independent reader want signatures where there is a key, and see each one that is missing or forged?"""

import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from relengotron.lab.verify.reader import verify
from relengotron.systems.ostree.client import OstreeCli
from relengotron.systems.ostree.signed import RepoKeys, SignedRepo
from relengotron.systems.signing.client.gpg import GpgSigner
from tests.contracts.gpg_keys import Key, homes, make_key
from tests.lab_reader.bits import REF, Bits
from tests.lab_reader.test_independent_reader import expectation, wrongs

IMAGE = "images/Atomic-CHECKSUM"
ASC = "updates/x86_64/repodata/repomd.xml.asc"


@pytest.fixture(scope="module")
def keys() -> Iterator[tuple[Key, Key]]:
    with homes() as place:
        yield make_key(place, "own"), make_key(place, "other")


def sign_everything(pub: Path, key: Key) -> None:
    checksum, point = pub / IMAGE, pub / ASC.removesuffix(".asc")
    checksum.write_bytes(key.run("--output", "-", "--clear-sign", given=checksum.read_bytes()))
    (pub / ASC).write_bytes(key.run("--armor", "--output", "-", "--detach-sign", given=point.read_bytes()))
    signer = GpgSigner("own", key.fingerprint, key.public, key.home)
    repo = SignedRepo(OstreeCli(pub / "ostree"), RepoKeys({REF: signer}))
    repo.sign(str(repo.head(REF)), REF)
    repo.update_summary()


def test_what_is_signed_is_confirmed(pub: Path, bits: Bits, mirror_url: str, keys: tuple[Key, Key]) -> None:
    sign_everything(pub, keys[0])
    report = verify(mirror_url, expectation(bits, public_key=str(keys[0].public)))
    assert report.passed, wrongs(report)
    assert "commit and summary signed" in "\n".join(map(str, report.checks))


def forged_repo(pub: Path) -> None:
    point = pub / ASC.removesuffix(".asc")
    point.write_bytes(point.read_bytes().replace(b"<repomd", b"<!-- --><repomd", 1))


def forged_checksum(pub: Path) -> None:
    (pub / IMAGE).write_bytes((pub / IMAGE).read_bytes().replace(b"SHA256 (", b"SHA256  (", 1))


def unsigned_commit(pub: Path) -> None:
    for said in (pub / "ostree/objects").rglob("*.commitmeta"):
        said.unlink()


def old_summary_signature(pub: Path) -> None:
    subprocess.run(["ostree", f"--repo={pub / 'ostree'}", "refs", "--create=another", REF], check=True)
    signature = (pub / "ostree/summary.sig").read_bytes()
    OstreeCli(pub / "ostree").update_summary()
    (pub / "ostree/summary.sig").write_bytes(signature)


LATER = [pytest.param(each, marks=pytest.mark.crash) for each in (forged_checksum, unsigned_commit)]


@pytest.mark.parametrize("spoil", [forged_repo, old_summary_signature, *LATER])
def test_a_signature_that_is_missing_or_forged_is_seen(
    pub: Path, bits: Bits, mirror_url: str, keys: tuple[Key, Key], spoil: Callable[[Path], None]
) -> None:
    sign_everything(pub, keys[0])
    spoil(pub)
    assert not verify(mirror_url, expectation(bits, public_key=str(keys[0].public))).passed


@pytest.mark.crash
def test_another_key_is_no_key(pub: Path, bits: Bits, mirror_url: str, keys: tuple[Key, Key]) -> None:
    sign_everything(pub, keys[0])
    told = wrongs(verify(mirror_url, expectation(bits, public_key=str(keys[1].public))))
    for subject in ("updates/x86_64", "ostree ", "images/Atomic.iso"):
        assert f"✘ {subject}" in told
