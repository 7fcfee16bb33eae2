"""Messages that are late, doubled, shuffled or lost: the world decides, and it ends the same."""

import pytest

from relengotron.model.run import RunState
from relengotron.systems.bus.simulated import Weather
from tests.builders import AnUpdate, an_update, our_request
from tests.stage.ending import Ending, ending_of
from tests.stories.conftest import MakeStage

UPDATE = an_update("bash-4.3.42-5.fc24")
OTHER = an_update("nano-2.6-1.fc24", request="stable")
STORM = Weather(lose=0.3, double=0.4, shuffle=True, longest_delay=240)


def ending_in(make_stage: MakeStage, *updates: AnUpdate, weather: Weather = Weather(), seed: int = 0) -> Ending:  # noqa: B008 - frozen
    stage = make_stage(*updates, weather=weather, seed=seed)
    stage.outside.bodhi.start_push()
    stage.news.clear()
    stage.receive(our_request(*updates, request_id="one"))
    stage.run_until_quiet()
    ending = ending_of(stage)
    stage.close()
    return ending


def is_alike(one: Ending, other: Ending) -> bool:
    """What Bodhi heard may be lost on the way; what happened may not differ."""
    return (one.runs, one.tasks, one.tags, one.results, one.files, one.trees, one.said) == (
        other.runs,
        other.tasks,
        other.tags,
        other.results,
        other.files,
        other.trees,
        other.said,
    )


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


@pytest.mark.parametrize("seed", range(3))
def test_shuffled_doubled_and_lost_messages_end_in_the_same_world(make_stage: MakeStage, seed: int) -> None:
    calm = ending_in(make_stage, UPDATE)

    assert is_alike(ending_in(make_stage, UPDATE, weather=STORM, seed=seed), calm)


@pytest.mark.crash
@pytest.mark.timeout(600)
def test_thirty_storms_end_in_the_same_world(make_stage: MakeStage) -> None:
    calm = ending_in(make_stage, UPDATE, OTHER)

    for seed in range(30):
        assert is_alike(ending_in(make_stage, UPDATE, OTHER, weather=STORM, seed=seed), calm), f"seed {seed}"
