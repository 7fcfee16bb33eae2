"""What becomes of builds that would take away what others in the target require?"""

import pytest

from relengotron.bootstrap import procedures
from tests.stage.gate_configuration import ARCH, GATE, QUARANTINE, REPO, TARGET
from tests.stage.gate_stage import GateStage
from tests.stories.conftest import MakeGate

FEW_TURNS = 12


@pytest.fixture
def stage(make_gate: MakeGate) -> GateStage:
    """Rawhide has a library and a program that needs it."""
    stage = make_gate(has_repos=True, gate={"wait_for_dependants": "2h"})
    stage.is_in_rawhide("libfoo-1-1", provides=["libfoo.so.1"])
    stage.is_in_rawhide("app-1-1", requires=["libfoo.so.1"])
    return stage


def test_a_build_that_breaks_nothing_goes_through(stage: GateStage) -> None:
    stage.build_lands("libfoo-2-1", provides=["libfoo.so.1"])

    stage.settle()

    assert stage.states() == {"libfoo-2-1": "accepted"}


def test_who_breaks_others_is_held_and_each_broken_package_is_named(stage: GateStage) -> None:
    stage.build_lands("libfoo-2-1", provides=["libfoo.so.2"])

    stage.settle()

    assert stage.states() == {"libfoo-2-1": "testing"}
    held = stage.said("gate.batch.hold")
    assert held[0]["missing"] == [f"app-1-1.{ARCH} requires libfoo.so.1, which nothing would provide any more ({ARCH})"]
    assert held[0]["command"].startswith("relengotron gate pass rawhide libfoo-2-1 ")
    assert held[0]["owner"]


def test_what_mends_it_is_brought_together_with_it(stage: GateStage) -> None:
    stage.build_lands("libfoo-2-1", provides=["libfoo.so.2"])
    stage.settle()
    stage.build_lands("app-2-1", requires=["libfoo.so.2"])

    stage.settle()

    assert stage.states() == {"libfoo-2-1": "accepted", "app-2-1": "accepted"}
    together = stage.row("app-2-1").batch
    assert together == stage.row("libfoo-2-1").batch
    assert stage.builds_in(QUARANTINE) == []


def test_what_requires_something_that_is_still_before_the_gate_goes_with_it(stage: GateStage) -> None:
    stage.build_lands("app-2-1", requires=["libbar.so.1"])
    stage.settle()
    assert stage.states() == {"app-2-1": "testing"}
    stage.build_lands("libbar-1-1", provides=["libbar.so.1"])

    stage.settle()

    assert set(stage.states().values()) == {"accepted"}


def test_after_the_wait_the_one_to_blame_is_in_quarantine_with_the_reason(stage: GateStage) -> None:
    stage.build_lands("libfoo-2-1", provides=["libfoo.so.2"])
    stage.build_lands("innocent-1-1")

    stage.settle()
    stage.wait(hours=3)
    stage.wait(minutes=3)

    assert stage.states() == {"libfoo-2-1": "quarantined", "innocent-1-1": "accepted"}
    assert "app-1-1" in stage.row("libfoo-2-1").reason
    assert stage.tags_of("libfoo-2-1") == {QUARANTINE}


def test_what_came_into_the_target_since_its_repo_was_made_counts(stage: GateStage) -> None:
    """App needs the library no more: rawhide's repo does not show that yet, Koji does."""
    stage.build_lands("app-2-1")
    stage.settle()
    stage.build_lands("libfoo-2-1", provides=["libfoo.so.2"])

    stage.settle()

    assert stage.states() == {"app-2-1": "accepted", "libfoo-2-1": "accepted"}


def test_what_left_the_target_since_its_repo_was_made_is_missed(stage: GateStage) -> None:
    stage.is_in_rawhide("libbar-1-1", provides=["libbar.so.1"])
    stage.move_by_hand("libbar-1-1", TARGET, None)
    stage.build_lands("app-2-1", requires=["libbar.so.1"])

    stage.settle()

    assert stage.states() == {"app-2-1": "testing"}


def test_what_needs_a_build_that_is_still_on_its_way_waits_until_it_has_landed(stage: GateStage) -> None:
    stage.outside.builder.is_away = True
    stage.build_lands("libbar-1-1", provides=["libbar.so.1"])
    take_some_turns(stage)
    assert stage.states() == {"libbar-1-1": "moving"}
    stage.build_lands("app-2-1", requires=["libbar.so.1"])
    take_some_turns(stage)
    assert stage.states()["app-2-1"] == "testing"
    (run,) = (run for run in stage.runs() if "app-2-1" in run.key or "app-2-1" in str(run.request))
    assert "until libbar-1-1 are in rawhide" in run.reason

    stage.outside.builder.is_away = False
    stage.settle()

    assert set(stage.states().values()) == {"accepted"}


def test_builds_that_mend_one_another_stay_together_when_a_batch_is_divided(stage: GateStage) -> None:
    stage.tester.guilty.add(frozenset({"bad-1-1"}))
    stage.build_lands("libfoo-2-1", side_tag="17", provides=["libfoo.so.2"])
    stage.build_lands("app-2-1", side_tag="17", requires=["libfoo.so.2"])
    for nvr in ("bad-1-1", "other-1-1"):
        stage.build_lands(nvr, side_tag="17")

    stage.settle()

    assert stage.states() == {
        "libfoo-2-1": "accepted",
        "app-2-1": "accepted",
        "bad-1-1": "quarantined",
        "other-1-1": "accepted",
    }
    assert ("app-2-1", "libfoo-2-1") in [tuple(sorted(each)) for each in stage.tester.rounds]


def test_two_people_let_a_build_through_whatever_it_breaks(stage: GateStage) -> None:
    stage.build_lands("libfoo-2-1", provides=["libfoo.so.2"])
    stage.settle()
    for agent in ("alice", "bob"):
        stage.says("gate.pass", agent, gate=GATE, builds=["libfoo-2-1"], reason="app follows tomorrow")

    stage.settle()

    assert stage.states() == {"libfoo-2-1": "accepted"}


def take_some_turns(stage: GateStage) -> None:
    for _ in range(FEW_TURNS):
        stage.turn()


def test_a_repo_that_cannot_be_read_lets_nothing_through(stage: GateStage) -> None:
    (stage.root / "pub" / REPO / "repodata" / "repomd.xml").rename(stage.root / "away.xml")
    stage.build_lands("libfoo-2-1", provides=["libfoo.so.1"])

    take_some_turns(stage)
    assert stage.states() == {"libfoo-2-1": "testing"}
    (stage.root / "away.xml").rename(stage.root / "pub" / REPO / "repodata" / "repomd.xml")
    stage.settle()

    assert stage.states() == {"libfoo-2-1": "accepted"}


def test_packages_that_cannot_be_read_let_nothing_through(stage: GateStage) -> None:
    stage.build_lands("libfoo-2-1", provides=["libfoo.so.1"])
    away = stage.root / "away"
    (stage.root / "koji" / "packages").rename(away)

    take_some_turns(stage)

    assert stage.states() == {"libfoo-2-1": "testing"}


def test_nobody_waits_for_a_mirror_while_others_wait_to_decide(
    stage: GateStage, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []

    class Turn:
        """One batch decides at a time; what it asks the mirror meanwhile all others wait for."""

        def __enter__(self) -> None:
            asked.append(-len(stage.outside.mirror.calls))

        def __exit__(self, *_trouble: object) -> None:
            asked[-1] += len(stage.outside.mirror.calls)

    monkeypatch.setattr(procedures, "Lock", Turn)
    stage.restart()
    stage.build_lands("libfoo-2-1", provides=["libfoo.so.1"])
    stage.settle()

    assert (stage.states(), asked) == ({"libfoo-2-1": "accepted"}, [0])
