"""How does a tree become a disk image?"""

import hashlib
import json
import tempfile
import uuid
from pathlib import Path
from typing import TextIO

from relengotron.lab.builder.tools.command import ToolFailed, say
from relengotron.lab.builder.tools.disk import compress, write_disk
from relengotron.lab.builder.tools.kickstart import read_ostreesetup
from relengotron.lab.builder.tools.ostree_cli import ostree, read_pkglist
from relengotron.lab.builder.tools.tree_source import Tree, open_tree

FORMATS = {"raw-xz": ".raw.xz", "raw": ".raw"}
DISK_SIZE = 16 * 1024 * 1024


def build_image(stem: str, kickstart: str, formats: list[str], folder: Path, out: TextIO) -> list[Path]:
    """One file per format, named ``stem`` plus its suffix, from the tree that the kickstart names."""
    unknown = [each for each in formats if each not in FORMATS]
    if unknown:
        raise ToolFailed(f"image formats {unknown} are not known here, known are {sorted(FORMATS)}")
    setup = read_ostreesetup(kickstart)
    with open_tree(setup.url, setup.ref, None) as tree, tempfile.TemporaryDirectory(prefix="image-") as scratch:
        say(out, f"image: installing {setup.osname} from {setup.ref} at {tree.commit}")
        root = Path(scratch) / "root"
        _install(tree, setup.osname, root)
        raw = Path(scratch) / "disk.raw"
        identity = uuid.UUID(bytes=hashlib.sha256(tree.commit.encode()).digest()[:16])
        say(out, f"image: writing a disk of {DISK_SIZE} bytes")
        write_disk(root, raw, DISK_SIZE, setup.osname, identity)
        return [_convert(raw, folder / f"{stem}{FORMATS[each]}", out) for each in formats]


def _install(tree: Tree, osname: str, root: Path) -> None:
    """The tree is checked out as the root; ``/ostree`` has the repo that updates are pulled into, and who it is."""
    ostree(tree.repo, "checkout", "--user-mode", "--force-copy", tree.commit, str(root))
    marks = root / "sysroot" / "ostree"
    marks.mkdir(parents=True, exist_ok=True)
    (root / "ostree").unlink(missing_ok=True)
    marks.rename(root / "ostree")
    repo = root / "ostree" / "repo"
    repo.mkdir()
    ostree(repo, "init", "--mode=archive")
    ostree(repo, "pull-local", "--disable-fsync", str(tree.repo), tree.commit)
    packages = [list(row) for row in read_pkglist(tree.repo, tree.commit)]
    (root / "ostree" / "commit").write_text(f"{tree.commit}\n", encoding="ascii")
    (root / "ostree" / "origin").write_text(f"[origin]\nrefspec={osname}:{tree.ref}\n", encoding="ascii")
    (root / "ostree" / "packages.json").write_text(json.dumps(packages, indent=1) + "\n", encoding="utf-8")


def _convert(raw: Path, target: Path, out: TextIO) -> Path:
    say(out, f"image: writing {target.name}")
    if target.suffix == ".xz":
        compress(raw, target)
    else:
        target.write_bytes(raw.read_bytes())
    return target
