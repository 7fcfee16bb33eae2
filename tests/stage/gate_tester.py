"""A tester made of paper for what stands at a gate: it hears which batch wants tests, and posts results.

What is in the target is tested together with the batch, as real integration tests would do it: a pair of builds that
break each other is guilty whichever of them came first.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from relengotron.model.gate import BUILD
from relengotron.model.gated import BATCH
from relengotron.systems.resultsdb.simulated import SimulatedResultsDb
from tests.stage.gate_configuration import BATCH_TEST, BUILD_TEST

PASSED, FAILED = "PASSED", "FAILED"


@dataclass
class Round:
    """Some tests that were asked for; without an item there is no test of all the builds together."""

    builds: tuple[str, ...]
    item: str | None
    untested: set[str]
    is_over: bool = False


@dataclass
class GateTester:
    """Every build and every batch passes, unless one of the words below says otherwise."""

    results: SimulatedResultsDb
    in_target: Callable[[], frozenset[str]]
    tests: Mapping[str, str] = field(default_factory=lambda: {BUILD: BUILD_TEST, BATCH: BATCH_TEST})
    bad: set[str] = field(default_factory=set)
    """Builds whose own test fails."""
    guilty: set[frozenset[str]] = field(default_factory=set)
    """Builds that break a batch when all of a set are in it, or some in it and the others in the target."""
    names_them: bool = False
    """Whether the failing test of a batch says which builds are to blame."""
    flaky: dict[str, list[str]] = field(default_factory=dict)
    """Per build, or per batch by its sorted builds joined by spaces, the outcomes of the next tests, in order."""
    silent: set[str] = field(default_factory=set)
    """Builds whose tests, and those of a batch with them, do not come to an end while they are in here."""
    rounds: list[tuple[str, ...]] = field(default_factory=list)
    """Which builds were tested together, in order."""
    under_way: list[Round] = field(default_factory=list)

    def hear(self, topic: str, body: Mapping[str, Any]) -> None:
        """A message of the daemon comes by."""
        if topic == "gate.batch.testing":
            builds = tuple(sorted(each["nvr"] for each in body["builds"]))
            self.rounds.append(builds)
            self.under_way.append(Round(builds, body["item"], set(builds) if BUILD in self.tests else set()))
        if topic == "gate.build.retry":
            self.under_way.append(Round((body["nvr"],), None, {body["nvr"]}))

    def work(self) -> int:
        """Go on with every round of tests; how many results there were."""
        posted = sum(map(self._go_on, self.under_way))
        self.under_way = [each for each in self.under_way if not each.is_over]
        return posted

    def post(self, item: str, outcome: str = PASSED, type_: str = BUILD, **more: list[str]) -> int:
        """Store one result; its number."""
        body = {"testcase": self.tests[type_], "outcome": outcome, "data": {"item": [item], "type": [type_], **more}}
        return int(self.results.create_result(body)["id"])

    def _go_on(self, round_: Round) -> int:
        loud = sorted(round_.untested - self.silent)
        for nvr in loud:
            self.post(nvr, self._outcome(nvr, FAILED if nvr in self.bad else PASSED))
        round_.untested -= set(loud)
        round_.is_over = not self.silent & set(round_.builds)
        if round_.is_over and round_.item is not None and BATCH in self.tests:
            self._test_batch(round_.builds, round_.item)
            return len(loud) + 1
        return len(loud)

    def _test_batch(self, builds: tuple[str, ...], item: str) -> None:
        blamed = self.blamed(builds)
        outcome = self._outcome(" ".join(builds), FAILED if blamed else PASSED)
        more = {"nvr": sorted(blamed)} if blamed and self.names_them else {}
        self.post(item, outcome, BATCH, **more)

    def blamed(self, builds: tuple[str, ...]) -> frozenset[str]:
        """The builds of the batch that break it."""
        together, there = frozenset(builds), self.in_target()
        return frozenset(nvr for each in self.guilty if each <= together | there for nvr in each & together)

    def _outcome(self, what: str, expected: str) -> str:
        coming = self.flaky.get(what)
        return coming.pop(0) if coming else expected
