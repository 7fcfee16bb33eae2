"""Does a push come to its end in real processes, whatever happens to them?

Real fedmsg-hub, real ZeroMQ on loopback, real RPMs, trees and images; only the services are stand-ins.
"""

import signal
from pathlib import Path

import pytest

from relengotron.engine.journal.inbox import MessageState
from relengotron.lab.pushing import Push
from tests.process.labs import answers_of, assert_all_is_well, messages, small_lab, steps_of, until, wait_for_the_end


def test_a_hub_that_is_killed_in_the_middle_goes_on_as_if_nothing_had_happened(tmp_path: Path, packages: Path) -> None:
    with small_lab(tmp_path / "lab", packages) as lab:
        push = Push(lab)
        push.order()
        until(lambda: "ensure_artifacts_are_composed" in steps_of(lab), "composes have begun", lab)
        assert lab.hub.stop(signal.SIGKILL) == -signal.SIGKILL
        lab.hub.start()
        wait_for_the_end(lab, push)

        assert_all_is_well(push)


@pytest.mark.chaos
def test_hub_and_runner_share_the_work_over_postgresql(tmp_path: Path, packages: Path, postgres_url: str) -> None:
    with small_lab(tmp_path / "lab", packages, journal_url=postgres_url, mode="runner") as lab:
        push = Push(lab)
        push.order()
        until(lambda: "ensure_artifacts_are_composed" in steps_of(lab), "composes have begun", lab)
        assert lab.runner.stop(signal.SIGKILL) == -signal.SIGKILL
        before = messages(lab)
        until(
            lambda: messages(lab).get(MessageState.NEW, 0) > before.get(MessageState.NEW, 0),
            "the hub stores alone",
            lab,
        )
        lab.runner.start()
        wait_for_the_end(lab, push)

        assert_all_is_well(push)
        assert answers_of(lab) == {"bodhi-lab"}
        assert MessageState.PARKED not in messages(lab)


@pytest.mark.chaos
def test_on_a_signed_bus_a_hub_ends_cleanly_on_sigterm_and_the_next_one_goes_on(tmp_path: Path, packages: Path) -> None:
    with small_lab(tmp_path / "lab", packages, signed=True) as lab:
        push = Push(lab)
        push.order()
        until(lambda: "ensure_repos_are_mashed" in steps_of(lab), "the mash has begun", lab)
        assert lab.hub.stop(signal.SIGTERM) == 0
        lab.hub.start()
        wait_for_the_end(lab, push)
        until(lambda: push.is_over, "the end is heard: the lab believes only what is signed", lab)

        assert_all_is_well(push)
        assert answers_of(lab) == {"bodhi-lab"}
        assert "signatures are not validated" not in lab.hub.said()
        assert "invalid message" not in lab.hub.said()
