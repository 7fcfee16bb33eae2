"""How many requests does PDC get for a push of 300 source packages, when nothing is known and when it was asked before?

The stand-in for PDC is behind its real protocol: it refuses request lines of more than 8,190 bytes and more than 1,000
pairs in a query, pages as the real one does, and repeats its answers for 30 seconds.
"""

import itertools
import statistics
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any
from wsgiref.types import StartResponse, WSGIEnvironment

import requests

from bench.results import Measure, timed
from bench.universe.index import NoPackageIndex, PackageIndex
from relengotron.decisions.remembering import Habits
from relengotron.engine.journal.database import Database
from relengotron.engine.relations import Known, RelationIndex
from relengotron.systems.inprocess import WsgiAdapter
from relengotron.systems.pdc.client import HttpPdc
from relengotron.systems.pdc.simulated import PdcState, wsgi_app
from relengotron.systems.pdc.simulated.state import ROW_COST_MEASURED, STALE_READS_MEASURED

SOURCES = 300
DRAWS = 5
MORE_DRAWS = 300
ARTIFACTS = 60
MOST_COLD, MOST_WARM = 4, 0
RELEASE = "fedora-24-updates"
KINDS = ("ImageIncludesRPM", "OSTreeIncludesRPM")
HABITS = Habits(fresh_for=timedelta(hours=12), usable_for=timedelta(hours=36))
BASE = "http://pdc.bench.fedoraproject.org"


class CountedPdc:
    """A PDC in which 60 artifacts contain these packages, each some of them; ``asked`` counts what is read there."""

    def __init__(self, packages: Sequence[str], random: Random) -> None:
        """Fill it through its own interface."""
        self.asked = 0
        self.rows = 0
        self._state = PdcState(stale_reads=STALE_READS_MEASURED)
        self._app = wsgi_app(self._state)
        self._session = requests.Session()
        self._session.mount(BASE, WsgiAdapter(self))
        self._fill(packages, random)

    @property
    def client(self) -> HttpPdc:
        """The way that the daemon takes."""
        return HttpPdc(BASE, self._session)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Count, and hand on."""
        self.asked += environ["REQUEST_METHOD"] == "GET"
        return self._app(environ, start_response)

    def _fill(self, packages: Sequence[str], random: Random) -> None:
        artifacts = [f"artifact-{number:02}" for number in range(ARTIFACTS)]
        self._post("products", {"short": "fedora", "name": "Fedora"})
        self._post("releases", {"name": "Fedora", "short": "fedora", "version": "24", "release_type": "updates"})
        self._post("global-components", [{"name": name} for name in (*packages, *artifacts)])
        kinds = [*((name, "rpm") for name in packages), *((name, "ostree") for name in artifacts)]
        rows = [{"name": name, "global_component": name, "release": RELEASE, "type": kind} for name, kind in kinds]
        ids = {row["name"]: row["id"] for row in self._post("release-components", rows)}
        for number, artifact in enumerate(artifacts):
            held = random.sample(packages, len(packages) // 10)
            ends = [({"id": ids[artifact]}, {"id": ids[name]}) for name in held]
            kind = KINDS[number % len(KINDS)]
            relationships = [{"type": kind, "from_component": one, "to_component": other} for one, other in ends]
            self.rows += len(self._post("release-component-relationships", relationships))

    def _post(self, resource: str, body: Any) -> Any:
        headers = {"Authorization": f"Token {self._state.token}"}
        answer = self._session.post(f"{BASE}/rest_api/v1/{resource}/", json=body, headers=headers, timeout=60)
        answer.raise_for_status()
        return answer.json()


@dataclass(frozen=True, slots=True)
class Round:
    """One push: how many packages, how many requests each time, and how long the index took in seconds."""

    packages: int
    rows: int
    cold: int
    warm: int
    after_restart: int
    warm_s: float


def measure(scratch: Path) -> Iterator[Measure]:
    """Several pushes, each with a journal and a PDC of its own; the worst of them counts."""
    sources, origin = _sources()
    rounds = [_round(scratch / f"{draw}.sqlite", sources, Random(f"push {draw}")) for draw in range(DRAWS)]
    sizes = [each.packages for each in rounds]
    note = f"the worst of {DRAWS} pushes of {SOURCES} sources from {origin}: {min(sizes)} to {max(sizes)} packages"
    slow = max(each.rows for each in rounds) * ROW_COST_MEASURED
    cold = f"{note}; a real PDC would need {slow:.0f} s for the rows of the largest; {_others(sources)}"
    yield Measure("pdc_requests_300_cold", max(each.cold for each in rounds), "requests", MOST_COLD, note=cold)
    yield Measure("pdc_requests_300_warm", max(each.warm for each in rounds), "requests", MOST_WARM, note=note)
    again = max(each.after_restart for each in rounds)
    yield Measure("pdc_requests_300_after_restart", again, "requests", MOST_WARM, note=note)
    took = statistics.median(each.warm_s for each in rounds) * 1000
    yield Measure("pdc_index_300_ms", took, "ms", note="the same question answered by the index, median")


def _round(journal: Path, sources: Mapping[str, Sequence[str]], random: Random) -> Round:
    drawn = random.sample(sorted(sources), SOURCES)
    packages = sorted({name for source in drawn for name in sources[source]})
    pdc = CountedPdc(packages, random)

    def asked(index: RelationIndex) -> int:
        before = pdc.asked
        told = len(_ask(index, packages).rows)
        if told != pdc.rows:
            raise AssertionError(f"the index tells {told} rows, PDC has {pdc.rows}")
        return pdc.asked - before

    database = Database(f"sqlite:///{journal}")
    index = RelationIndex(database, pdc.client, _now, HABITS)
    cold, warm = asked(index), asked(index)
    took = timed(lambda: _ask(index, packages))
    database.close()
    database = Database(f"sqlite:///{journal}")
    after_restart = asked(RelationIndex(database, pdc.client, _now, HABITS))
    database.close()
    return Round(len(packages), pdc.rows, cold, warm, after_restart, took)


def _others(sources: Mapping[str, Sequence[str]]) -> str:
    """What many more pushes would need: a few sources have hundreds of packages, and any draw may meet them."""
    pdc = HttpPdc("https://pdc.fedoraproject.org", requests.Session())
    needed = []
    for draw in range(MORE_DRAWS):
        drawn = Random(f"other {draw}").sample(sorted(sources), SOURCES)
        packages = sorted({name for source in drawn for name in sources[source]})
        needed.append(sum(1 for _ in pdc.questions(RELEASE, packages, KINDS)))
    few = sum(each <= MOST_COLD for each in needed) / MORE_DRAWS
    return f"of {MORE_DRAWS} more draws {few:.0%} need {MOST_COLD} at most, the largest {max(needed)}"


def _ask(index: RelationIndex, packages: Sequence[str]) -> Known:
    return index.containing(RELEASE, packages, KINDS)


def _sources() -> tuple[Mapping[str, Sequence[str]], str]:
    """By source package the names of all packages that are built from it, and where that is known from."""
    found: dict[str, list[str]] = {}
    try:
        for stanza in PackageIndex.of_this_machine().stanzas():
            name = stanza["Package"]
            found.setdefault(stanza.get("Source", name).split()[0], []).append(name)
    except NoPackageIndex:
        return _made_up(), "made-up names of the usual length"
    return found, f"this machine's package index ({len(found)} sources)"


def _made_up() -> Mapping[str, Sequence[str]]:
    """2,000 sources with 1.9 packages each and names of 17 letters, as distributions have on average."""
    random, number = Random("made up"), itertools.count(1)
    return {
        f"source-{source}": [
            f"{'lib' * random.randint(2, 4)}package-{next(number)}" for _ in range(random.choice((1, 1, 2, 2, 3)))
        ]
        for source in range(2000)
    }


def _now() -> datetime:
    return datetime.now(UTC)
