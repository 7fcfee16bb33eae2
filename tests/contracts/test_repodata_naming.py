"""What metadata of a repo name is read as it stands, and what leads elsewhere is told from it."""

import gzip
from pathlib import Path

import pytest

from relengotron.errors import MalformedInput
from relengotron.model.package import Package
from relengotron.systems.repodata.naming import files_named, packages_named
from tests.stage.paper_repo import PaperPackage, write_repo

BASH = PaperPackage(Package("bash", "0", "4.3.42", "1.fc24", "x86_64"))


def a_repo(root: Path) -> tuple[Path, Path]:
    """Its repomd.xml and its primary metadata."""
    write_repo(root, [BASH])
    return root / "repodata" / "repomd.xml", next((root / "repodata").glob("*-primary.xml.gz"))


def test_every_file_is_named_with_its_checksum_and_size(tmp_path: Path) -> None:
    repomd, primary = a_repo(tmp_path)
    (listed,) = files_named(repomd)
    assert (listed.kind, listed.href, listed.size) == ("primary", f"repodata/{primary.name}", primary.stat().st_size)
    (package,) = packages_named(primary)
    assert (package.href, package.size, package.algorithm) == (BASH.file_name, len(BASH.text), "sha256")


def test_a_package_that_lies_elsewhere_is_no_part_of_the_repo(tmp_path: Path) -> None:
    _, primary = a_repo(tmp_path)
    text = gzip.decompress(primary.read_bytes()).decode()
    for strange in ('href="../bash.rpm"', 'xml:base="http://elsewhere.example.org/" href="bash.rpm"'):
        primary.write_bytes(gzip.compress(text.replace(f'href="{BASH.file_name}"', strange).encode()))
        assert packages_named(primary) == []


def test_a_repomd_that_leads_outside_or_is_none_is_refused(tmp_path: Path) -> None:
    repomd, _ = a_repo(tmp_path)
    whole = repomd.read_text()
    for strange in (whole.replace('href="repodata/', 'href="../'), whole[: len(whole) // 2], ""):
        repomd.write_text(strange)
        with pytest.raises(MalformedInput, match=r"repomd\.xml"):
            files_named(repomd)


def test_what_was_read_is_told_without_the_place_where_we_have_it(tmp_path: Path) -> None:
    repomd, _ = a_repo(tmp_path)
    repomd.write_text("no xml")
    with pytest.raises(MalformedInput) as refused:
        files_named(repomd)
    assert str(tmp_path) not in str(refused.value)
