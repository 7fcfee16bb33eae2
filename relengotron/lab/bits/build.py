"""How do the packages of the catalogue become RPM files?"""

import hashlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from relengotron.errors import Permanent
from relengotron.lab.bits.catalogue import CATALOGUE
from relengotron.lab.bits.package import Source
from relengotron.lab.bits.spec import render
from relengotron.lab.bits.updates import UPDATES

BUILD_HOST = "lab.example.org"
BUILD_TIMEOUT = 60
EPOCH_OF_THE_FIRST_PACKAGE = 1466467200  # 2016-06-21, the day this distribution would have been released
STAMP = ".spec-sha256"

_DEFINES = {
    "_buildhost": BUILD_HOST,
    "use_source_date_epoch_as_buildtime": "1",
    "clamp_mtime_to_source_date_epoch": "1",
    "_binary_payload": "w1.gzdio",
    "_source_payload": "w1.gzdio",
    "_build_id_links": "none",
    "__brp_mangle_shebangs": "%{nil}",
}


@dataclass(frozen=True, slots=True)
class Built:
    """One finished build: the files of one source package for one distribution release."""

    source: Source
    distribution: str
    is_update: bool
    rpms: tuple[Path, ...]

    @property
    def nvr(self) -> str:
        """The name of the build in Koji."""
        return self.source.nvr(self.distribution)


@dataclass(frozen=True, slots=True)
class _Order:
    source: Source
    distribution: str
    is_update: bool
    folder: Path
    arches: tuple[str, ...]

    @property
    def spec(self) -> str:
        return render(self.source, self.distribution)

    @property
    def fingerprint(self) -> str:
        text = "\0".join([self.spec, *self.arches, *(f"{key}={value}" for key, value in _DEFINES.items())])
        return hashlib.sha256(text.encode()).hexdigest()


def build_packages(
    out_dir: Path,
    releases: Sequence[str] = ("24", "25"),
    arches: Sequence[str] = ("x86_64", "i686"),
    jobs: int = 2,
    *,
    catalogue: Iterable[Source] = CATALOGUE,
    updates: Iterable[Source] | None = None,
    count: Callable[[int, int], None] = lambda _done, _total: None,
) -> list[Built]:
    """Every package at its first version and every update, as RPM files below ``out_dir/NVR/``.

    A build whose spec did not change since the last call is taken as it is. ``count`` hears how many of how many are
    there.
    """
    newer = [each for update in UPDATES for each in update.sources] if updates is None else list(updates)
    wanted = [(each, False) for each in catalogue] + [(each, True) for each in newer]
    orders = [
        _Order(each, distribution, is_update, out_dir / each.nvr(distribution), tuple(arches))
        for distribution in releases
        for each, is_update in wanted
    ]
    with ThreadPoolExecutor(max_workers=jobs) as pool:
        made = []
        for built in pool.map(_fill, orders):
            made.append(built)
            count(len(made), len(orders))
        return made


def _fill(order: _Order) -> Built:
    stamp = order.folder / STAMP
    if not (stamp.is_file() and stamp.read_text() == order.fingerprint):
        shutil.rmtree(order.folder, ignore_errors=True)
        order.folder.mkdir(parents=True)
        _build(order)
        stamp.write_text(order.fingerprint)
    return Built(order.source, order.distribution, order.is_update, tuple(sorted(order.folder.glob("*.rpm"))))


def _build(order: _Order) -> None:
    targets = ("noarch",) if order.source.is_noarch else order.arches
    with tempfile.TemporaryDirectory(prefix="rpmbuild-") as top:
        spec = Path(top) / f"{order.source.name}.spec"
        spec.write_text(order.spec)
        for arch in targets:
            _rpmbuild(spec, arch, "-ba" if arch == targets[0] else "-bb")
            for rpm in sorted(Path(top).glob("*RPMS/**/*.rpm")):
                _keep_the_first(rpm, order.folder / rpm.name)


def _rpmbuild(spec: Path, arch: str, what: str) -> None:
    defines = {"_topdir": str(spec.parent), **_DEFINES}
    options = [word for key, value in defines.items() for word in ("--define", f"{key} {value}")]
    done = subprocess.run(
        ["rpmbuild", what, "--nodeps", "--target", arch, *options, str(spec)],
        env={**os.environ, "SOURCE_DATE_EPOCH": str(EPOCH_OF_THE_FIRST_PACKAGE), "LC_ALL": "C.UTF-8"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=BUILD_TIMEOUT,
    )
    if done.returncode:
        raise Permanent(f"rpmbuild of {spec.name} for {arch} ended with {done.returncode}: {done.stderr[-2000:]}")


def _keep_the_first(rpm: Path, place: Path) -> None:
    """A noarch package comes out of the build of every arch; one of them is enough."""
    if not place.exists():
        shutil.move(rpm, place)
