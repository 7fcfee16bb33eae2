"""What is everybody who waits asked about when no message comes? Each service once a round, about everything."""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime, timedelta

from relengotron.engine.poller import Source
from relengotron.systems.koji.port import Build, Koji
from relengotron.systems.resultsdb.port import ResultsDb
from relengotron.systems.world import World
from relengotron.workflows.judging import COMPOSE_TESTCASE

CLOCKS_DIFFER_BY = timedelta(minutes=5)
"""How far the clock of ResultsDB may be from ours; a look also takes a while."""


def sources(world: World, signing_keys: Iterable[str]) -> Mapping[str, Source]:
    """How each watched system is asked about everything at once."""
    return {
        "koji.task": finished_tasks(world.koji),
        "koji.build": SignedBuilds(world.koji, frozenset(signing_keys)),
        "resultsdb.item": items_with_results(world.resultsdb),
    }


def finished_tasks(koji: Koji) -> Source:
    """Tasks that have come to their end."""

    def news(tasks: Mapping[str, datetime]) -> Collection[str]:
        return {str(task) for task in koji.finished([int(task) for task in tasks])}

    return news


def items_with_results(resultsdb: ResultsDb) -> Source:
    """Items with results that are newer than the last look at them; our own announcements are no news to us."""

    def news(items: Mapping[str, datetime]) -> Collection[str]:
        since = min(items.values()) - CLOCKS_DIFFER_BY
        found = (each for each in resultsdb.results_since(since, items=items) if each.testcase != COMPOSE_TESTCASE)
        return {each.item for each in found if each.submitted > items[each.item] - CLOCKS_DIFFER_BY}

    return news


class SignedBuilds:
    """Builds that carry the signatures that somebody waits for; what a build consists of is asked once."""

    def __init__(self, koji: Koji, signing_keys: frozenset[str]) -> None:
        """Take Koji and the keys of all releases: a build is signed with the key of its own."""
        self._koji = koji
        self._keys = signing_keys
        self._known: dict[str, Build] = {}

    def __call__(self, builds: Mapping[str, datetime]) -> Collection[str]:
        """Those of these builds that are signed, or gone."""
        unknown = builds.keys() - self._known.keys()
        self._known = {nvr: build for nvr, build in self._known.items() if nvr in builds}
        self._known |= self._koji.builds(unknown) if unknown else {}
        gone = builds.keys() - self._known.keys()
        return gone | self._koji.signed(self._known.values(), self._keys)
