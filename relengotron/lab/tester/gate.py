"""Who tests what stands at a gate? It hears which batch wants tests, installs and solves the very bits, and says so."""

import logging
import tempfile
import threading
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Final
from uuid import NAMESPACE_URL, uuid5

import koji

from relengotron.errors import RelengError
from relengotron.lab.bits.solve import Candidate
from relengotron.lab.builder.tools.command import ToolFailed
from relengotron.lab.builder.tools.rootfs import unpack
from relengotron.lab.rawhide import words
from relengotron.lab.rawhide.packages import ARCH
from relengotron.lab.rawhide.seeding import create_repo
from relengotron.lab.verify.report import Wrong
from relengotron.lab.verify.solver import Universe
from relengotron.model.gate import BUILD
from relengotron.model.gated import BATCH
from relengotron.model.nvr import Nvr
from relengotron.systems.resultsdb.port import NewResult, ResultsDb

log = logging.getLogger(__name__)

TOPICS: Final = ("relengotron.gate.batch.testing", "relengotron.gate.build.retry")
_NAMED: Final = 5
_LOOKS_EVERY: Final = 5.0


@dataclass(frozen=True, slots=True)
class Wanted:
    """One round of tests: all builds of the round, and of which items which test cases are wanted.

    The same message heard twice is one round: its results are stored in one ``group``.
    """

    builds: tuple[str, ...]
    tests: tuple[tuple[str, str, str], ...]
    group: str

    @classmethod
    def from_message(cls, body: Mapping[str, Any]) -> "Wanted":
        """What a message of the daemon wants."""
        builds = [each["nvr"] for each in body.get("builds", [body])]
        tests = [(test["testcase"], test["type"], item) for test in body["tests"] for item in test["items"]]
        return cls(tuple(map(str, builds)), tuple(tests), str(uuid5(NAMESPACE_URL, f"{body['run']} {body['at']}")))


class GateTester:
    """Installs every build, and solves rawhide with all of a batch in it; may be stopped at any moment."""

    __test__: ClassVar[bool] = False

    def __init__(self, results: ResultsDb, session: koji.ClientSession, store: Path) -> None:
        self._results = results
        self._koji = session
        self._store = store
        self._waiting: list[Wanted] = []
        self._lock = threading.Lock()
        self._wake = threading.Event()

    def hear(self, topic: str, body: Mapping[str, Any]) -> None:
        """Take note of a message; only what wants tests matters, and nothing is tested yet."""
        if topic in TOPICS:
            with self._lock:
                self._waiting.append(Wanted.from_message(body))
            self._wake.set()

    def run(self, stop: threading.Event) -> None:
        """Test until told to stop."""
        while not stop.is_set():
            self._wake.wait(_LOOKS_EVERY)
            self._wake.clear()
            for wanted in self._taken():
                try:
                    self.test(wanted)
                except (RelengError, koji.GenericError, OSError):
                    log.warning("a batch could not be tested", exc_info=True)

    def wake(self) -> None:
        """End the present wait of ``run``."""
        self._wake.set()

    def test(self, wanted: Wanted) -> None:
        """Store one verdict for each test of each item."""
        for testcase, kind, item in wanted.tests:
            outcome, note = self._judge(kind, item, wanted.builds)
            data = {"item": (item,), "type": (kind,)}
            self._results.store(NewResult(testcase, outcome, wanted.group, note=note, data=data))

    def _taken(self) -> Sequence[Wanted]:
        with self._lock:
            taken, self._waiting = self._waiting, []
        return taken

    def _judge(self, kind: str, item: str, builds: Iterable[str]) -> tuple[str, str]:
        try:
            with tempfile.TemporaryDirectory(prefix="relengotron-gate-tester-") as scratch:
                match kind:
                    case _ if kind == BUILD:
                        return "PASSED", self._installs(item, Path(scratch))
                    case _ if kind == BATCH:
                        return "PASSED", self._closed(builds, Path(scratch))
                return "NEEDS_INSPECTION", f"nobody here tests {kind}"
        except (Wrong, ToolFailed) as wrong:
            return "FAILED", str(wrong)

    def _installs(self, nvr: str, scratch: Path) -> str:
        """Every package of the build can be unpacked, and its scriptlets run."""
        rpms = [(_candidate(nvr, path), path) for path in self._rpms(nvr)]
        unpack(rpms, scratch)
        return f"{len(rpms)} packages install"

    def _closed(self, builds: Iterable[str], scratch: Path) -> str:
        """Every package of rawhide can be installed when the newer builds have taken the place of the older ones."""
        latest = {each["package_name"]: each["nvr"] for each in self._koji.listTagged(words.TARGET, latest=True)}
        latest |= {Nvr.parse(each).name: each for each in builds}
        for path in (path for nvr in latest.values() for path in self._rpms(nvr)):
            (scratch / path.name).symlink_to(path)
        create_repo(scratch)
        universe = Universe(ARCH)
        universe.add(words.TARGET, scratch)
        if problems := universe.problems_of(words.TARGET):
            raise Wrong(f"{len(problems)} broken dependencies: {'; '.join(problems[:_NAMED])}")
        return f"all {universe.count(words.TARGET)} packages of rawhide install"

    def _rpms(self, nvr: str) -> list[Path]:
        """The packages of a build, as they lie in Koji's store."""
        name = Nvr.parse(nvr)
        folder = (self._store / "packages" / name.name / name.version / name.release).resolve()
        if not folder.is_relative_to(self._store.resolve()):
            raise Wrong(f"{nvr} is no build")
        found = sorted(path for arch in (ARCH, "noarch") for path in folder.glob(f"{arch}/*.rpm"))
        if not found:
            raise Wrong(f"{nvr} has no packages")
        return found


def _candidate(nvr: str, path: Path) -> Candidate:
    name, version, rest = path.name.removesuffix(".rpm").rsplit("-", 2)
    release, _, arch = rest.rpartition(".")
    return Candidate(name, "0", version, release, arch, source_rpm=f"{nvr}.src.rpm")
