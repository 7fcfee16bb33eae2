"""How do we evaluate policies ourselves? The facts are read from ResultsDB and Bodhi, the rest is pure."""

from collections.abc import Collection, Mapping
from datetime import datetime

from relengotron.decisions import evaluating, requiring
from relengotron.decisions.evaluating import Facts
from relengotron.decisions.requiring import Demand
from relengotron.errors import MalformedInput, Transient
from relengotron.model.gate import Findings, Question, StoredResult
from relengotron.model.opinions import Opinions
from relengotron.systems.bodhi.port import Bodhi
from relengotron.systems.resultsdb.port import ResultsDb, TestResult

NAME = "own evaluation"


class OwnGate:
    """The engine that needs no other service than those where the facts are; who answers nonsense is down."""

    def __init__(self, resultsdb: ResultsDb, bodhi: Bodhi) -> None:
        self._resultsdb = resultsdb
        self._bodhi = bodhi

    def findings(self, question: Question) -> Findings:
        """Every demand of the policies, weighed by what ResultsDB and Bodhi say now."""
        demands = requiring.demands(question)
        return Findings(NAME, evaluating.evaluate(demands, self._facts(demands, question)))

    def identity(self) -> str:
        """Where the facts come from."""
        return f"{NAME} with {self._resultsdb.identity()}"

    def _facts(self, demands: Collection[Demand], question: Question) -> Facts:
        """Nothing is asked that none of the demands needs."""
        tests = [each for each in demands if requiring.result_of(each) is not None]
        rows, results_trouble = self._results(tests, question.since)
        opinions, bodhi_trouble = self._opinions([each for each in demands if requiring.needs_opinions(each)])
        return Facts(rows, opinions, results_trouble, bodhi_trouble, question.past)

    def _results(
        self, demands: Collection[Demand], since: Mapping[str, datetime]
    ) -> tuple[tuple[StoredResult, ...], str]:
        if not demands:
            return (), ""
        items = {each.requirement.item for each in demands}
        testcases = {name for each in demands if (name := requiring.result_of(each)) is not None}
        try:
            found = self._resultsdb.results_for(items, testcases)
        except (Transient, MalformedInput) as trouble:
            return (), str(trouble)
        return tuple(
            _stored(result, item)
            for result in found
            for item in result.data.get("item", ())
            if item in items and (item not in since or result.submitted >= since[item])
        ), ""

    def _opinions(self, demands: Collection[Demand]) -> tuple[dict[str, Opinions], str]:
        if not demands:
            return {}, ""
        try:
            found = self._bodhi.opinions(sorted({each.requirement.item for each in demands}))
        except (Transient, MalformedInput) as trouble:
            return {}, str(trouble)
        return {each.alias: each for each in found}, ""


def _stored(result: TestResult, item: str) -> StoredResult:
    return StoredResult(
        id=result.id,
        type=result.type,
        item=item,
        testcase=result.testcase,
        outcome=result.outcome.upper(),
        scenario=result.data.get("scenario", ()),
        architecture=result.data.get("system_architecture", ()),
        variant=result.data.get("system_variant", ()),
        ref_url=result.ref_url,
        note=result.note,
    )
