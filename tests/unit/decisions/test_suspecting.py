"""Who is to blame for what a batch's tests say?"""

import pytest

from relengotron.decisions.suspecting import Said, found_bad, suspects
from relengotron.model.gate import GateAnswer, Reason, Requirement, RequirementState, Verdict
from relengotron.model.gated import Suspicion

BASH, NANO = "bash-4.3.42-5.fc26", "nano-2-1.fc26"
PACKAGES = {BASH: "bash", NANO: "nano"}
ROUND = "rawhide-ab12cd34ef56.1"


def a_reason(
    item: str = ROUND,
    kind: str = "koji_batch",
    state: RequirementState = RequirementState.FAILED,
    testcase: str = "dist.boots",
    note: str = "",
) -> Reason:
    requirement = Requirement("rawhide-ab12cd34ef56" if kind == "koji_batch" else item, item, testcase, kind)
    return Reason(requirement, state, Verdict.CLOSED, 7, note=note)


def blamed(*reasons: Reason, said: tuple[Said, ...] = (), packages: dict[str, str] = PACKAGES) -> list[Suspicion]:
    return list(suspects(GateAnswer(Verdict.CLOSED, reasons), packages, said))


def names(found: list[Suspicion]) -> list[str]:
    return [each.nvr for each in found]


def test_a_build_whose_own_test_failed_is_to_blame() -> None:
    [found] = blamed(a_reason(NANO, "koji_build", testcase="dist.rpmdeplint", note="2 errors"))

    assert found == Suspicion(NANO, "dist.rpmdeplint failed (2 errors)", ("dist.rpmdeplint",), (7,), (NANO,))


def test_of_a_log_that_a_tester_put_into_its_note_one_short_line_is_quoted() -> None:
    [found] = blamed(a_reason(NANO, "koji_build", note="2 errors:\n  first" + "\nmore" * 1000))

    assert found.reason.startswith("dist.boots failed (2 errors: first more more")
    assert found.reason.endswith("…)")
    assert len(found.reason) < 350


@pytest.mark.parametrize(
    "data",
    [
        {"nvr": (NANO,)},
        {"build": (NANO,)},
        {"package": ("nano",)},
        {"packages": ("vim nano",)},
        {"nvrs": (f"vim-1-1.fc26,{NANO}",)},
        {"item": (ROUND, NANO)},
        {"items": (f"{NANO}.x86_64.rpm",)},
        {"suspects": (f"{NANO}.x86_64",)},
    ],
)
def test_a_build_that_a_failed_test_of_the_batch_names_is_to_blame(data: dict[str, tuple[str, ...]]) -> None:
    [found] = blamed(a_reason(), said=(Said(7, "dist.boots", data),))

    assert found.nvr == NANO
    assert found.results == (7,)
    assert found.items == (ROUND,)
    assert found.reason == "dist.boots failed with rawhide-ab12cd34ef56"


@pytest.mark.parametrize(
    "data", [{}, {"item": (ROUND,)}, {"package": ("vim",)}, {"package": ("",)}, {"log": (NANO,)}, {"nvr": ("na",)}]
)
def test_a_result_that_names_nobody_of_the_batch_blames_nobody(data: dict[str, tuple[str, ...]]) -> None:
    assert blamed(a_reason(), said=(Said(7, "dist.boots", data),)) == []


def test_a_package_whose_name_begins_like_that_of_another_is_not_taken_for_it() -> None:
    packages = {"python3-3.6.0-1.fc26": "python3", "python3.11-3.11.0-1.fc26": "python3.11"}

    found = blamed(a_reason(), said=(Said(7, "dist.boots", {"package": ("python3.11",)}),), packages=packages)

    assert names(found) == ["python3.11-3.11.0-1.fc26"]


def test_a_batch_of_one_build_needs_no_naming() -> None:
    assert names(blamed(a_reason(), packages={BASH: "bash"})) == [BASH]


def test_what_is_said_of_a_test_that_was_waived_blames_nobody() -> None:
    waived = a_reason(state=RequirementState.WAIVED)

    assert blamed(waived, said=(Said(7, "dist.boots", {"nvr": (NANO,)}),)) == []


@pytest.mark.parametrize(
    "state",
    [
        RequirementState.MISSING,
        RequirementState.ERRORED,
        RequirementState.FROZEN,
        RequirementState.BLOCKED,
        RequirementState.SOURCE_DOWN,
        RequirementState.POLICY_MISSING,
    ],
)
def test_what_nobody_found_bad_makes_nobody_suspect(state: RequirementState) -> None:
    answer = GateAnswer(Verdict.CLOSED, (a_reason(BASH, "koji_build", state), a_reason(state=state)))

    assert found_bad(answer, "koji_build") == ()
    assert suspects(answer, PACKAGES, ()) == ()


def test_both_reasons_are_told_of_a_build_that_failed_alone_and_in_the_batch() -> None:
    said = Said(9, "dist.boots", {"package": ("bash",)})
    [found] = blamed(a_reason(BASH, "koji_build", testcase="dist.lint"), a_reason(), said=(said,))

    assert found.testcases == ("dist.lint", "dist.boots")
    assert found.results == (7, 9)
    assert found.items == (BASH, ROUND)
