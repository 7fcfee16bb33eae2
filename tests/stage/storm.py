"""A push on a bad bus: messages lost, doubled, shuffled and hours late, and sent before they are true."""

import random
from collections.abc import Mapping
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

from relengotron.systems.bus.simulated import Weather
from tests.builders import an_update, our_request
from tests.stage.ending import Ending, ending_of
from tests.stage.hasty import LONGEST_COMMIT_S, HastyBuilder, HastyTester
from tests.stage.stage import Stage

BAD = Weather(lose=0.3, double=0.2, shuffle=True, longest_delay=2 * 3600)
UPDATES = (
    an_update("bash-4.3.42-5.fc24", alias="FEDORA-2016-00000000c1"),
    an_update("nano-2.6-1.fc25", alias="FEDORA-2016-00000000c2", release="F25", request="stable"),
)
"""Of two releases: what one lane ships must not depend on how far another has come."""
LOOKS_AT_MOST = 60
Order = tuple[str, Mapping[str, Any]]


def calm_ending(root: Path) -> Ending:
    """The same push on a calm day: Bodhi locks the updates first and speaks then."""
    with closing(Stage(root, UPDATES)) as stage:
        stage.outside.bodhi.start_push()
        stage.run_until_quiet()
        return ending_of(stage)


def ending_in_a_storm(root: Path, seed: int) -> Ending:
    """The same push in a bad week; the same seed makes the same week."""
    with closing(Stage(root, UPDATES, weather=BAD, seed=seed, is_remembered=True)) as stage:
        builder, tester = _hasty_hands(stage, seed)
        chance = random.Random(seed)
        stage.announce(*chance.choice((_titles(), _ours(seed))))
        bodhi_commits = partial(stage.in_silence, stage.outside.bodhi.start_push)
        stage.later(bodhi_commits, seconds=chance.uniform(0, LONGEST_COMMIT_S))
        for _ in range(LOOKS_AT_MOST):
            stage.run_until_quiet()
            if stage.is_at_rest() and not builder.is_about_to_commit and not tester.is_about_to_commit:
                return ending_of(stage)
            stage.clock.pass_by(minutes=5)
        raise AssertionError(f"it never comes to rest: {[(run.lane, run.state, run.reason) for run in stage.runs()]}")


def _hasty_hands(stage: Stage, seed: int) -> tuple[HastyBuilder, HastyTester]:
    outside, first, second = stage.outside, random.Random(seed + 1), random.Random(seed + 2)
    builder = HastyBuilder(outside.hub, stage.announce, first)
    tester = HastyTester(outside.results, stage.announce, stage.in_silence, stage.clock.seconds, second)
    outside.builder, outside.tester = builder, tester
    return builder, tester


def _titles() -> Order:
    return "bodhi.masher.start", {
        "updates": [",".join(each.builds) for each in UPDATES],
        "resume": False,
        "agent": "releng",
    }


def _ours(seed: int) -> Order:
    return "relengotron.push.request", our_request(*UPDATES, request_id=f"storm-{seed}")["msg"]
