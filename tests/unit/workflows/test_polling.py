"""What the poll takes for news: ends of tasks, signatures, and results since the last look."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import requests

from relengotron.systems.inprocess import WsgiAdapter
from relengotron.systems.koji.port import Build, Rpm
from relengotron.systems.rest import RestService
from relengotron.systems.resultsdb.client import ResultsDbClient
from relengotron.systems.resultsdb.simulated import SimulatedResultsDb, create_app
from relengotron.workflows.judging import COMPOSE_TESTCASE
from relengotron.workflows.polling import CLOCKS_DIFFER_BY, SignedBuilds, finished_tasks, items_with_results

BASE = "http://resultsdb.sim"
NOW = datetime(2016, 11, 1, 12, tzinfo=UTC)


@dataclass
class Koji:
    """Knows some builds, which of them are signed, and counts what it is asked."""

    known: tuple[str, ...] = ()
    is_signed: set[str] = field(default_factory=set)
    over: frozenset[int] = frozenset()
    asked: list[set[str]] = field(default_factory=list)

    def builds(self, nvrs: Collection[str]) -> Mapping[str, Build]:
        self.asked.append(set(nvrs))
        return {nvr: Build(nvr, "bash", (Rpm(1, "bash", "1", "1", "src"),)) for nvr in nvrs if nvr in self.known}

    def signed(self, builds: Collection[Build], keys: Collection[str]) -> frozenset[str]:
        assert keys == {"deadbeef"}
        return frozenset(build.nvr for build in builds) & self.is_signed

    def finished(self, ids: Collection[int]) -> frozenset[int]:
        return frozenset(ids) & self.over


def test_tasks_that_are_over_are_news() -> None:
    koji = Koji(over=frozenset({2, 3}))
    assert finished_tasks(cast(Any, koji))({"1": NOW, "2": NOW}) == {"2"}


def test_a_build_is_news_when_it_is_signed_and_koji_is_asked_once_what_it_consists_of() -> None:
    koji = Koji(known=("a-1-1", "b-1-1"))
    source = SignedBuilds(cast(Any, koji), frozenset({"deadbeef"}))
    assert source({"a-1-1": NOW, "b-1-1": NOW}) == frozenset()
    koji.is_signed.add("b-1-1")
    assert source({"a-1-1": NOW, "b-1-1": NOW}) == {"b-1-1"}
    assert koji.asked == [{"a-1-1", "b-1-1"}]


def test_a_build_that_koji_does_not_know_any_more_is_news() -> None:
    source = SignedBuilds(cast(Any, Koji()), frozenset({"deadbeef"}))
    assert source({"gone-1-1": NOW}) == {"gone-1-1"}


def test_builds_that_nobody_waits_for_any_more_are_forgotten() -> None:
    koji = Koji(known=("a-1-1", "b-1-1"))
    source = SignedBuilds(cast(Any, koji), frozenset({"deadbeef"}))
    for waiting in ({"a-1-1": NOW}, {"b-1-1": NOW}, {"a-1-1": NOW}):
        source(waiting)
    assert koji.asked == [{"a-1-1"}, {"b-1-1"}, {"a-1-1"}]


def a_result(testcase: str, minutes: float) -> dict[str, datetime]:
    """What is news for a run that looked now, when this result came so many minutes after it."""
    db = SimulatedResultsDb(lambda: (NOW + timedelta(minutes=minutes)).timestamp())
    db.create_result({"testcase": testcase, "outcome": "PASSED", "data": {"item": "a", "type": "compose"}})
    with requests.Session() as session:
        session.mount(BASE, WsgiAdapter(create_app(db)))
        source = items_with_results(ResultsDbClient(RestService(f"{BASE}/api/v2.0", session)))
        return dict.fromkeys(source({"a": NOW, "b": NOW - timedelta(days=3)}), NOW)


def test_results_since_the_last_look_are_news_however_long_the_daemon_was_down() -> None:
    assert a_result("dist.depcheck", 60 * 24 * 7) == {"a": NOW}


def test_a_result_that_was_there_at_the_last_look_is_no_news() -> None:
    assert a_result("dist.depcheck", -CLOCKS_DIFFER_BY.total_seconds() / 60 - 1) == {}


def test_what_we_announced_ourselves_is_no_news() -> None:
    assert a_result(COMPOSE_TESTCASE, 1) == {}
