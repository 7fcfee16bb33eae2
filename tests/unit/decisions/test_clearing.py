"""Which results clear a build that tests had made suspect?"""

from datetime import UTC, datetime

import pytest

from relengotron.decisions import evaluating, requiring
from relengotron.decisions.clearing import question_about, still_speaking_against, why_cleared
from relengotron.decisions.evaluating import Facts
from relengotron.model.gate import StoredResult
from relengotron.model.gated import Quarantine, Suspicion

NOW = datetime(2016, 11, 1, tzinfo=UTC)
NVR, BATCH = "bash-5.0-1.fc26", "rawhide-0.1"
BUILD_FAILED = StoredResult(10, "koji_build", NVR, "dist.build", "FAILED")
BATCH_FAILED = StoredResult(11, "koji_batch", BATCH, "dist.batch", "FAILED")


def cleared_by(*news: StoredResult, tests: tuple[str, ...] = ("dist.build",)) -> str | None:
    """The newest result comes first; the failed ones were there before."""
    suspicion = Suspicion(NVR, "it failed", tests, (10, 11), (NVR, BATCH))
    kept = Quarantine("rawhide", NVR, "bash", "alice", suspicion, "rawhide-0")
    demands = requiring.demands(question_about(kept, "fedora-rawhide", NOW))
    return why_cleared(kept, evaluating.evaluate(demands, Facts((*news, BUILD_FAILED, BATCH_FAILED))))


def result(number: int, testcase: str, outcome: str = "PASSED", item: str = NVR) -> StoredResult:
    return StoredResult(number, "koji_batch" if item == BATCH else "koji_build", item, testcase, outcome)


def test_the_results_that_made_it_suspect_clear_nothing() -> None:
    assert cleared_by() is None


@pytest.mark.parametrize("outcome", ["PASSED", "INFO"])
def test_a_newer_good_result_clears_it_and_is_named(outcome: str) -> None:
    assert cleared_by(result(12, "dist.build", outcome)) == "dist.build has passed (result 12)"


@pytest.mark.parametrize("outcome", ["FAILED", "RUNNING", "QUEUED", "NEEDS_INSPECTION", "ERROR", "WHATEVER"])
def test_any_other_newer_result_clears_nothing(outcome: str) -> None:
    assert cleared_by(result(12, "dist.build", outcome)) is None


def test_the_newest_result_counts() -> None:
    assert cleared_by(result(13, "dist.build", "FAILED"), result(12, "dist.build")) is None


def test_every_test_that_made_it_suspect_must_speak_for_it() -> None:
    tests = ("dist.build", "dist.batch")
    assert cleared_by(result(12, "dist.build"), tests=tests) is None
    both = cleared_by(result(13, "dist.batch", item=BATCH), result(12, "dist.build"), tests=tests)
    assert both == "dist.build has passed (result 12); dist.batch has passed (result 13)"


def test_a_test_of_the_batch_may_be_done_again_for_the_build_alone() -> None:
    assert cleared_by(result(12, "dist.batch"), tests=("dist.batch",)) == "dist.batch has passed (result 12)"


def test_each_architecture_must_pass() -> None:
    bad = StoredResult(13, "koji_build", NVR, "dist.build", "FAILED", architecture=("arm",))
    good = StoredResult(12, "koji_build", NVR, "dist.build", "PASSED", architecture=("x86",))
    assert cleared_by(bad, good) is None


def test_what_no_test_made_suspect_is_cleared_by_none() -> None:
    assert cleared_by(result(12, "dist.build"), tests=()) is None


def test_what_was_tried_again_in_vain_is_said_and_what_was_known_before_is_not() -> None:
    suspicion = Suspicion(NVR, "it failed", ("dist.build",), (10,), (NVR,))
    kept = Quarantine("rawhide", NVR, "bash", "alice", suspicion, None)
    demands = requiring.demands(question_about(kept, "fedora-rawhide", NOW))
    before = evaluating.evaluate(demands, Facts((BUILD_FAILED,)))
    after = evaluating.evaluate(demands, Facts((result(12, "dist.build", "FAILED"), BUILD_FAILED)))
    assert still_speaking_against(kept, before) == ()
    assert still_speaking_against(kept, after) == ("tried again: dist.build failed (result 12)",)
