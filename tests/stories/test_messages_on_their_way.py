"""Messages that are late, doubled, shuffled, lost or not true yet: the world decides, and it ends the same."""

import os
import time
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from relengotron.model.run import RunState
from tests.builders import an_update, our_request
from tests.conftest import Tell
from tests.crash.moments import a_place, differences
from tests.stage.ending import Ending
from tests.stage.storm import calm_ending, ending_in_a_storm
from tests.stories.conftest import MakeStage

UPDATE = an_update("bash-4.3.42-5.fc24")
OTHER = an_update("nano-2.6-1.fc24", request="stable")
STORMS, PIECES, FEW = 200, 8, 2
CHOSEN = os.environ.get("RELENGOTRON_STORM_SEED")


@pytest.fixture
def root() -> Iterator[Path]:
    with a_place() as place:
        yield place


@cache
def in_calm() -> Ending:
    with a_place() as place:
        return calm_ending(place)


def wrong_in(root: Path, seed: int) -> str:
    """What is not as on a calm day, and how to see it again; nothing when all is well."""
    try:
        told = differences(in_calm(), ending_in_a_storm(root / str(seed), seed))
    except AssertionError as error:
        told = str(error)
    return f"RELENGOTRON_STORM_SEED={seed}: {told}" if told else ""


@pytest.mark.parametrize("seed", [int(CHOSEN)] if CHOSEN else range(FEW))
def test_lost_doubled_shuffled_late_and_hasty_messages_end_in_the_same_world(root: Path, seed: int) -> None:
    assert not (wrong := wrong_in(root, seed)), wrong


@pytest.mark.crash
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("piece", range(PIECES))
def test_two_hundred_storms_end_in_the_same_world(tell: Tell, root: Path, piece: int) -> None:
    began = time.monotonic()
    seeds = range(piece, STORMS, PIECES)
    wrong = [told for seed in seeds if (told := wrong_in(root, seed))]
    tell(
        f"{len(seeds)} bad weeks on the bus (seeds {piece}, {piece + PIECES}, ...) in {time.monotonic() - began:.0f} s"
    )
    assert not wrong, "\n".join(wrong)


def test_a_push_finishes_when_no_message_but_its_request_comes(make_stage: MakeStage) -> None:
    stage = make_stage(UPDATE, OTHER)
    stage.outside.bodhi.start_push()
    stage.bus_is_cut = True
    stage.receive(our_request(UPDATE, OTHER))

    stage.run_until_quiet()

    assert [run.state for run in stage.runs()] == [RunState.DONE] * 3
    assert set(stage.inbox()) == {"handled"}


def test_a_request_that_comes_a_hundred_times_is_one_push(make_stage: MakeStage) -> None:
    stage = make_stage(UPDATE)
    stage.outside.bodhi.start_push()
    stage.news.clear()
    request = our_request(UPDATE, request_id="one")
    for number in range(100):
        stage.receive({**request, "msg_id": f"2016-copy-{number % 7}"})

    stage.run_until_quiet()

    assert len(stage.runs()) == 2
