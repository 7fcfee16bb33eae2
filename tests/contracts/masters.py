"""Pairs of a mirror here and masters elsewhere, and what readers find there."""

from pathlib import Path

from relengotron.systems.mirror.client import Remote
from tests.contracts.mirror_place import ARCH, NEW, OLD, TARGET, Place, check_what_it_names, compose, publish
from tests.contracts.rsync_place import ssh_stand_in

REPOMD = "x86_64/repodata/repomd.xml"


def through_ssh(there: Path, folder: Path) -> Remote:
    """A master that is this very machine."""
    program = ssh_stand_in(folder / "a bin")
    return Remote("one", f"ssh://releng@mirror.example:2222{there}", ssh=str(program), key_file=folder / "a key")


def a_pair(folder: Path, *remotes: Remote) -> Place:
    """A mirror here that shows a first state, as its masters do."""
    made = Place(folder / "here", remotes=remotes)
    for name, packages in (("old", OLD), ("new", NEW)):
        if not (folder / name).exists():
            compose(folder / name, packages, ARCH)
    publish(made.mirror, folder / "old", "run-1")
    return made


def files_of(root: Path) -> dict[str, str]:
    """Every file that readers can see."""
    found = (path for path in root.rglob("*") if path.is_file())
    return {str(path.relative_to(root)): path.read_text() for path in found if ".relengotron" not in str(path)}


def read_there(root: Path) -> None:
    """As a client of that master does."""
    for repomd in (root / TARGET).rglob("repomd.xml"):
        check_what_it_names(repomd.parent.parent, repomd.read_text())
