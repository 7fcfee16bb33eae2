"""Does the doctor see beforehand what would keep builds before a gate?"""

from collections.abc import Mapping
from typing import Any

import pytest

from relengotron.examination import gates
from relengotron.examination.finding import Finding
from tests.stage.gate_configuration import BUILD_ROOT, PENDING, QUARANTINE, TARGET
from tests.stage.gate_stage import GateStage
from tests.stories.conftest import MakeGate


def told_by(stage: GateStage) -> Mapping[str, Finding]:
    found = list(gates.findings(stage.settings, stage.outside.open(stage.settings), stage.clock()))
    assert len({each.name for each in found}) == len(found)
    assert all(each.remedy for each in found if not each.ok or each.is_note)
    return {each.name.removeprefix("gate rawhide: "): each for each in found}


def red(stage: GateStage) -> dict[str, str]:
    return {name: each.fact for name, each in told_by(stage).items() if not each.ok}


@pytest.fixture
def stage(make_gate: MakeGate) -> GateStage:
    """A gate in order, with one build before it."""
    stage = make_gate(has_repos=True)
    hub = stage.outside.hub
    hub.call("admin", "addHostToChannel", "builder1", "createrepo", create=True)
    hub.call("builder1", "host.updateHost", 0.0, True)
    stage.build_lands("bash-4-1")
    return stage


def call(stage: GateStage, method: str, *words: Any, **named: Any) -> None:
    stage.outside.hub.call("admin", method, *words, **named)


def test_all_is_green_at_a_gate_in_order(stage: GateStage) -> None:
    found = told_by(stage)
    assert {name: each.fact for name, each in found.items() if not each.ok or each.is_note} == {}
    assert set(found) == {
        "koji tags",
        f"{PENDING} to {TARGET}",
        f"{PENDING} to {QUARANTINE}",
        f"{QUARANTINE} to {PENDING}",
        "package lists",
        "builders of channel default",
        "builders of channel createrepo",
        "repos are made anew",
        "repos",
        "policies",
    }


def test_a_locked_tag_a_missing_one_and_a_silent_builder_are_red(stage: GateStage) -> None:
    call(stage, "editTag2", TARGET, locked=True)
    call(stage, "disableHost", "builder1")
    found = red(stage)
    assert found["koji tags"] == f"{TARGET} is locked"
    assert "locked" in found[f"{PENDING} to {TARGET}"]
    assert f"{PENDING} to {QUARANTINE}" not in found
    assert "no builder is alive" in found["builders of channel default"]
    call(stage, "deleteTag", BUILD_ROOT)
    assert red(stage)["koji tags"] == f"Koji has no tag {BUILD_ROOT}"


def test_a_package_that_the_target_does_not_list_is_red_once_a_build_of_it_is_pending(stage: GateStage) -> None:
    call(stage, "packageListAdd", PENDING, "zsh", "alice")
    coming = told_by(stage)["package lists"]
    assert coming.is_note
    assert f"{TARGET} does not list zsh; {QUARANTINE} does not list zsh" in coming.fact
    call(stage, "packageListBlock", TARGET, "bash")
    assert red(stage)["package lists"] == f"{TARGET} does not list bash"


def test_a_gate_that_no_policy_speaks_of_is_red_and_a_mistake(make_gate: MakeGate) -> None:
    stage = make_gate(policies={"policies": []})
    assert "nothing would ever move" in red(stage)["policies"]
    (mistake,) = gates.mistakes(stage.settings)
    assert "gates.rawhide.product_version: no policy with decision context koji_gate" in mistake


def test_repos_that_do_not_answer_and_a_permission_that_we_lack_are_red(stage: GateStage) -> None:
    call(stage, "revokePermission", "relengotron", "regen-repo")
    (stage.root / "pub" / "rawhide" / "x86_64" / "os" / "repodata" / "repomd.xml").unlink()
    found = red(stage)
    assert "we lack regen-repo" in found["repos are made anew"]
    assert "repos" in found
