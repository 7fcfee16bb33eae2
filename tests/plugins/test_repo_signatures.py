"""Only what was tested is signed, nothing is read or written through a link, and what was compared before is shown."""

import hashlib
from pathlib import Path

import pytest

from relengotron.errors import RequestRefused
from relengotron.plugins import repo_signatures
from relengotron.plugins.repo_signatures import must_be_signed, sign_in, unsigned_in, with_signatures
from relengotron.sdk.files import read_plain
from relengotron.sdk.rehearsal import Workshop
from relengotron.systems.mirror.paths import rel_path
from relengotron.systems.mirror.port import Changes, Entry
from relengotron.systems.signing.simulated import SimulatedSigner

POINT, ASC = "x86_64/repodata/repomd.xml", "x86_64/repodata/repomd.xml.asc"
SOURCES = "SRPMS/repodata/repomd.xml"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for point in (POINT, SOURCES):
        file = tmp_path / "repo" / point
        file.parent.mkdir(parents=True)
        file.write_text(f"<repomd of {point}/>")
    return tmp_path / "repo"


@pytest.fixture
def signer() -> SimulatedSigner:
    return SimulatedSigner()


def sign(root: Path, signer: SimulatedSigner, **tested: str) -> None:
    sign_in(root, tested, signer, root.parent / "aside")


def entry_of(file: Path) -> Entry:
    data = file.read_bytes()
    return Entry(hashlib.sha256(data).hexdigest(), len(data))


def test_every_repo_is_signed_the_sources_too(root: Path, signer: SimulatedSigner) -> None:
    assert len(unsigned_in(root, signer)) == 2
    sign(root, signer)
    assert unsigned_in(root, signer) == ()
    assert sorted(path.name for path in root.rglob("*.asc")) == ["repomd.xml.asc"] * 2


def test_nobody_signs_what_was_not_tested(root: Path, signer: SimulatedSigner) -> None:
    with pytest.raises(RequestRefused, match="no longer what was tested"):
        sign_in(root, {POINT: "0" * 64}, signer, root.parent / "aside")
    assert not (root / ASC).exists()


def test_a_signature_that_is_a_link_is_neither_read_nor_written_through(
    root: Path, signer: SimulatedSigner, tmp_path: Path
) -> None:
    secret = tmp_path / "secret"
    secret.write_text("nobody may change this")
    (root / ASC).symlink_to(secret)

    with pytest.raises(RequestRefused):
        unsigned_in(root, signer)
    with pytest.raises(RequestRefused):
        sign(root, signer)
    assert secret.read_text() == "nobody may change this"


def test_what_was_compared_before_it_was_signed_is_shown_with_its_signatures(
    root: Path, signer: SimulatedSigner
) -> None:
    sign(root, signer)
    before = Changes(3, {POINT: entry_of(root / POINT)}, frozenset({ASC, "x86_64/old.rpm"}))
    changes = with_signatures(before, root)

    assert changes is not None
    assert changes.shown.keys() == {POINT, ASC, f"{SOURCES}.asc"}
    assert changes.shown[ASC] == entry_of(root / ASC)
    assert changes.gone == {"x86_64/old.rpm"}
    assert with_signatures(None, root) is None


def test_a_repo_at_the_root_must_be_signed_like_any(tmp_path: Path, root: Path, signer: SimulatedSigner) -> None:
    sign(root, signer)
    (root / "repodata").mkdir()
    (root / "repodata" / "repomd.xml").write_text("<repomd of a builder/>")
    staged = Workshop(tmp_path / "workshop").mirror.stage(root, rel_path("updates/24"), "run-1")

    with pytest.raises(RequestRefused, match=r"repodata/repomd\.xml is not signed"):
        must_be_signed(staged, root, signer, ["x86_64"])


def test_what_is_staged_must_be_what_is_signed(tmp_path: Path, root: Path, signer: SimulatedSigner) -> None:
    sign(root, signer)
    staged = Workshop(tmp_path / "workshop").mirror.stage(root, rel_path("updates/24"), "run-1")
    must_be_signed(staged, root, signer, ["x86_64"])

    with pytest.raises(RequestRefused, match=r"i686/repodata/repomd\.xml is not signed"):
        must_be_signed(staged, root, signer, ["x86_64", "i686"])
    (root / POINT).write_text("<repomd of somebody else/>")
    (root / ASC).unlink()
    sign(root, signer)
    with pytest.raises(RequestRefused, match="changes meanwhile"):
        must_be_signed(staged, root, signer, ["x86_64"])


def test_what_is_swapped_while_it_is_looked_at_is_not_taken_for_signed(
    tmp_path: Path, root: Path, signer: SimulatedSigner, monkeypatch: pytest.MonkeyPatch
) -> None:
    sign(root, signer)
    good = (root / POINT).read_bytes()
    (root / POINT).write_text("<repomd that nobody has signed/>")
    staged = Workshop(tmp_path / "workshop").mirror.stage(root, rel_path("updates/24"), "run-1")

    def read_and_swap(path: Path, most: int) -> bytes | None:
        data = read_plain(path, most)
        if path == root / POINT:
            path.write_bytes(good)
        return data

    monkeypatch.setattr(repo_signatures, "read_plain", read_and_swap)
    with pytest.raises(RequestRefused, match="is not signed with"):
        must_be_signed(staged, root, signer, ["x86_64"])
