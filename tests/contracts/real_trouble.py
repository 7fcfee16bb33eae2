"""A process that publishes to a mirror in real trouble, and tells what it was told."""

import json
import os
import resource
import signal
import sys
from collections.abc import Callable
from pathlib import Path

from relengotron.errors import RelengError
from tests.contracts.mirror_place import ARCH, NEW, OLD, Place, compose, publish, read_as_a_client

NOBODY = 65534


def main(folder: Path, trouble: str, has_own_disk: bool) -> dict[str, object]:
    """Publish, publish in trouble, publish after the trouble is over."""
    if os.geteuid() == 0 and trouble == "closed":
        os.setgid(NOBODY)
        os.setuid(NOBODY)  # root may write anywhere
    place = Place(folder / "mirror")
    publish(place.mirror, compose(folder / "mirror/old", OLD, ARCH), "run-1")
    source = compose(folder / "mirror/new", {**NEW, "big-1.rpm": "x" * 100_000}, ARCH)
    begin, end = TROUBLES[trouble if has_own_disk or trouble == "closed" else "short"]
    begin(place.root)
    told = _told(lambda: publish(place.mirror, source, "run-2"))
    read_as_a_client(place)
    shown = sorted(place.shown())
    end(place.root)
    publish(place.mirror, source, "run-2")
    read_as_a_client(place)
    return {"told": told, "shown": shown, "after": sorted(place.shown())}


def _told(act: Callable[[], object]) -> str:
    try:
        act()
    except RelengError as trouble:
        return f"{type(trouble).__name__}: {trouble}"
    return "nothing"


def _fill(root: Path) -> None:
    """Not a byte is left on the disk of the mirror and of its records."""
    with (root.parent / "ballast").open("wb", buffering=0) as ballast:
        try:
            while ballast.write(b"x" * 4096):
                pass
        except OSError:
            return


def _empty(root: Path) -> None:
    (root.parent / "ballast").unlink()


def _close(root: Path) -> None:
    for folder in (root, *(path for path in root.rglob("*") if path.is_dir())):
        folder.chmod(0o555)


def _open(root: Path) -> None:
    for folder in (root, *(path for path in root.rglob("*") if path.is_dir())):
        folder.chmod(0o755)


def _limit(root: Path) -> None:
    """Where nobody may have a disk of his own: no file may grow beyond this."""
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, resource.RLIM_INFINITY))


def _unlimit(root: Path) -> None:
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))


TROUBLES: dict[str, tuple[Callable[[Path], None], Callable[[Path], None]]] = {
    "full": (_fill, _empty),
    "closed": (_close, _open),
    "short": (_limit, _unlimit),
}

if __name__ == "__main__":
    print(json.dumps(main(Path(sys.argv[1]), sys.argv[2], "own-disk" in sys.argv)))
