"""The bits of ``bits.py``, made once, and a mirror that shows a copy of them."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from relengotron.lab.mirror import MirrorServer
from tests.lab_reader.bits import NEWEST, PACKAGES, Bits, build_rpm, commit_tree, make_images, make_repo, run


@pytest.fixture(scope="session")
def bits(tmp_path_factory: pytest.TempPathFactory) -> Bits:
    folder = tmp_path_factory.mktemp("bits")
    for nvr, requires in PACKAGES.items():
        build_rpm(folder, nvr, requires)
    made = Bits(folder, "")
    make_repo(made.base / "x86_64", [made.rpm("base-files-1-1"), made.rpm("bash-4-1")])
    make_repo(made.updates / "x86_64", [made.rpm("bash-5-1"), made.rpm("tools-2-1")])
    tree = folder / "tree"
    (tree / "usr").mkdir(parents=True)
    (tree / "usr/version").write_text("24.1")
    commit = commit_tree(made.ostree, tree, NEWEST)
    make_images(made, commit)
    return Bits(folder, commit)


@pytest.fixture
def pub(bits: Bits, tmp_path: Path) -> Path:
    """A public tree that shows a copy of the bits."""
    root = tmp_path / "pub"
    for name in ("base", "updates", "ostree", "images"):
        shutil.copytree(bits.folder / name, root / name)
    run("ostree", f"--repo={root / 'ostree'}", "summary", "-u")
    return root


@pytest.fixture
def mirror_url(pub: Path) -> Iterator[str]:
    with MirrorServer(pub) as server:
        yield server.url
