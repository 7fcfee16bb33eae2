"""A push whose machine dies at any moment ends in the same world: nothing lost, nothing twice."""

import os
import shutil
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import koji
import pytest

from relengotron.errors import PowerCut
from relengotron.systems.mischief import Kind, Rule
from tests.builders import an_update, our_request
from tests.conftest import Tell
from tests.stage.ending import Ending, ending_of
from tests.stage.outside import EFFECTS_OF_KOJI, changes_koji, methods_in
from tests.stage.stage import Stage

UPDATE = an_update("bash-4.3.42-5.fc24", alias="FEDORA-2016-0123456789")
SEED = int(os.environ.get("RELENGOTRON_CRASH_SEED", "0"))
EVERY = 80
"""The default suite cuts the power at each of the calm push's moments that is ``SEED`` modulo this."""


@pytest.fixture(autouse=True)
def nobody_really_sleeps(monkeypatch: pytest.MonkeyPatch) -> None:
    """Koji's client waits a second before it asks again; the disk need not really spin."""
    monkeypatch.setattr(koji.time, "sleep", lambda _seconds: None)
    monkeypatch.setattr(os, "fsync", lambda _descriptor: None)


@pytest.fixture
def root(tmp_path: Path) -> Iterator[Path]:
    """A place in memory where there is one: the power is cut in the story only."""
    memory = Path("/dev/shm")
    place = memory / f"relengotron-{os.getpid()}-{tmp_path.name}" if memory.is_dir() else tmp_path
    yield place
    shutil.rmtree(place, ignore_errors=True)


def live_through(root: Path, prepare: Callable[[Stage], None]) -> tuple[Stage, Ending, bool]:
    """Push one update; when the power goes the machine starts again and the request is sent once more."""
    shutil.rmtree(root, ignore_errors=True)
    stage = Stage(root, [UPDATE])
    stage.outside.bodhi.start_push()
    stage.news.clear()
    stage.power.names.clear()
    stage.power.effects = 0
    prepare(stage)
    request = our_request(UPDATE, request_id="one")
    was_cut = False
    try:
        stage.receive(request)
        stage.run_until_quiet()
    except PowerCut:
        was_cut = True
        stage.restart()
        stage.receive(request)
        stage.run_until_quiet()
    ending = ending_of(stage)
    stage.close()
    return stage, ending, was_cut


def cut_at(moment: int) -> Callable[[Stage], None]:
    """Odd moments lie before an effect, even ones after it."""

    def prepare(stage: Stage) -> None:
        if moment % 2:
            stage.power.cut_before = (moment + 1) // 2
        else:
            stage.power.cut_after = moment // 2

    return prepare


def calm(root: Path) -> tuple[Stage, Ending]:
    stage, ending, was_cut = live_through(root, lambda stage: None)
    assert not was_cut
    assert ending.runs[("push_updates", "F24/testing", "done")] == 1
    assert set(ending.tasks.values()) == {1}
    assert not ending.leftovers
    return stage, ending


def check_moments(tell: Tell, root: Path, moments: Callable[[int], range]) -> None:
    stage, expected = calm(root)
    chosen = moments(2 * stage.power.effects)
    began, names = time.monotonic(), list(stage.power.names)
    for moment in chosen:
        _, ending, was_cut = live_through(root, cut_at(moment))
        where = f"moment {moment}, {'before' if moment % 2 else 'after'} effect {(moment + 1) // 2}"
        assert was_cut, f"the power never went at {where}"
        assert not (wrong := differences(expected, ending)), f"the power went at {where}: {wrong}"
    seconds = time.monotonic() - began
    tell(
        f"\nthe power was cut at {len(chosen)} of {2 * stage.power.effects} moments"
        f" ({len(names)} commits and disk changes named) in {seconds:.0f} s, effects doubled: 0"
    )


def differences(expected: Ending, found: Ending) -> str:
    """What is not as in the calm world."""
    return "\n".join(
        f"{name}: missing {_less(expected, found, name)}, too much {_less(found, expected, name)}"
        for name in Ending.__dataclass_fields__
        if getattr(expected, name) != getattr(found, name)
    )


def _less(one: Ending, other: Ending, name: str) -> object:
    ours, theirs = getattr(one, name), getattr(other, name)
    if isinstance(ours, Counter):
        return ours - theirs
    if isinstance(ours, dict):
        return {key: value for key, value in ours.items() if theirs.get(key) != value}
    return ours


def test_a_push_survives_a_power_cut_at_some_of_its_moments(tell: Tell, root: Path) -> None:
    check_moments(tell, root, lambda last: range(1 + SEED % EVERY, last + 1, EVERY))


@pytest.mark.crash
@pytest.mark.timeout(3600)
def test_a_push_survives_a_power_cut_at_every_moment(tell: Tell, root: Path) -> None:
    check_moments(tell, root, lambda last: range(1, last + 1))


def test_a_push_survives_a_power_cut_after_some_requests_that_change_something(tell: Tell, root: Path) -> None:
    check_requests(tell, root, "after", every=3)


@pytest.mark.crash
@pytest.mark.timeout(600)
@pytest.mark.parametrize("verb", ["before", "after"])
def test_a_push_survives_a_power_cut_at_every_request_that_changes_something(tell: Tell, root: Path, verb: str) -> None:
    check_requests(tell, root, verb, every=1)


def check_requests(tell: Tell, root: Path, verb: str, every: int) -> None:
    stage, expected = calm(root)
    count = sum(changes_koji(call) for call in stage.outside.koji.calls) + stage.outside.resultsdb.count("POST")
    began = time.monotonic()
    numbers = range(1 + SEED % every, count + 1, every)
    for number in numbers:
        _, ending, was_cut = live_through(root, die_at(verb, number))
        assert was_cut
        assert not (wrong := differences(expected, ending)), f"{verb} request {number}: {wrong}"
    seconds = time.monotonic() - began
    tell(f"\nthe power was cut {verb} {len(numbers)} of {count} requests in {seconds:.0f} s")


def die_at(verb: str, number: int) -> Callable[[Stage], None]:
    """The power goes before or after the n-th request that changes Koji or ResultsDB."""
    seen: list[object] = []

    def cut(call: object) -> None:
        seen.append(call)
        if len(seen) == number:
            raise PowerCut(f"{verb} request {number}")

    def prepare(stage: Stage) -> None:
        for service in (stage.outside.koji, stage.outside.resultsdb):
            (service.before_effect if verb == "before" else service.after_effect).append(cut)

    return prepare


def test_an_answer_that_is_lost_is_never_asked_for_twice(tell: Tell, root: Path) -> None:
    check_lost_answers(tell, root, Kind.LOST_ANSWER, every=4)


@pytest.mark.crash
@pytest.mark.timeout(600)
@pytest.mark.parametrize("kind", [Kind.LOST_ANSWER, Kind.HALF, Kind.STATUS])
def test_no_answer_that_is_lost_is_asked_for_twice(tell: Tell, root: Path, kind: Kind) -> None:
    check_lost_answers(tell, root, kind, every=1)


def check_lost_answers(tell: Tell, root: Path, kind: Kind, every: int) -> None:
    """Lose the answer to each request that changes something, once."""
    stage, expected = calm(root)
    chosen = [
        ("koji", f"{method}<", skip)
        for method in sorted({each for call in stage.outside.koji.calls for each in methods_in(call)})
        if method in EFFECTS_OF_KOJI
        for skip in range(sum(method in methods_in(call) for call in stage.outside.koji.calls))
    ]
    chosen += [("resultsdb", "testcase", skip) for skip in range(stage.outside.resultsdb.count("POST"))]
    for service, body, skip in chosen[SEED % every :: every]:

        def lose(stage: Stage, service: str = service, body: str = body, skip: int = skip) -> None:
            stage.outside.services[service].misbehave(Rule(kind, method="POST", body=body, skip=skip, status=500))

        _, ending, _ = live_through(root, lose)
        assert not (wrong := differences(expected, ending)), f"{service} {body} {skip}: {wrong}"
    tell(f"\n{len(chosen[SEED % every :: every])} of {len(chosen)} answers were lost ({kind.name})")


# -- calling a push off ----------------------------------------------------------------------------------------------


def call_off(root: Path, prepare: Callable[[Stage], None]) -> tuple[Stage, Ending, bool]:
    """Push until the bits are live but not seen, then call it off; the power goes during the way back."""
    shutil.rmtree(root, ignore_errors=True)
    stage = Stage(root, [UPDATE])
    stage.start_push()
    hidden = stage.outside.mirror.misbehave(Rule(Kind.STATUS, status=404, times=None))
    for _ in range(16):
        stage.turn()
    stage.outside.mirror.rules.remove(hidden)
    stage.wish("cancel", stage.push("F24/testing"))
    stage.power.effects = 0
    prepare(stage)
    was_cut = False
    try:
        stage.run_until_quiet()
    except PowerCut:
        was_cut = True
        stage.restart()
        stage.run_until_quiet()
    ending = ending_of(stage)
    stage.close()
    return stage, ending, was_cut


def check_calling_off(tell: Tell, root: Path, every: int) -> None:
    stage, expected, _ = call_off(root, lambda stage: None)
    assert expected.runs[("push_updates", "F24/testing", "cancelled")] == 1
    assert expected.tags["bash-4.3.42-5.fc24"] == ("f24-updates-candidate",)
    assert not [path for path in expected.files if path.endswith(("repomd.xml", "CHECKSUM"))]
    moments = range(1 + SEED % every, 2 * stage.power.effects + 1, every)
    for moment in moments:
        _, ending, was_cut = call_off(root, cut_at(moment))
        assert was_cut
        assert not (wrong := differences(expected, ending)), f"moment {moment}: {wrong}"
    tell(f"\nthe power was cut at {len(moments)} of {2 * stage.power.effects} moments of the way back")


def test_the_way_back_survives_a_power_cut_at_some_of_its_moments(tell: Tell, root: Path) -> None:
    check_calling_off(tell, root, every=50)


@pytest.mark.crash
@pytest.mark.timeout(1800)
def test_the_way_back_survives_a_power_cut_at_every_moment(tell: Tell, root: Path) -> None:
    check_calling_off(tell, root, every=1)
