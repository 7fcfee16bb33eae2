"""A tiny distribution, built once per test session."""

import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from relengotron.lab.bits.build import Built, build_packages
from relengotron.lab.bits.catalogue import BROKEN
from relengotron.lab.bits.package import binary, source
from relengotron.lab.bits.sign import sign_packages

REF = "lab/24/x86_64/host"
PACKAGES = (
    source("base-1-1", binary("base", gives="/bin/sh", files="/usr/etc/passwd", noarch=True)),
    source("shell-1.0-1", binary("shell", "base", files="/usr/bin/shell"), binary("shell-doc", "shell", noarch=True)),
    source("kernel-4.5-1", binary("kernel", "shell", files="/usr/lib/modules/@VRA@/vmlinuz")),
    BROKEN,
)
NEWER = (source("shell-1.1-1", binary("shell", "base", files="/usr/bin/shell"), binary("shell-doc", noarch=True)),)


@dataclass(frozen=True)
class TinyDistribution:
    """Its builds, the key they are signed with and the signature headers."""

    builds: tuple[Built, ...]
    key: str
    headers: dict[Path, bytes]

    def rpms(self, *, update: bool = False) -> list[Path]:
        return [rpm for build in self.builds if build.is_update == update for rpm in build.rpms]

    def write_repo(self, folder: Path, *, update: bool = False) -> Path:
        folder.mkdir(parents=True, exist_ok=True)
        for rpm in self.rpms(update=update):
            if not rpm.name.endswith(".src.rpm"):
                (folder / rpm.name).write_bytes(rpm.read_bytes())
        command = ["createrepo_c", "--quiet", "--simple-md-filenames", "--general-compress-type", "gz", str(folder)]
        subprocess.run(command, check=True, capture_output=True, timeout=60)
        return folder


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
