"""A tiny distribution, built once per test session."""

import subprocess
from pathlib import Path

import pytest

from relengotron.lab.bits.build import build_packages
from relengotron.lab.bits.sign import sign_packages
from tests.lab.tiny import NEWER, PACKAGES, TinyDistribution


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> TinyDistribution:
    folder = tmp_path_factory.mktemp("tiny")
    builds = build_packages(folder, ("24",), ("x86_64",), catalogue=PACKAGES, updates=NEWER)
    key, headers = sign_packages([rpm for build in builds for rpm in build.rpms], folder / "lab-key.asc")
    return TinyDistribution(tuple(builds), key, headers)


@pytest.fixture
def ostree_repo(tmp_path: Path) -> Path:
    repo = tmp_path / "ostree"
    subprocess.run(["ostree", f"--repo={repo}", "init", "--mode=archive"], check=True, capture_output=True, timeout=60)
    return repo


@pytest.fixture
def treefile(tmp_path: Path, tiny: TinyDistribution) -> Path:
    """A treefile with its repos: ``ga`` as built first, ``updates`` empty until a test fills it."""
    folder = tmp_path / "manifest"
    tiny.write_repo(folder / "ga")
    (folder / "lab.repo").write_text(f"[ga]\nbaseurl=file://{folder}/ga\n[updates]\nbaseurl=file://{folder}/updates\n")
    file = folder / "host.yaml"
    file.write_text(
        "ref: lab/$releasever/$basearch/host\nreleasever: 24\nbasearch: x86_64\nautomatic-version-prefix: '24'\n"
        "repos: [ga]\npackages: [kernel, shell]\n"
    )
    return file
