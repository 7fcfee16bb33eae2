"""Does the tester of the lab's gate really look at the bits that land? The demo shows it too, in the default suite."""

import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import koji
import pytest
import requests

from relengotron.lab.bits.build import Built
from relengotron.lab.rawhide import words
from relengotron.lab.rawhide.packages import BAD, DEPENDANT, FIXED, NEW_SONAME, RELEASED, nvr
from relengotron.lab.rawhide.seeding import build_rawhide
from relengotron.lab.tester.gate import GateTester
from relengotron.model.gate import BUILD
from relengotron.model.gated import BATCH
from relengotron.systems.inprocess import WsgiAdapter
from relengotron.systems.rest import RestService
from relengotron.systems.resultsdb.client import ResultsDbClient
from relengotron.systems.resultsdb.simulated import SimulatedResultsDb
from relengotron.systems.resultsdb.simulated import create_app as resultsdb_app

pytestmark = pytest.mark.chaos  # the packages of a small rawhide are built first
ROUND = "rawhide-0123456789ab"
URL = "http://results.lab"


@dataclass
class Rawhide:
    """What Koji says of its tag, whoever asks."""

    builds: list[str] = field(default_factory=lambda: [nvr(each) for each in RELEASED])

    def listTagged(self, _tag: str, **_how: Any) -> list[dict[str, str]]:
        return [{"nvr": each, "package_name": each.rsplit("-", 2)[0]} for each in self.builds]


@pytest.fixture(scope="module")
def rawhide(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Koji's store with all of it."""
    folder = tmp_path_factory.mktemp("rawhide")
    for build in build_rawhide(folder / "packages-as-built", lambda _done, _total: None):
        _import(folder, build)
    return folder


def _import(store: Path, build: Built) -> None:
    name, version, release = build.nvr.rsplit("-", 2)
    for rpm in build.rpms:
        arch = rpm.name.removesuffix(".rpm").rpartition(".")[2]
        place = store / "packages" / name / version / release / arch
        place.mkdir(parents=True, exist_ok=True)
        (place / rpm.name).hardlink_to(rpm)


@pytest.fixture
def resultsdb() -> ResultsDbClient:
    session = requests.Session()
    session.mount(URL, WsgiAdapter(resultsdb_app(SimulatedResultsDb(lambda: 1_478_000_000.0))))
    return ResultsDbClient(RestService(f"{URL}/api/v2.0", session))


@pytest.fixture
def tester(rawhide: Path, resultsdb: ResultsDbClient) -> GateTester:
    return GateTester(resultsdb, cast(koji.ClientSession, Rawhide()), rawhide)


def verdicts(
    tester: GateTester, resultsdb: ResultsDbClient, *builds: str, at: str = "now"
) -> dict[str, tuple[str, str]]:
    """By item the outcome and the note of what was stored when the daemon had asked for tests of these builds."""
    tests = [
        {"testcase": words.INSTALLS, "type": BUILD, "items": list(builds)},
        {"testcase": words.REPOCLOSURE, "type": BATCH, "items": [ROUND]},
    ]
    body = {"run": "20161101-100000-01234567", "at": at, "builds": [{"nvr": each} for each in builds], "tests": tests}
    tester.hear("relengotron.gate.batch.testing", body)
    _let_run(tester)
    return {each.item: (each.outcome, each.note) for each in resultsdb.results_for([*builds, ROUND], ())}


def _let_run(tester: GateTester) -> None:
    """Until nothing waits any more."""
    for wanted in tester._taken():
        tester.test(wanted)


def test_a_build_whose_scriptlet_fails_does_not_install_and_the_mended_one_does(
    tester: GateTester, resultsdb: ResultsDbClient
) -> None:
    found = verdicts(tester, resultsdb, nvr(BAD), nvr(FIXED))
    assert found[nvr(BAD)][0] == "FAILED"
    assert "Running %post for less" in found[nvr(BAD)][1]
    assert found[nvr(FIXED)] == ("PASSED", "1 packages install")


@pytest.mark.parametrize(
    ("alone", "why"),
    [(NEW_SONAME, "nothing provides libreadline.so.6"), (DEPENDANT, "nothing provides libreadline.so.7")],
)
def test_neither_of_two_that_need_one_another_fits_alone(
    tester: GateTester, resultsdb: ResultsDbClient, alone: Any, why: str
) -> None:
    outcome, note = verdicts(tester, resultsdb, nvr(alone))[ROUND]
    assert outcome == "FAILED"
    assert why in note


def test_both_together_fit(tester: GateTester, resultsdb: ResultsDbClient) -> None:
    assert verdicts(tester, resultsdb, nvr(NEW_SONAME), nvr(DEPENDANT))[ROUND][0] == "PASSED"


def test_the_same_message_heard_twice_stores_no_second_result(tester: GateTester, resultsdb: ResultsDbClient) -> None:
    for _ in range(2):
        verdicts(tester, resultsdb, nvr(FIXED))
    assert len(resultsdb.results_for([nvr(FIXED)], ())) == 1
    verdicts(tester, resultsdb, nvr(FIXED), at="later")
    assert len(resultsdb.results_for([nvr(FIXED)], ())) == 2


@pytest.mark.parametrize("strange", ["../../../etc-1-1", "no-such-build-1-1"])
def test_a_build_that_is_none_of_this_koji_fails(tester: GateTester, resultsdb: ResultsDbClient, strange: str) -> None:
    assert verdicts(tester, resultsdb, strange)[strange][0] == "FAILED"


def test_what_wants_no_tests_is_not_listened_to_and_a_stop_is_heard_at_once(tester: GateTester) -> None:
    tester.hear("relengotron.gate.batch.open", {"builds": []})
    assert tester._taken() == []
    stop = threading.Event()
    worker = threading.Thread(target=tester.run, args=(stop,))
    worker.start()
    stop.set()
    tester.wake()
    worker.join(timeout=2)
    assert not worker.is_alive()
