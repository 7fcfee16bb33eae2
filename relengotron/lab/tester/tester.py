"""What happens between the announcement of a compose and the verdict about it?"""

import logging
import subprocess
import tempfile
import threading
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, ClassVar

import createrepo_c
import requests

from relengotron.errors import RelengError, RequestRefused, Transient
from relengotron.lab.tester.compose import COMPOSE_TESTCASE, Compose
from relengotron.lab.tester.store import ComposeStore
from relengotron.lab.tester.testcases import TESTCASES, Question
from relengotron.lab.verify.report import Wrong
from relengotron.systems.resultsdb.port import NewResult, ResultsDb

log = logging.getLogger(__name__)

_TOPIC = "resultsdb.result.new"
_LONGEST_NOTE = 2000
_COULD_NOT_LOOK = (
    RelengError,
    OSError,
    ValueError,
    KeyError,
    subprocess.SubprocessError,
    requests.RequestException,
    createrepo_c.CreaterepoCError,
)


def _now() -> datetime:
    return datetime.now(UTC)


class Tester:
    """Tests every announced compose once per test case and stores the verdict; may be stopped at any moment.

    ``fail`` holds verdicts for a rehearsal, such as ``dist.repoclosure:f24-updates``: test case and artifact.
    """

    __test__: ClassVar[bool] = False

    def __init__(
        self,
        results: ResultsDb,
        store: ComposeStore,
        *,
        fail: Iterable[str] = (),
        testcases: Mapping[str, Mapping[str, Question]] = TESTCASES,
        look_back: timedelta = timedelta(days=1),
        now: Callable[[], datetime] = _now,
    ) -> None:
        self.fail = set(fail)
        self._results = results
        self._store = store
        self._testcases = testcases
        self._look_back = look_back
        self._now = now
        self._waiting: dict[int, Compose] = {}
        self._done: set[int] = set()
        self._lock = threading.Lock()
        self._wake = threading.Event()

    def hear(self, topic: str, body: Mapping[str, Any]) -> None:
        """Take note of a message; only announcements of composes matter, and nothing is tested yet."""
        if topic.endswith(_TOPIC):
            try:
                compose = Compose.from_message(body)
            except RelengError:
                log.warning("message is no result", extra={"topic": topic}, exc_info=True)
                return
            if compose is not None:
                self._take(compose)

    def poll(self) -> None:
        """Look for composes whose announcement got lost."""
        for result in self._results.results_since(self._now() - self._look_back):
            if result.testcase == COMPOSE_TESTCASE:
                self._take(Compose.from_result(result))

    def _take(self, compose: Compose) -> None:
        with self._lock:
            if compose.id not in self._done:
                self._waiting.setdefault(compose.id, compose)
                self._wake.set()

    def run_once(self) -> int:
        """Test everything that waits and return the number of verdicts stored.

        What ResultsDB cannot take now waits for the next time.
        """
        with self._lock:
            waiting = list(self._waiting.values())
            self._wake.clear()
        stored = 0
        for compose in waiting:
            try:
                stored += self._test(compose)
            except Transient:
                log.info("ResultsDB cannot be asked now", extra={"compose": compose.id}, exc_info=True)
                continue
            except RequestRefused:
                log.warning("ResultsDB refused a verdict", extra={"compose": compose.id}, exc_info=True)
            with self._lock:
                del self._waiting[compose.id]
                self._done.add(compose.id)
        return stored

    def run(self, stop: threading.Event, poll_every: timedelta = timedelta(seconds=10)) -> None:
        """Test until told to stop: at once when something was heard, and by polling."""
        while not stop.is_set():
            self._wake.wait(poll_every.total_seconds())
            if stop.is_set():
                return
            try:
                self.poll()
            except RelengError:
                log.info("ResultsDB cannot be asked now", exc_info=True)
            self.run_once()

    def wake(self) -> None:
        """End the present wait of ``run``."""
        self._wake.set()

    def _test(self, compose: Compose) -> int:
        kind = next(iter(compose.all("kind")), "")
        cases = self._testcases.get(kind)
        if not cases or not compose.all("item"):
            log.warning("compose of an unknown kind", extra={"compose": compose.id, "kind": kind})
            return 0
        known = {result.testcase for result in self._verdicts_of(compose, cases)}
        missing = {name: question for name, question in cases.items() if name not in known}
        for name, question in missing.items():
            outcome, note = self._judge(compose, name, question)
            self._results.store(self._verdict(compose, name, outcome, note))
        return len(missing)

    def _verdicts_of(self, compose: Compose, cases: Iterable[str]) -> Iterable[Any]:
        found = self._results.results_for([compose.one("item")], list(cases))
        return (result for result in found if not compose.group or compose.group in result.groups)

    def _judge(self, compose: Compose, name: str, question: Question) -> tuple[str, str]:
        artifact = next(iter(compose.all("artifact")), "")
        if f"{name}:{artifact}" in self.fail:
            return "FAILED", f"{name} of {artifact} was told to fail"
        try:
            with tempfile.TemporaryDirectory(prefix="relengotron-tester-") as scratch:
                return "PASSED", question(compose, self._store, Path(scratch))
        except Wrong as wrong:
            return "FAILED", str(wrong)
        except _COULD_NOT_LOOK as error:
            log.warning("a test could not be run", extra={"testcase": name, "artifact": artifact}, exc_info=True)
            return "NEEDS_INSPECTION", f"the test could not be run: {type(error).__name__}: {error}"

    def _verdict(self, compose: Compose, name: str, outcome: str, note: str) -> NewResult:
        return NewResult(
            testcase=name,
            outcome=outcome,
            group=compose.group or compose.one("relengotron_run"),
            note=note[:_LONGEST_NOTE],
            ref_url=compose.ref_url,
            data=compose.carried,
        )
