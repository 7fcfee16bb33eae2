"""Is what people wrote down about our own artifacts read as it would be composed, and remembered with what is live?"""

import dataclasses
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from relengotron.errors import MalformedInput, RequestRefused
from relengotron.model.artifact import Artifact, Built
from relengotron.model.codec import from_json
from relengotron.model.contents import Contents
from relengotron.model.outcome import Running
from relengotron.model.package import Package
from relengotron.plugins.image import ImagePlugin
from relengotron.plugins.mash import MashPlugin
from relengotron.plugins.ostree import OstreePlugin, OstreeSettings
from relengotron.sdk.artifact import Detected
from relengotron.sdk.case import Case
from relengotron.sdk.rehearsal import Workshop
from relengotron.settings import plugin_settings
from tests.contracts.test_git_repo import git
from tests.plugins.cases import REF, ImageCase, MashCase, OstreeCase

BASH = Package("bash", "0", "4.3.42", "1.fc24", "x86_64")


@pytest.fixture
def workshop(tmp_path: Path) -> Workshop:
    return Workshop(tmp_path / "workshop")


@pytest.fixture
def repo(tmp_path: Path) -> Path:
    """Where people keep manifests."""
    place = tmp_path / "manifests"
    place.mkdir()
    git(place, "init", "-q", "-b", "f24")
    (place / "host.json").write_text(json.dumps({"include": "base.json", "packages": ["docker"]}))
    (place / "base.json").write_text(json.dumps({"packages": ["kernel"], "postprocess-script": "post.sh"}))
    (place / "post.sh").write_text("true\n")
    (place / "disk.ks").write_text("lang en\n%include part.ks\n")
    (place / "part.ks").write_text("zerombr\n")
    commit_all(place)
    return place


def commit_all(place: Path) -> str:
    git(place, "add", ".")
    git(place, "commit", "-q", "-m", "edited")
    return git(place, "rev-parse", "HEAD")


def in_git(case: Case, workshop: Workshop, repo: Path, file: str, **settings: Any) -> Artifact:
    artifact = case.artifact(workshop)
    source = {"repo": str(repo), "branch": "f24", "file": file}
    return dataclasses.replace(artifact, settings={**artifact.settings, "manifest": source, **settings})


def made(
    case: Case, workshop: Workshop, artifact: Artifact, run: str, content: str = "one", meanwhile: Any = None
) -> Built:
    """Plan, ask, let the builder work, and take what it made; what happens meanwhile happens after the plan."""
    plugin = case.plugin()
    bench = workshop.bench(artifact, case.inputs(workshop, content), run=run)
    plan = plugin.plan(artifact, bench)
    if meanwhile is not None:
        meanwhile()
    assert isinstance(plugin.compose(plan, bench), Running)
    task = workshop.tasks()[-1]
    workshop.take(task)
    workshop.close(task, case.finish(task, content, workshop))
    built = plugin.compose(plan, bench)
    assert isinstance(built, Built)
    return built


def treefile_of(workshop: Workshop, run: str) -> dict[str, Any]:
    (file,) = (workshop.compose_store / "runs" / run).rglob("treefile.json")
    read: dict[str, Any] = json.loads(file.read_text())
    return read


def test_a_treefile_in_git_is_flattened_under_the_configuration_s_own(workshop: Workshop, repo: Path) -> None:
    artifact = in_git(OstreeCase(), workshop, repo, "host.json")
    found = OstreePlugin().manifest(artifact, workshop.bench(artifact, {}, run="one"))
    commit = git(repo, "rev-parse", "HEAD")
    assert found.install == ("bash", "docker", "kernel")
    assert found.origin == f"f24 of {repo} at {commit[:12]}, host.json"


def test_an_edit_of_any_file_of_the_manifest_changes_it_and_another_commit_alone_does_not(
    workshop: Workshop, repo: Path
) -> None:
    artifact = in_git(OstreeCase(), workshop, repo, "host.json")
    bench = workshop.bench(artifact, {}, run="one")
    before = OstreePlugin().manifest(artifact, bench)
    (repo / "README").write_text("read me")
    commit_all(repo)
    reread = OstreePlugin().manifest(artifact, bench)
    (repo / "post.sh").write_text("false\n")
    commit_all(repo)
    assert reread.digest == before.digest
    assert reread.origin != before.origin
    assert OstreePlugin().manifest(artifact, bench).digest != before.digest


def test_what_is_composed_is_the_manifest_of_the_plan_however_late(workshop: Workshop, repo: Path) -> None:
    case = OstreeCase()
    case.prepare(workshop)
    artifact = in_git(case, workshop, repo, "host.json")
    planned = OstreePlugin().manifest(artifact, workshop.bench(artifact, {}, run="one"))

    def somebody_edits() -> None:
        (repo / "base.json").write_text(json.dumps({"packages": ["vim"]}))
        commit_all(repo)

    built = made(case, workshop, artifact, "one", meanwhile=somebody_edits)
    treefile = treefile_of(workshop, "one")
    assert treefile["packages"] == ["bash", "docker", "kernel"]
    assert (treefile["ref"], treefile["releasever"], treefile["basearch"]) == (REF, "24", "x86_64")
    bench = workshop.bench(artifact, {}, run="one")
    OstreePlugin().publish(built, artifact, bench)
    remembered = OstreePlugin().contents(artifact, bench)
    assert remembered is not None
    assert remembered.manifest == planned.digest != OstreePlugin().manifest(artifact, bench).digest
    assert remembered.source == f"commit {built.identity[:12]} of {REF}"


def test_an_edit_that_changed_no_file_is_remembered_with_what_stays_live(workshop: Workshop, repo: Path) -> None:
    case = OstreeCase()
    case.prepare(workshop)
    artifact = in_git(case, workshop, repo, "host.json")
    first = made(case, workshop, artifact, "one")
    OstreePlugin().publish(first, artifact, workshop.bench(artifact, {}, run="one"))
    (repo / "post.sh").write_text("true # indeed\n")
    commit_all(repo)
    second = made(case, workshop, artifact, "two")
    bench = workshop.bench(artifact, {}, run="three")
    remembered = OstreePlugin().contents(artifact, bench)
    assert second.same_as is not None
    assert second.same_as.endswith(f"as in {first.identity[:12]}")
    assert remembered is not None
    assert remembered.manifest == OstreePlugin().manifest(artifact, bench).digest


def test_a_manifest_that_rpm_ostree_finds_unchanged_is_remembered_with_what_stays_live(
    workshop: Workshop, repo: Path
) -> None:
    case, plugin = OstreeCase(), OstreePlugin()
    case.prepare(workshop)
    artifact = in_git(case, workshop, repo, "host.json", dry_run=True)
    plugin.publish(made(case, workshop, artifact, "one"), artifact, workshop.bench(artifact, {}, run="one"))
    (repo / "post.sh").write_text("true # indeed\n")
    commit_all(repo)
    bench = workshop.bench(artifact, case.inputs(workshop, "one"), run="two")
    plan = plugin.plan(artifact, bench)
    assert isinstance(plugin.detect(plan, bench), Running)
    workshop.take(workshop.tasks()[-1])
    workshop.close(workshop.tasks()[-1], "nothing to do")
    found, remembered = plugin.detect(plan, bench), plugin.contents(artifact, bench)
    assert isinstance(found, Detected)
    assert not found.is_changed
    assert remembered is not None
    assert remembered.manifest == plugin.manifest(artifact, bench).digest


def test_a_tree_that_was_taken_back_remembers_the_manifest_of_its_files(workshop: Workshop) -> None:
    case = OstreeCase()
    case.prepare(workshop)
    artifact = case.artifact(workshop)
    bench = workshop.bench(artifact, {}, run="20161101-120000-aaaaaaaa")
    OstreePlugin().publish(made(case, workshop, artifact, bench.run), artifact, bench)
    before = OstreePlugin().contents(artifact, bench)
    later = workshop.bench(artifact, {}, run="20161102-120000-bbbbbbbb")
    published = OstreePlugin().publish(made(case, workshop, artifact, later.run, "two"), artifact, later)
    OstreePlugin().withdraw(published, artifact, later)
    after = OstreePlugin().contents(artifact, later)
    assert before is not None
    assert after is not None
    assert after.manifest == before.manifest is not None


@pytest.mark.parametrize(
    "spoil",
    [
        lambda source: source.update(branch="--upload-pack=x"),
        lambda source: source.update(file="../../etc/passwd"),
        lambda source: source.update(repo="relative"),
        lambda source: source.update(repo="/srv/../etc"),
        lambda source: source.update(brnach="f24"),
        lambda source: source.pop("file"),
    ],
)
def test_a_source_that_names_something_else_is_refused_by_check_config(
    workshop: Workshop, repo: Path, spoil: Callable[[dict[str, Any]], object]
) -> None:
    artifact = in_git(OstreeCase(), workshop, repo, "host.json")
    spoil(artifact.settings["manifest"])
    assert plugin_settings.mistakes([artifact], {"ostree": OstreeSettings})
    with pytest.raises(MalformedInput):
        from_json(OstreeSettings, dict(artifact.settings))


def test_a_branch_that_is_not_there_is_told(workshop: Workshop, repo: Path) -> None:
    artifact = in_git(OstreeCase(), workshop, repo, "host.json")
    artifact.settings["manifest"]["branch"] = "f99"
    with pytest.raises(RequestRefused, match="f99"):
        OstreePlugin().manifest(artifact, workshop.bench(artifact, {}, run="one"))


def test_the_kickstart_of_an_image_is_flattened_and_the_tree_s_line_comes_last(workshop: Workshop, repo: Path) -> None:
    case = ImageCase("image")
    artifact = in_git(case, workshop, repo, "disk.ks", kickstart="reboot\n")
    before = ImagePlugin().manifest(artifact, workshop.bench(artifact, {}, run="one"))
    made(case, workshop, artifact, "one")
    (kickstart,) = (workshop.koji_store / "work").rglob("*.ks")
    assert kickstart.read_text().startswith("lang en\nzerombr\nreboot\nostreesetup ")
    (repo / "part.ks").write_text("clearpart --all\n")
    commit_all(repo)
    assert ImagePlugin().manifest(artifact, workshop.bench(artifact, {}, run="one")).digest != before.digest


@pytest.mark.parametrize("carrier", ["lorax", "image"])
def test_an_image_says_beside_itself_what_is_in_it(workshop: Workshop, carrier: str) -> None:
    case = ImageCase(carrier)
    artifact = case.artifact(workshop)
    bench = workshop.bench(artifact, case.inputs(workshop, "one"), run="one")
    built = made(case, workshop, artifact, "one")
    ImagePlugin().publish(built, artifact, bench)
    name = str(built.facts["file_name"])
    digest = ImagePlugin().manifest(artifact, bench).digest
    source, commit = f"{name}-MANIFEST.json", str(built.facts["commit"])
    assert ImagePlugin().contents(artifact, bench) == Contents((BASH,), source, digest, (commit,))
    sheet = json.loads((workshop.mirror_root / artifact.target / f"{name}-MANIFEST.json").read_text())
    assert (sheet["tree"]["commit"], sheet["run"]) == (built.facts["commit"], "one")
    assert sheet["image"]["sha256"] == built.files[0].sha256


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"packages": [[1]], "manifest": {"sha256": "x"}}', "[" * 99999, '{"packages": 5}']
)
def test_a_sheet_that_says_something_else_is_malformed(workshop: Workshop, text: str) -> None:
    case = ImageCase("lorax")
    artifact = case.artifact(workshop)
    bench = workshop.bench(artifact, {}, run="one")
    ImagePlugin().publish(made(case, workshop, artifact, "one"), artifact, bench)
    (sheet,) = (workshop.mirror_root / artifact.target).glob("*-MANIFEST.json")
    sheet.unlink()
    sheet.write_text(text)
    with pytest.raises(MalformedInput):
        ImagePlugin().contents(artifact, bench)
    sheet.unlink()
    assert ImagePlugin().contents(artifact, bench) is None


@pytest.mark.parametrize(
    "edit", [{"name": "Other"}, {"product": "Other"}, {"osname": "other"}, {"kickstart": "x"}, {"disk_size_gib": 9}]
)
def test_what_an_image_is_made_by_is_its_manifest(workshop: Workshop, edit: dict[str, Any]) -> None:
    artifact = ImageCase("image").artifact(workshop)
    edited = dataclasses.replace(artifact, settings={**artifact.settings, **edit})
    bench = workshop.bench(artifact, {}, run="one")
    assert ImagePlugin().manifest(artifact, bench).digest != ImagePlugin().manifest(edited, bench).digest


def test_an_image_under_another_name_is_not_what_users_have_though_its_bits_are(workshop: Workshop) -> None:
    case = ImageCase("image")
    artifact = case.artifact(workshop)
    bench = workshop.bench(artifact, {}, run="one")
    ImagePlugin().publish(made(case, workshop, artifact, "one"), artifact, bench)
    renamed = dataclasses.replace(artifact, settings={**artifact.settings, "name": "Other"})
    assert made(case, workshop, artifact, "two").same_as is not None
    assert made(case, workshop, renamed, "three").same_as is None


def test_the_groups_are_the_manifest_of_a_repo_where_we_see_them(workshop: Workshop) -> None:
    case = MashCase()
    artifact = case.artifact(workshop)
    bench = workshop.bench(artifact, {}, run="one")
    assert MashPlugin().manifest(artifact, bench) is None
    case.prepare(workshop)
    before = MashPlugin().manifest(artifact, bench)
    comps = Path(artifact.settings["comps"])
    comps.write_text("<comps><group/></comps>")
    after = MashPlugin().manifest(artifact, bench)
    assert before is not None
    assert after is not None
    assert (after.origin, after.install) == (str(comps), None)
    assert after.digest != before.digest


def test_a_plugin_without_git_asks_for_no_clone(workshop: Workshop) -> None:
    case = OstreeCase()
    case.prepare(workshop)
    artifact = case.artifact(workshop)
    assert OstreePlugin().plan(artifact, workshop.bench(artifact, {}, run="one")).facts["manifest_commit"] is None
