"""Does the doctor show it when those who know what an artifact contains do not agree?"""

from datetime import UTC, datetime
from typing import Any

import pytest

from relengotron.errors import PluginBroken
from relengotron.examination import Finding, contents
from relengotron.model.package import Package
from relengotron.plugins.ostree import OstreePlugin
from relengotron.sdk import KojiTask
from relengotron.sdk.discovery import Plugins
from relengotron.systems.mischief import Kind, Rule
from relengotron.workflows.reading_bench import ReadingBench
from tests.stage.stage import Stage
from tests.stories.conftest import MakeStage

BASH = Package("bash", "0", "4.3.42", "1.fc24", "x86_64")
OPENSSL = Package("openssl", "0", "1.0", "1.fc24", "x86_64")
NANO = Package("nano", "0", "2.6", "1.fc24", "x86_64")
ABOUT = "F24/stable: sources agree on atomic-host"


@pytest.fixture
def stage(make_stage: MakeStage) -> Stage:
    return make_stage()


def live_tree(stage: Stage, *packages: Package, manifest: str | None = None) -> str:
    """Users get a tree with these packages."""
    repo = stage.outside.live
    metadata = {} if manifest is None else {"relengotron.manifest": manifest}
    now = datetime(2016, 11, 1, tzinfo=UTC)
    commit: str = repo.commit_files({}, parent=None, subject="x", timestamp=now, packages=packages, metadata=metadata)
    repo.set_ref("fedora-atomic/f24/x86_64/stable/docker-host", commit, None)
    return commit


def found(stage: Stage) -> Finding:
    world = stage.outside.open(stage.settings)
    each = {each.name: each for each in contents.findings(stage.settings, world, stage.plugins, stage.clock())}
    assert len(each) == 12
    return each[ABOUT]


def told(stage: Stage) -> tuple[bool, str]:
    return found(stage).ok, found(stage).fact


def test_what_is_not_live_is_no_disagreement(stage: Stage) -> None:
    assert told(stage) == (True, "nothing of it is live, or nobody can say what is in it")


def test_a_tree_of_which_pdc_and_configuration_say_the_same(stage: Stage) -> None:
    commit = live_tree(stage, BASH, OPENSSL)
    words = f"commit {commit[:12]} of fedora-atomic/f24/x86_64/stable/docker-host lists 2 packages; PDC names the same"
    assert told(stage) == (True, words)


def test_names_that_only_one_of_them_knows_are_a_note_that_stops_nothing(stage: Stage) -> None:
    live_tree(stage, BASH, NANO)
    note = found(stage)
    assert note.ok
    assert note.is_note
    assert "PDC names openssl, not in commit" in note.fact
    assert "lists nano, which PDC does not name" in note.fact
    assert "configured (config/artifacts), but not in the last compose: openssl" in note.fact
    assert note.remedy


def test_of_many_names_the_first_ones_are_told(stage: Stage) -> None:
    live_tree(stage, BASH, OPENSSL, *(Package(f"more-{n}", "0", "1", "1", "noarch") for n in range(9)))
    assert "more-0, more-1, more-2, more-3, more-4 and 4 more, which PDC does not name" in told(stage)[1]


def test_what_was_composed_from_the_manifest_satisfies_it(stage: Stage) -> None:
    artifact = next(each for lane in stage.settings.lanes for each in stage.settings.artifacts_for(lane)
                    if each.name == "atomic-host")  # fmt: skip
    bench: Any = contents._bench(
        stage.settings, stage.outside.open(stage.settings), stage.settings.lanes[0], artifact, stage.clock()
    )
    digest = OstreePlugin().manifest(artifact, bench).digest
    live_tree(stage, BASH, manifest=digest)
    assert "not in the last compose" not in told(stage)[1]


def test_pdc_is_asked_about_few_artifacts_and_for_few_rows(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    live_tree(stage, BASH, OPENSSL)
    monkeypatch.setattr(contents, "MOST_ROWS", 1)
    assert told(stage)[1].endswith("the first 1 that PDC names are among them")
    monkeypatch.setattr(contents, "MOST_ASKED", 0)
    assert told(stage)[1].endswith("PDC was not asked, which is asked about 0 artifacts")


def test_pdc_that_is_away_is_red_on_its_own_line_only(stage: Stage) -> None:
    live_tree(stage, BASH, OPENSSL)
    stage.outside.services["pdc"].misbehave(Rule(Kind.REFUSED, times=None))
    ok, fact = told(stage)
    assert ok
    assert fact.endswith("lists 2 packages; PDC cannot be read now")


def test_a_service_that_is_away_is_a_red_line_and_no_end(stage: Stage) -> None:
    class Broken(OstreePlugin):
        def contents(self, *_words: object) -> Any:
            raise ValueError("boom")

    world = stage.outside.open(stage.settings)
    plugins = Plugins({**stage.plugins.by_kind, "ostree": Broken()}, {})
    looked_at = list(contents.findings(stage.settings, world, plugins, stage.clock()))
    assert [each.ok for each in looked_at].count(False) == 4
    assert "raised ValueError('boom') in contents" in next(each.fact for each in looked_at if not each.ok)


def test_who_acts_while_he_is_asked_to_look_has_broken_his_contract(stage: Stage) -> None:
    lane = stage.settings.lanes[0]
    artifact = stage.settings.artifacts_for(lane)[0]
    bench: ReadingBench = contents._bench(
        stage.settings, stage.outside.open(stage.settings), lane, artifact, stage.clock()
    )
    with pytest.raises(PluginBroken, match="was only asked to look, and wants to mash"):
        bench.koji_task(KojiTask("k", "runroot", "m", "mash", lambda: 1))
    with pytest.raises(PluginBroken, match="wants to publish"):
        bench.effect("k", "publish", lambda: 1, lambda _intent: 1)
    assert not bench.store.exists()
