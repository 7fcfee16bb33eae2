"""What must a cache forget, and what may it keep for ever?"""

import pytest

from relengotron.decisions.purging import is_short_lived, to_purge


@pytest.mark.parametrize(
    "path",
    [
        "updates/24/x86_64/repodata/repomd.xml",
        "repodata/repomd.xml.asc",
        "images/24/Fedora-24-x86_64-CHECKSUM",
        "images/24/CHECKSUM",
        "atomic/repo/summary",
        "atomic/repo/summary.sig",
        "atomic/repo/config",
        "atomic/repo/refs/heads/fedora-atomic/24/x86_64/updates",
        "fedora/fullfiletimelist-fedora",
    ],
)
def test_what_changes_under_its_name_is_forgotten(path: str) -> None:
    assert is_short_lived(path)


@pytest.mark.parametrize(
    "path",
    [
        "updates/24/x86_64/bash-4.3.42-5.fc24.x86_64.rpm",
        "updates/24/x86_64/repodata/0a1b-primary.xml.gz",
        "atomic/repo/objects/ab/cdef.commit",
        "atomic/repo/deltas/ab/cd-ef/superblock",
        "images/24/Fedora-24.iso",
        "updates/24/x86_64/summary-of-all-1.noarch.rpm",
        "updates/24/x86_64/config-utils-1.noarch.rpm",
        "my-repodata/repomd.xml.gz.txt",
    ],
)
def test_what_never_changes_is_kept(path: str) -> None:
    assert not is_short_lived(path)


def test_a_signature_is_forgotten_right_behind_what_it_signs_and_entrances_last() -> None:
    paths = ["r/summary.sig", "r/refs/heads/b", "u/repodata/repomd.xml.asc", "r/summary", "u/repodata/repomd.xml"]
    wanted = ("r/refs/heads/b", "r/summary", "r/summary.sig", "u/repodata/repomd.xml", "u/repodata/repomd.xml.asc")
    assert to_purge([*paths, "r/summary"]) == wanted
