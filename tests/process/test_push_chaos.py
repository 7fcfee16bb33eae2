"""Does a push come to the same end wherever its daemon is killed? Minutes long; `make chaos` runs it."""

import random
import signal
import time
from pathlib import Path

import pytest

from relengotron.lab.pushing import Push
from tests.process.account import Account
from tests.process.labs import assert_nothing_is_missing, small_lab, steps_of, until

STEPS = (
    "ensure_updates_are_eligible",
    "ensure_builds_are_in_target",
    "ensure_repos_are_mashed",
    "ensure_artifacts_are_composed",
    "ensure_tests_have_verdicts",
    "ensure_bits_are_live",
    "ensure_mirrors_know",
    "ensure_publication_is_seen_from_outside",
)
KILLS = 4
pytestmark = [pytest.mark.chaos, pytest.mark.timeout(300)]


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_a_hub_that_ends_at_any_step_goes_on(
    step: str, number: signal.Signals, tmp_path: Path, packages: Path, account: Account
) -> None:
    with small_lab(tmp_path / "lab", packages) as lab:
        push = Push(lab)
        push.order()
        until(lambda: step in steps_of(lab), step, lab)
        lab.hub.stop(number)
        lab.hub.start()
        assert_nothing_is_missing(lab, push, account)


@pytest.mark.parametrize("seed", range(3))
def test_a_runner_that_is_killed_again_and_again_comes_to_the_same_end(
    seed: int, tmp_path: Path, packages: Path, postgres_url: str, account: Account
) -> None:
    chance = random.Random(seed)
    with small_lab(tmp_path / "lab", packages, journal_url=postgres_url, mode="runner") as lab:
        push = Push(lab)
        push.order()
        for _ in range(KILLS):
            time.sleep(chance.uniform(0.2, 2.0))  # any moment is as good as any other: that is the point
            lab.runner.stop(signal.SIGKILL)
            lab.runner.start()
            lab.runner.wait_until_ready()
        assert_nothing_is_missing(lab, push, account)
