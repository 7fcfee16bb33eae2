"""Does ``relengotron doctor`` see beforehand what would stop a push, and say what to do?"""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.exc import OperationalError

from relengotron.engine.journal import relations
from relengotron.engine.journal.database import Database
from relengotron.engine.journal.sqlite import Patience
from relengotron.examination import Finding, examine
from relengotron.messages.incoming import PARSERS
from relengotron.sdk.discovery import Plugins
from relengotron.settings import load
from relengotron.systems.mischief import Kind, Rule
from tests.builders import an_update
from tests.contracts.pki import DAY, NOW, Root, a_key, pem
from tests.contracts.rsync_place import nobody_listens
from tests.stage.outside import methods_in
from tests.stage.stage import Stage
from tests.stories.conftest import MakeStage

SHIPPED = an_update("bash-4.3.42-5.fc24")


@pytest.fixture
def stage(make_stage: MakeStage) -> Stage:
    """A Koji, a Bodhi and a PDC where everything is well."""
    stage = make_stage(SHIPPED)
    for channel in ("runroot", "image"):
        stage.outside.hub.call("admin", "addHostToChannel", "builder1", channel)
    stage.outside.hub.call("builder1", "host.updateHost", 0.0, True)
    return stage


def fedmsg_d_of(stage: Stage, **changed: Any) -> dict[str, Any]:
    """A bus that nobody signs on, as a lab may have it."""
    bus = stage.settings.systems.bus
    return {
        "relengotron.enabled": True,
        "relengotron.settings": str(stage.settings.directory),
        "topic_prefix": bus.topic_prefix,
        "environment": bus.environment,
        "endpoints": {bus.name: ["tcp://127.0.0.1:4001"]},
        "zmq_enabled": True,
        "validate_signatures": False,
    } | changed


def told_by(stage: Stage, settings: Any = None, plugins: Plugins | None = None, **changed: Any) -> dict[str, Finding]:
    found = list(
        examine(
            settings or stage.settings,
            stage.outside.open(settings or stage.settings),
            plugins or stage.plugins,
            stage.clock(),
            fedmsg_d=lambda: fedmsg_d_of(stage, **changed),
        )
    )
    assert len({each.name for each in found}) == len(found)
    assert all(each.remedy for each in found if not each.ok)
    return {each.name: each for each in found}


def red(stage: Stage, settings: Any = None) -> dict[str, str]:
    return {name: each.fact for name, each in told_by(stage, settings).items() if not each.ok}


def configured(stage: Stage, file: str, change: Callable[[str], str]) -> Any:
    path = stage.root / "config" / file
    path.write_text(change(path.read_text()))
    return load(stage.root / "config")


def test_all_is_green_where_all_is_well(stage: Stage) -> None:
    found = told_by(stage)
    assert {name: each.fact for name, each in found.items() if not each.ok} == {}
    assert len(found) > 25
    assert found["koji"].fact.endswith("logged in as relengotron")
    assert found["koji builders of channel runroot"].fact == "builder1 (x86_64 i386)"
    assert found["F24/testing: koji moves"].fact == "builds may move to f24-updates-testing"


def test_looking_changes_nothing(stage: Stage) -> None:
    effects, root = stage.power.effects, stage.root / "pub"
    before = sorted(root.rglob("*"))
    told_by(stage)
    assert stage.power.effects == effects
    assert sorted(root.rglob("*")) == before


def test_a_journal_that_cannot_be_written_is_red_although_it_can_be_read(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuses(_connection: object) -> None:
        raise OperationalError("BEGIN IMMEDIATE", None, Exception("attempt to write a readonly database"))

    assert told_by(stage)["journal"].fact.endswith(", writable")
    monkeypatch.setattr(Patience, "wait_for", lambda _self, lock: refuses(lock))
    assert "cannot be written: attempt to write a readonly database" in red(stage)["journal"]


def test_permissions_are_those_that_the_configured_artifacts_need(stage: Stage) -> None:
    for permission in ("image", "sign"):
        stage.outside.hub.call("admin", "revokePermission", "relengotron", permission)
    assert red(stage)["koji permissions"].startswith("we lack image, sign; we hold releng")
    stage.outside.hub.call("admin", "grantPermission", "relengotron", "admin")
    assert red(stage) == {}


def test_a_permission_that_no_artifact_needs_is_not_missed(stage: Stage) -> None:
    stage.outside.hub.call("admin", "revokePermission", "relengotron", "image")
    settings = configured(stage, "artifacts/stage.yaml", lambda text: text.replace("carrier: image", "carrier: lorax"))
    found = told_by(stage, settings)
    assert found["koji permissions"].ok
    assert "koji builders of channel image" not in found


def test_a_wrong_login_is_told_and_the_rest_of_koji_left_out(stage: Stage) -> None:
    stage.outside.hub.set_password("relengotron", "another one")
    found = told_by(stage)
    assert "invalid username or password" in found["koji"].fact
    assert "systems.yaml" in found["koji"].remedy
    assert "koji permissions" not in found
    assert found["bodhi"].ok


def test_builders_that_do_not_speak_any_more(stage: Stage) -> None:
    stage.wait(minutes=11)
    assert "no builder is alive: builder1 (last seen 2016" in red(stage)["koji builders of channel runroot"]
    stage.outside.hub.call("builder1", "host.updateHost", 0.0, True)
    assert red(stage) == {}
    stage.outside.hub.call("admin", "disableHost", "builder1")
    assert red(stage)["koji builders of channel image"] == "no builder is alive"


def test_a_channel_that_is_not_there(stage: Stage) -> None:
    stage.outside.hub.call("admin", "renameChannel", "runroot", "somewhere")
    assert "runroot" in red(stage)["koji builders of channel runroot"]


def test_tags_targets_and_locks(stage: Stage) -> None:
    hub = stage.outside.hub
    hub.call("admin", "deleteTag", "f25-updates-pending")
    hub.call("admin", "editBuildTarget", "f25", "f25", "f25", "f25-updates-candidate")
    hub.call("admin", "deleteBuildTarget", "f24")
    hub.call("admin", "editTag2", "f24-updates", locked=True)
    hub.call("admin", "editTag2", "f24-build", arches="x86_64")
    assert red(stage) == {
        "F24: koji tags": "f24-build has no build root for i686",
        "F24: koji target": "Koji has no build target f24",
        "F24/stable: koji moves": (
            "f24-updates-testing to f24-updates: f24-updates: tag is locked; "
            "f24-updates-candidate to f24-updates: f24-updates: tag is locked"
        ),
        "F25: koji tags": "Koji has no tag f25-updates-pending",
        "F25: koji target": "f25 works in f25; the configuration says f25-build",
    }


def test_bodhi_and_the_configuration_must_agree(stage: Stage) -> None:
    settings = configured(
        stage,
        "releases.yaml",
        lambda text: text.replace("tag: f24-updates-testing\n", "tag: f24-testing\n").replace(
            "- f24-updates-pending", "- f24-pending"
        ),
    )
    found = red(stage, settings)["F24: bodhi release"]
    assert "testing: Bodhi says f24-updates-testing, the configuration f24-testing" in found
    assert "stable: the configuration leaves Bodhi's f24-updates-pending out of pending_tags" in found


def test_a_release_that_nobody_knows(stage: Stage) -> None:
    settings = configured(
        stage, "releases.yaml", lambda text: text.replace("F25:", "F77:").replace("fedora-25-updates", "fedora-77")
    )
    found = red(stage, settings)
    assert found["F77: bodhi release"] == "Bodhi has no release F77"
    assert found["F77: pdc release"] == "PDC has no release fedora-77"


def test_relationship_types_that_pdc_has_not_or_nobody_named(stage: Stage) -> None:
    odd = "pdc:\n  relation_types: {ostree: Contains}\n"
    settings = configured(stage, "systems.yaml", lambda text: text.replace("pdc:\n", odd))
    assert red(stage, settings)["pdc types"] == (
        "systems.pdc.relation_types names no type for image, which have components"
    )
    settings = configured(
        stage, "systems.yaml", lambda text: text.replace("{ostree: Contains}", "{ostree: Contains, image: Holds}")
    )
    assert red(stage, settings)["pdc types"] == "PDC has no relationship type Contains, Holds"


def test_a_mirror_that_shows_something_else(stage: Stage, tmp_path: Path) -> None:
    stage.outside.mirror.misbehave(Rule(Kind.GARBAGE, url="relengotron-doctor"))
    assert "is answered from outside with other content" in red(stage)["mirror from outside"]
    stage.outside.mirror.misbehave(Rule(Kind.STATUS, url="relengotron-doctor", status=404))
    assert "with status 404" in red(stage)["mirror from outside"]
    assert not list((stage.root / "pub").glob("relengotron-doctor*"))


def test_a_master_that_is_down_is_named_with_what_keeps_us_from_it(stage: Stage) -> None:
    url = f"url: {stage.settings.systems.mirror.url}"
    down = f"{url}\n  masters: [{{name: ams, url: '{nobody_listens()}'}}]"
    found = red(stage, configured(stage, "systems.yaml", lambda text: text.replace(url, down)))
    assert "it does not answer" in found["master ams"]


def test_places_that_are_not_there(stage: Stage) -> None:
    (stage.root / "koji").rename(stage.root / "elsewhere")
    (stage.root / "compose").rename(stage.root / "gone")
    found = red(stage)
    assert "No such file" in found["koji store"]
    assert "No such file" in found["compose store"]


@pytest.mark.parametrize("service", ["koji", "bodhi", "pdc", "resultsdb"])
def test_a_service_that_is_down_is_red_and_the_others_are_looked_at(stage: Stage, service: str) -> None:
    stage.outside.services[service].misbehave(Rule(Kind.REFUSED, times=None))
    found = told_by(stage)
    assert not found[service].ok
    assert all(found[other].ok for other in ("koji", "bodhi", "pdc", "resultsdb") if other != service)


def test_kinds_without_a_plugin_and_broken_plugins(stage: Stage) -> None:
    some = {kind: plugin for kind, plugin in stage.plugins.by_kind.items() if kind != "image"}
    found = told_by(stage, plugins=replace(stage.plugins, by_kind=some, broken={"odd": "odd:Plugin does not load"}))
    assert (found["plugin image"].fact, found["plugin odd"].fact) == ("not installed", "odd:Plugin does not load")
    assert found["koji permissions"].ok


def test_few_questions_are_asked(stage: Stage) -> None:
    stage.outside.koji.forget_calls()
    told_by(stage)
    assert len(stage.outside.koji.calls) < 45
    assert not any("listTagged" in methods_in(call) for call in stage.outside.koji.calls)


def test_a_bus_on_which_no_hub_would_start(stage: Stage) -> None:
    found = told_by(stage, validate_signatures=None, endpoints={})["bus"]
    assert not found.ok
    assert "validate_signatures: missing" in found.fact
    assert f"endpoints: no address for '{stage.settings.systems.bus.name}'" in found.fact
    assert "check-config" in found.remedy


def test_a_revocation_list_that_has_run_out_is_seen_by_the_doctor(stage: Stage, tmp_path: Path) -> None:
    root, may_speak = Root("Our CA", a_key("ours")), ("releng", *stage.settings.systems.bodhi.acknowledges_as)
    (tmp_path / "ca.crt").write_bytes(pem(root.certificate()))
    (tmp_path / "crl.pem").write_bytes(root.revocations(begins=NOW - 3 * DAY, ends=NOW - DAY))
    bus = stage.settings.systems.bus.model_copy(update={"senders": dict.fromkeys(PARSERS, may_speak)})
    settings = stage.settings.model_copy(update={"systems": stage.settings.systems.model_copy(update={"bus": bus})})
    files: dict[str, Any] = {"ca_cert_location": str(tmp_path / "ca.crt"), "crl_location": str(tmp_path / "crl.pem")}
    found = told_by(stage, settings, validate_signatures=True, **files)["bus"]
    assert (found.ok, "crl.pem: expired on" in found.fact) == (False, True)


def test_an_index_of_what_pdc_said_tells_how_old_it_is_and_is_red_when_it_is_too_old(stage: Stage) -> None:
    assert told_by(stage)["pdc index"].fact == "nothing was asked yet"
    database, at, release, kinds = Database(stage.settings.journal.url), stage.clock(), "fedora-24-updates", ("x",)
    with database.write() as db:
        relations.expect(db, release, ("bash", "dash"), kinds, at)
        relations.keep(db, release, ("bash", "dash"), kinds, {}, at)
        relations.announce(db, release, ("dash",), (), at)
    young = told_by(stage)["pdc index"]
    stage.clock.pass_by(hours=37)
    with database.write() as db:
        relations.note_trouble(db, "503 no", stage.clock())
    database.close()

    old = told_by(stage)["pdc index"]

    assert young.ok
    assert young.fact == "2 packages, the oldest answer of 2016-11-01 10:00 UTC, 1 announced to change"
    assert not old.ok
    assert "PDC cannot be read since 2016-11-02 23:00 UTC (503 no): that is older than 36 h" in old.fact


def test_a_release_without_a_key_is_told_in_a_note(stage: Stage) -> None:
    found = told_by(stage)["F24: signed"]
    assert found.is_note
    assert "not signed, and nobody demands it" in found.fact


def test_a_key_is_tried_and_its_end_is_seen_coming(make_stage: MakeStage) -> None:
    stage = make_stage(is_signed=True)
    signer, found = stage.outside.signer, told_by(stage)
    assert (found["F24: signed"].fact, found["key stage: signs"].ok) == ("with key stage", True)

    signer.is_down, signer.expires = True, stage.clock() + 10 * DAY
    found = told_by(stage)
    assert "the bridge is down" in found["key stage: signs"].fact
    assert found["key stage"].is_note

    signer.expires = stage.clock()
    assert "it has expired" in told_by(stage)["key stage"].fact
