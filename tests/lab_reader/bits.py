"""A tiny distribution of real bits: four packages, two repos, a tree, an ISO and a disk image."""

import hashlib
import os
import shutil
import struct
import subprocess
from dataclasses import dataclass
from pathlib import Path

REF = "fedora-atomic/24/x86_64/host"
PACKAGES = {"base-files-1-1": "", "bash-4-1": "base-files", "bash-5-1": "base-files", "tools-2-1": "bash >= 5"}
_SPEC = """\
Name: {name}
Version: {version}
Release: {release}
Summary: {name}
License: GPLv3+
{arch}
{requires}
%description
{name}
%install
mkdir -p %{{buildroot}}/usr/share/{name}
echo {name} {version} > %{{buildroot}}/usr/share/{name}/version
%files
/usr/share/{name}/version
"""


@dataclass(frozen=True, slots=True)
class Bits:
    """Where the bits lie, as a compose would leave them, and what they are called."""

    folder: Path
    commit: str

    @property
    def base(self) -> Path:
        return self.folder / "base"

    @property
    def updates(self) -> Path:
        return self.folder / "updates"

    @property
    def ostree(self) -> Path:
        return self.folder / "ostree"

    @property
    def images(self) -> Path:
        return self.folder / "images"

    def rpm(self, nvr: str) -> Path:
        return next((self.folder / "rpms").glob(f"{nvr}.*.rpm"))


def run(*command: object, cwd: Path | None = None) -> str:
    path = {**os.environ, "PATH": f"{os.environ['PATH']}:/usr/sbin:/sbin"}
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, cwd=cwd, env=path)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def build_rpm(folder: Path, nvr: str, requires: str) -> None:
    name, version, release = nvr.rsplit("-", 2)
    top = folder / f"build-{nvr}"
    top.mkdir(parents=True)
    arch = "BuildArch: noarch" if name == "base-files" else ""
    needs = f"Requires: {requires}" if requires else ""
    spec = top / f"{name}.spec"
    spec.write_text(_SPEC.format(name=name, version=version, release=release, arch=arch, requires=needs))
    run("rpmbuild", "-bb", "--nodeps", "--target", "x86_64", "-D", f"_topdir {top}", "-D", "debug_package %{nil}", spec)
    (folder / "rpms").mkdir(exist_ok=True)
    for rpm in top.rglob("*.rpm"):
        shutil.move(rpm, folder / "rpms" / rpm.name)


def make_repo(repo: Path, rpms: list[Path]) -> Path:
    repo.mkdir(parents=True, exist_ok=True)
    for rpm in rpms:
        shutil.copy2(rpm, repo)
    run("createrepo_c", "--quiet", "--no-database", repo)
    return repo


def commit_tree(repo: Path, folder: Path, packages: list[str]) -> str:
    rows = ", ".join(repr(tuple(package.split())) for package in packages)
    if not repo.exists():
        run("ostree", f"--repo={repo}", "init", "--mode=archive")
    metadata = ["--add-metadata-string=version=24.1", f"--add-metadata=rpmostree.rpmdb.pkglist=[{rows}]"]
    return run("ostree", f"--repo={repo}", "commit", "-b", REF, "--no-bindings", f"--tree=dir={folder}", *metadata)


NEWEST = ["base-files 0 1 1 noarch", "bash 0 5 1 x86_64"]


def make_iso(iso: Path, content: Path) -> None:
    run("xorriso", "-as", "mkisofs", "-quiet", "-R", "-V", "LAB", "-o", iso, content)


def make_disk(disk: Path, content: Path) -> None:
    """A raw image with an MBR and one ext4 partition at 1 MiB, compressed."""
    system = disk.with_name("ext4")
    run("truncate", "-s", "8M", system)
    run("mkfs.ext4", "-q", "-F", "-d", content, system)
    entry = struct.pack("<B3sB3sII", 0x80, b"\0\0\0", 0x83, b"\0\0\0", 2048, 16384)
    mbr = (b"\0" * 446 + entry).ljust(510, b"\0") + b"\x55\xaa"
    disk.write_bytes(mbr.ljust(1 << 20, b"\0") + system.read_bytes())
    system.unlink()
    run("xz", "-0", disk)


def make_images(made: Bits, commit: str) -> None:
    content = made.folder / "content"
    (content / "images/pxeboot").mkdir(parents=True)
    for name in ("vmlinuz", "initrd.img"):
        (content / "images/pxeboot" / name).write_text(name)
    shutil.copytree(made.ostree, content / "ostree/repo")
    made.images.mkdir()
    make_iso(made.images / "Atomic.iso", content)
    make_disk(made.images / "Atomic.raw", content)
    names = sorted(path.name for path in made.images.iterdir())
    sums = [f"SHA256 ({name}) = {hashlib.sha256((made.images / name).read_bytes()).hexdigest()}\n" for name in names]
    (made.images / "Atomic-CHECKSUM").write_text("".join(sums))
