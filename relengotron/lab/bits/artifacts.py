"""Which trees and images does the lab's distribution ship, and what is in them?"""

import subprocess
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from relengotron.lab.bits.build import Built
from relengotron.lab.bits.solve import Candidate, solve

TIMEOUT = 120
TREE_PACKAGES = (
    "NetworkManager",
    "atomic",
    "bash",
    "chrony",
    "cockpit-bridge",
    "cockpit-docker",
    "cockpit-shell",
    "curl",
    "docker",
    "fedora-release-atomichost",
    "glibc-langpack-en",
    "grub2",
    "kernel",
    "kubernetes",
    "less",
    "openssh-clients",
    "openssh-server",
    "openssl",
    "ostree-grub2",
    "rpm",
    "rpm-ostree",
    "selinux-policy-targeted",
    "sudo",
    "systemd",
    "vim-minimal",
)
CLOUD_PACKAGES = (
    "NetworkManager",
    "bash",
    "chrony",
    "cloud-init",
    "fedora-release",
    "grub2",
    "kernel",
    "nano",
    "openssh-server",
)


@dataclass(frozen=True, slots=True)
class Shipped:
    """One artifact as PDC knows it."""

    name: str
    type: str
    relation: str
    packages: tuple[str, ...]


SHIPPED: tuple[Shipped, ...] = (
    Shipped("atomic-host", "ostree", "OSTreeIncludesRPM", TREE_PACKAGES),
    Shipped("atomic-installer-iso", "image", "ImageIncludesRPM", TREE_PACKAGES),
    Shipped("atomic-disk", "image", "ImageIncludesRPM", TREE_PACKAGES),
    Shipped("cloud-tree", "ostree", "OSTreeIncludesRPM", CLOUD_PACKAGES),
    Shipped("cloud-base", "image", "ImageIncludesRPM", CLOUD_PACKAGES),
)


def tree_ref(distribution: str, arch: str = "x86_64", *, testing: bool = False) -> str:
    """The ref of the host tree."""
    return f"fedora-atomic/{distribution}/{arch}/{'testing/' if testing else ''}docker-host"


def treefile(
    distribution: str, repos: Sequence[str], arch: str = "x86_64", *, testing: bool = False
) -> Mapping[str, object]:
    """The treefile of the host tree, ready to be written as JSON."""
    return {
        "ref": tree_ref(distribution, arch, testing=testing),
        "repos": list(repos),
        "releasever": distribution,
        "basearch": arch,
        "automatic-version-prefix": distribution,
        "packages": list(TREE_PACKAGES),
    }


def contents(builds: Iterable[Built], distribution: str, arch: str = "x86_64") -> dict[str, list[Candidate]]:
    """Artifact name to the packages that really end up in it, solved from the first versions of the release."""
    with tempfile.TemporaryDirectory(prefix="contents-") as folder:
        primary = _repo(Path(folder), [each for each in builds if each.distribution == distribution], arch)
        solved = {wish: solve({distribution: primary}, wish, arch) for wish in {each.packages for each in SHIPPED}}
    return {each.name: solved[each.packages] for each in SHIPPED}


def _repo(folder: Path, builds: Iterable[Built], arch: str) -> Path:
    for build in builds:
        for rpm in build.rpms:
            if not build.is_update and rpm.name.endswith((f".{arch}.rpm", ".noarch.rpm")):
                (folder / rpm.name).symlink_to(rpm.absolute())
    subprocess.run(
        [
            "createrepo_c",
            "--quiet",
            "--no-database",
            "--simple-md-filenames",
            "--general-compress-type",
            "gz",
            str(folder),
        ],
        check=True,
        capture_output=True,
        timeout=TIMEOUT,
    )
    return folder / "repodata" / "primary.xml.gz"
