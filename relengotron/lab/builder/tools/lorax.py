"""What does ``lorax`` do in the lab?

It makes an installer image that carries one OSTree commit. The layout is that of a real ``boot.iso``; the boot loader
is a placeholder.
"""

import argparse
import hashlib
import json
import os
import shutil
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from relengotron.lab.builder.tools.command import Arguments, ToolFailed, run, say
from relengotron.lab.builder.tools.ostree_cli import ostree, read_pkglist
from relengotron.lab.builder.tools.tree_source import Tree, open_tree

LONGEST_VOLUME_ID = 32
BOOT_SECTOR = b"\xfa\xeb\xfe" + b"relengotron lab boot loader".ljust(4093, b"\0")


def main(argv: Sequence[str], out: TextIO) -> int:
    """Make ``OUTDIR/images/boot.iso``; the folder must not exist yet."""
    try:
        _build(_arguments(argv), out)
    except ToolFailed as failure:
        say(out, f"ERROR: {failure}")
        return failure.status
    return 0


def _arguments(argv: Sequence[str]) -> argparse.Namespace:
    parser = Arguments("lorax", add_help=False)
    parser.add_argument("-p", "--product", required=True)
    parser.add_argument("-v", "--version", required=True)
    parser.add_argument("-r", "--release", required=True)
    parser.add_argument("-s", "--source", action="append", default=[])
    for option in ("volid", "variant", "buildarch", "logfile", "workdir", "tmp", "cachedir"):
        parser.add_argument(f"--{option}")
    for option in ("installpkgs", "add-template", "add-arch-template", "add-template-var", "add-arch-template-var"):
        parser.add_argument(f"--{option}", action="append", default=[])
    for option in ("nomacboot", "noupgrade", "isfinal", "force"):
        parser.add_argument(f"--{option}", action="store_true")
    parser.add_argument("outputdir", type=Path)
    return parser.parse_args(argv)


@dataclass(frozen=True, slots=True)
class _Labels:
    product: str
    version: str
    release: str
    arch: str
    volume: str
    timestamp: int


def _build(given: argparse.Namespace, out: TextIO) -> None:
    if given.outputdir.exists() and not given.force:
        raise ToolFailed(f"output directory already exists: {given.outputdir}")
    variables = _variables([*given.add_template_var, *given.add_arch_template_var])
    labels = _labels(given)
    with (
        open_tree(variables["ostree_repo"], variables["ostree_ref"], variables.get("ostree_commit")) as tree,
        tempfile.TemporaryDirectory(prefix="lorax-") as scratch,
    ):
        say(out, f"lorax: building from {tree.ref} at {tree.commit}")
        root = Path(scratch) / "iso"
        _boot_files(root, tree, labels, out)
        _content(root, tree, variables, out)
        _finish(root, given.outputdir, labels, out)


def _variables(pairs: Sequence[str]) -> dict[str, str]:
    variables = dict(pair.partition("=")[::2] for pair in pairs)
    for needed in ("ostree_repo", "ostree_ref"):
        if not variables.get(needed):
            raise ToolFailed(f"template variable {needed} is undefined")
    return variables


def _labels(given: argparse.Namespace) -> _Labels:
    arch = given.buildarch or "x86_64"
    volume = (given.volid or f"{given.product}-{given.version}-{arch}")[:LONGEST_VOLUME_ID]
    stamp = int(os.environ.get("SOURCE_DATE_EPOCH") or time.time())
    return _Labels(given.product, given.version, given.release, arch, volume, stamp)


def _boot_files(root: Path, tree: Tree, labels: _Labels, out: TextIO) -> None:
    kernel = tree.kernel()
    say(out, f"lorax: boot files for kernel {kernel}")
    vmlinuz = tree.cat(f"/usr/lib/modules/{kernel}/vmlinuz")
    initrd = f"initramfs of {kernel} for {labels.product} {labels.version}\n".encode()
    menu = f"label linux\n  kernel vmlinuz\n  append initrd=initrd.img inst.stage2=hd:LABEL={labels.volume} quiet\n"
    for name, content in {
        "isolinux/isolinux.bin": BOOT_SECTOR,
        "isolinux/isolinux.cfg": menu.encode(),
        "isolinux/vmlinuz": vmlinuz,
        "isolinux/initrd.img": initrd,
        "images/pxeboot/vmlinuz": vmlinuz,
        "images/pxeboot/initrd.img": initrd,
        "EFI/BOOT/grub.cfg": f"search --no-floppy --set=root -l '{labels.volume}'\n".encode(),
        ".discinfo": f"{labels.timestamp}.000000\n{labels.release}\n{labels.arch}\n".encode(),
    }.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(content)
    (root / ".treeinfo").write_text(_treeinfo(root, labels), encoding="utf-8")


def _treeinfo(root: Path, labels: _Labels) -> str:
    images = {"kernel": "images/pxeboot/vmlinuz", "initrd": "images/pxeboot/initrd.img"}
    sums = {name: hashlib.sha256((root / name).read_bytes()).hexdigest() for name in images.values()}
    sections: Mapping[str, Mapping[str, str]] = {
        "general": {
            "family": labels.product,
            "version": labels.version,
            "arch": labels.arch,
            "timestamp": str(labels.timestamp),
        },
        f"images-{labels.arch}": {**images, "boot.iso": "images/boot.iso"},
        "checksums": {name: f"sha256:{value}" for name, value in sums.items()},
    }
    return "\n".join(
        f"[{name}]\n" + "".join(f"{key} = {value}\n" for key, value in rows.items()) for name, rows in sections.items()
    )


def _content(root: Path, tree: Tree, variables: Mapping[str, str], out: TextIO) -> None:
    say(out, f"lorax: pulling {tree.commit} into the image")
    repo = root / "ostree" / "repo"
    repo.mkdir(parents=True)
    ostree(repo, "init", "--mode=archive")
    ostree(repo, "pull-local", "--disable-fsync", str(tree.repo), tree.commit)
    ostree(repo, "refs", f"--create={tree.ref}", tree.commit)
    packages = [list(row) for row in read_pkglist(tree.repo, tree.commit)]
    about = {
        "ref": tree.ref,
        "commit": tree.commit,
        "osname": variables.get("ostree_osname", ""),
        "packages": packages,
    }
    (root / "packages.json").write_text(json.dumps(about, indent=1, sort_keys=True) + "\n", encoding="utf-8")


def _finish(root: Path, outdir: Path, labels: _Labels, out: TextIO) -> None:
    say(out, f"lorax: writing boot.iso with volume id {labels.volume}")
    for path in [root, *root.rglob("*")]:
        os.utime(path, (labels.timestamp, labels.timestamp), follow_symlinks=False)
    (outdir / "images" / "pxeboot").mkdir(parents=True, exist_ok=True)
    boot = ["-b", "isolinux/isolinux.bin", "-c", "isolinux/boot.cat", "-no-emul-boot", "-boot-load-size", "4"]
    names = ["-V", labels.volume, "-R", "-J", "-joliet-long"]
    iso = str(outdir / "images" / "boot.iso")
    run(
        ["xorriso", "-as", "mkisofs", "-quiet", "-o", iso, *names, *boot, "-boot-info-table", str(root)],
        {"SOURCE_DATE_EPOCH": str(labels.timestamp)},
    )
    for name in ("images/pxeboot/vmlinuz", "images/pxeboot/initrd.img", ".treeinfo", ".discinfo"):
        shutil.copy2(root / name, outdir / name)
    say(out, "lorax: done")
