"""What does a configuration say, and how does it refuse?"""

import os
import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest

from relengotron.errors import SettingsError
from relengotron.model.lane import Lane
from relengotron.settings import load

EXAMPLE = Path(__file__).parents[3] / "config"
TESTING = Lane("F24", "testing")

Edit = Callable[[str, str, str], None]


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    shutil.copytree(EXAMPLE, tmp_path / "config")
    return tmp_path / "config"


@pytest.fixture
def edit(tree: Path) -> Edit:
    def replace(name: str, old: str, new: str) -> None:
        path = tree / name
        text = path.read_text()
        assert old in text
        path.write_text(text.replace(old, new, 1))

    return replace


def mistakes(tree: Path) -> list[str]:
    with pytest.raises(SettingsError) as refused:
        load(tree, examine_secrets=False)
    return [line.removeprefix(f"{tree}/") for line in str(refused.value).splitlines()]


def line_of(tree: Path, text: str) -> int:
    lines = (tree / "relengotron.yaml").read_text().splitlines()
    return next(number for number, line in enumerate(lines, 1) if text in line)


def test_the_example_is_read_into_typed_values(tree: Path) -> None:
    settings = load(tree, examine_secrets=False)
    assert settings.pace.poll == timedelta(seconds=30)
    assert settings.patience.gate == timedelta(hours=72)
    assert settings.systems.mirror.root == Path("/mnt/mirror/pub")
    assert settings.releases["F24"].requests["stable"].tag == "f24-updates"
    assert settings.systems.pdc.relation_types["image"] == "ImageIncludesRPM"


def test_settings_cannot_be_changed(tree: Path) -> None:
    settings = load(tree, examine_secrets=False)
    with pytest.raises(ValueError, match="frozen"):
        settings.owner = "me"  # type: ignore[misc]
    with pytest.raises(TypeError):
        settings.releases["F99"] = settings.releases["F24"]  # type: ignore[index]


def test_placeholders_are_filled_in_for_each_lane(tree: Path) -> None:
    settings = load(tree, examine_secrets=False)
    disk = next(each for each in settings.artifacts_for(TESTING) if each.name == "atomic-disk-24-testing")
    assert disk.target == "atomic/24/images/updates-testing/disk"
    assert disk.made_from == ("atomic-tree-24-testing",)
    assert disk.settings["name"] == "Fedora-Atomic-24"
    tree_artifact = next(each for each in settings.artifacts_for(TESTING) if each.kind == "ostree")
    assert tree_artifact.settings["ref"] == "fedora-atomic/24/x86_64/updates-testing"


def test_what_something_is_made_from_comes_first(tree: Path, edit: Edit) -> None:
    (tree / "artifacts" / "atomic.yaml").rename(tree / "artifacts" / "a-name-that-sorts-first.yaml")
    for lane in load(tree, examine_secrets=False).lanes:
        seen: set[str] = set()
        for artifact in load(tree, examine_secrets=False).artifacts_for(lane):
            assert set(artifact.made_from) <= seen
            seen.add(artifact.name)


@pytest.mark.parametrize("key", ["may_lag: true", "live_after: 6h"])
def test_a_repo_never_lags(tree: Path, edit: Edit, key: str) -> None:
    edit("artifacts/repos.yaml", "    kind: mash\n", f"    kind: mash\n    {key}\n")
    assert any("a repo never lags" in each for each in mistakes(tree))


def test_nothing_goes_live_before_what_it_is_made_from(tree: Path, edit: Edit) -> None:
    edit("artifacts/atomic.yaml", "    kind: ostree\n", "    kind: ostree\n    live_after: 6h\n")
    assert any("live_after: found a shorter time than that of atomic-tree-24" in each for each in mistakes(tree))


ROLLOUT = "    rollout: [{percent: 10, lasts: 6h}, {percent: 50, lasts: 12h}]\n"


def rolls_out(edit: Edit, kind: str, rollout: str = ROLLOUT) -> None:
    edit(f"artifacts/{'repos' if kind == 'mash' else 'atomic'}.yaml", f"kind: {kind}\n", f"kind: {kind}\n{rollout}")


def test_a_rollout_is_read_step_by_step(tree: Path, edit: Edit) -> None:
    rolls_out(edit, "image")
    images = [each for each in load(tree, examine_secrets=False).artifacts_for(TESTING) if each.rollout]
    assert [(each.percent, each.lasts) for each in images[0].rollout] == [
        (10, timedelta(hours=6)),
        (50, timedelta(hours=12)),
    ]


@pytest.mark.parametrize(
    ("kind", "rollout", "words"),
    [
        ("mash", ROLLOUT, "a repo is for everybody at once"),
        ("image", ROLLOUT.replace("50", "10"), "found 10, 10 percent; allowed: each more than before"),
        ("image", ROLLOUT.replace("50", "100"), "99"),
        ("image", ROLLOUT.replace("10", "0"), "1"),
        ("image", ROLLOUT.replace("12h", "soon"), "a time with its unit"),
        ("ostree", ROLLOUT, "found one ahead of that of atomic-tree-24"),
    ],
)
def test_a_rollout_that_cannot_be_is_refused(tree: Path, edit: Edit, kind: str, rollout: str, words: str) -> None:
    rolls_out(edit, kind, rollout)
    assert any("rollout" in each and words in each for each in mistakes(tree)), mistakes(tree)


def test_a_rollout_of_which_nobody_is_told_is_refused(tree: Path, edit: Edit) -> None:
    edit("artifacts/atomic.yaml", "kind: image\n", f"kind: image\n{ROLLOUT}")
    edit("systems.yaml", "  website: releases.json", "  # none")
    assert any("systems.mirror.website" in each for each in mistakes(tree))


def test_an_artifact_with_the_arch_in_its_name_is_one_per_arch(tree: Path, edit: Edit) -> None:
    edit("artifacts/atomic.yaml", "    arches: [x86_64]\n", "")
    edit("artifacts/atomic.yaml", '"atomic-tree-{version}-{request}"', '"atomic-tree-{version}-{arch}-{request}"')
    edit("artifacts/atomic.yaml", '["atomic-tree-{version}-{request}"]', '["atomic-tree-{version}-{arch}-{request}"]')
    edit("artifacts/atomic.yaml", '["atomic-tree-{version}-{request}"]', '["atomic-tree-{version}-{arch}-{request}"]')
    trees = [each for each in load(tree, examine_secrets=False).artifacts_for(TESTING) if each.kind == "ostree"]
    assert [each.name for each in trees] == ["atomic-tree-24-x86_64-testing", "atomic-tree-24-i686-testing"]
    assert [each.arches for each in trees] == [("x86_64",), ("i686",)]


def test_the_arch_of_an_artifact_with_several_cannot_be_filled_in(tree: Path, edit: Edit) -> None:
    edit("artifacts/repos.yaml", '"updates/{version}"', '"updates/{version}/{arch}"')
    (mistake,) = mistakes(tree)
    assert "artifacts[0].name: {arch} is used, but the artifact has several" in mistake


def test_doubled_braces_are_plain_ones(tree: Path, edit: Edit) -> None:
    edit("artifacts/repos.yaml", "/etc/mash/mash.conf", '"/etc/{{mash}}/{version}.conf"')
    (repo,) = load(tree, examine_secrets=False).artifacts_for(Lane("F23", "stable"))
    assert repo.settings["config"] == "/etc/{mash}/23.conf"


def test_every_mistake_is_told_at_once(tree: Path, edit: Edit) -> None:
    edit("relengotron.yaml", "workers: 4", "worker: 4")
    edit("relengotron.yaml", "poll: 30s", "poll: 30")
    edit("systems.yaml", "hub: https://koji.example/kojihub", "hub: koji.example")
    edit("systems.yaml", "environment: prod", "environment: production")
    edit("releases.yaml", '"81b46521"', "81b46521x")
    told = mistakes(tree)
    assert len(told) == 5
    key, poll = line_of(tree, "worker: 4"), line_of(tree, "poll: 30")
    assert told[1].startswith(
        f"relengotron.yaml:{key}: pace.worker: unknown key (did you mean 'workers'?); allowed: workers"
    )
    assert told[2].startswith(f"relengotron.yaml:{poll}: pace.poll: found 30; allowed: a time with its unit")
    assert told[3].startswith("systems.yaml:4: koji.hub: found 'koji.example'; allowed: http://")
    assert told[4].endswith("bus.environment: found 'production'; allowed: 'prod', 'stg', 'stage' or 'dev'")
    assert "releases.F24.signing_key: found '81b46521x'; allowed: the last 8 hex digits" in told[0]


@dataclass(frozen=True)
class Wrong:
    """One mistake and what is said of it."""

    file: str
    old: str
    new: str
    told: str


WRONG = [
    Wrong("relengotron.yaml", "lab: false", "lab: perhaps", "lab: found 'perhaps'; allowed: true or false"),
    Wrong("relengotron.yaml", "workers: 4", "workers: '4'", "pace.workers: found '4'; allowed: a whole number"),
    Wrong("relengotron.yaml", "workers: 4", "workers: 0", "pace.workers: found 0; allowed: greater than or equal to 1"),
    Wrong("relengotron.yaml", "url: sqlite:////var", "url: sqlite:///var", "journal.url: found 'sqlite:///var/lib"),
    Wrong(
        "relengotron.yaml",
        "state_dir: /var",
        "state_dir: var",
        "state_dir: found 'var/lib/relengotron'; allowed: an absolute",
    ),
    Wrong("relengotron.yaml", "/runs/{run}", "/runs/{id}", "links.runs: found 'https://relengotron.example/runs/{id}'"),
    Wrong("relengotron.yaml", "gate: 72h", "gate: 0h", "patience.gate: found '0h'; allowed: more than no time"),
    Wrong("relengotron.yaml", "lab: false", "lab: false\nlab: true", "lab: written twice; first on line"),
    Wrong("systems.yaml", "https://pdc.example", "https://me:geheim@pdc.example", "found 'https://me:***@pdc.example'"),
    Wrong("systems.yaml", "  principal: rel", "  password: rel", "koji.password: unknown key; secrets are only paths"),
    Wrong("systems.yaml", "principal: relengotron/releng01.example@EXAMPLE", "timeout: 5m", "timeout: written twice"),
    Wrong(
        "releases.yaml",
        'version: "24"',
        "version: 24",
        "releases.F24.version: found 24; allowed: text; put it in quotes",
    ),
    Wrong(
        "releases.yaml",
        "      testing:",
        "      rawhide:",
        "requests.rawhide: found 'rawhide'; allowed: 'testing' or 'stable'",
    ),
    Wrong(
        "releases.yaml",
        "tag: f24-updates-testing\n",
        "tag: f24-updates\n",
        "found 'f24-updates', which F24/testing moves",
    ),
    Wrong(
        "releases.yaml",
        "[f24-updates-candidate]",
        "[f24-updates-testing]",
        "allowed: a tag that is neither in from_tags",
    ),
    Wrong("releases.yaml", "      i686:", "      ppc64:", "allowed: base_repos for x86_64, i686; found ppc64"),
    Wrong(
        "artifacts/repos.yaml",
        "kind: mash",
        "kind: ../mash",
        "artifacts[0].kind: found '../mash'; allowed: the name of",
    ),
    Wrong(
        "artifacts/repos.yaml", '"updates/{version}"', '"../{version}"', "target: found '../24'; allowed: a path below"
    ),
    Wrong(
        "artifacts/repos.yaml",
        '"updates/{version}"',
        '"updates/{relese}"',
        "{relese} is no placeholder; allowed: {version}",
    ),
    Wrong("artifacts/repos.yaml", '"updates/{version}"', '"updates/testing/{version}"', "belongs to updates-testing"),
    Wrong("artifacts/repos.yaml", '"updates/testing/{version}"', '"updates"', "a place of its own"),
    Wrong(
        "artifacts/atomic.yaml",
        "releases: [F24]",
        "releases: [F42]",
        "found 'F42' (did you mean 'F24'?); allowed: F24, F23",
    ),
    Wrong(
        "systems.yaml", "index_usable_for: 36h", "index_usable_for: 11h", "index_usable_for at least as long as index_"
    ),
    Wrong("artifacts/atomic.yaml", "arches: [x86_64]", "arches: [sparc]", "has no sparc; allowed: x86_64, i686"),
    Wrong("artifacts/atomic.yaml", '["{repo}-{version}"]', '["{repo}{version}"]', "did you mean 'updates-testing-24'?"),
    Wrong(
        "artifacts/atomic.yaml",
        '["{repo}-{version}"]',
        '["atomic-disk-{version}-{request}"]',
        "goes round in a circle in F24/testing: atomic-",
    ),
    Wrong(
        "artifacts/atomic.yaml",
        '"atomic-disk-{version}-{request}"',
        '"atomic-tree-{version}-{request}"',
        "found 'atomic-tree-24-testing', which F24/testing has already",
    ),
]


@pytest.mark.parametrize("wrong", WRONG, ids=lambda wrong: wrong.told[:50])
def test_a_mistake_says_where_what_and_what_is_allowed(wrong: Wrong, tree: Path, edit: Edit) -> None:
    edit(wrong.file, wrong.old, wrong.new)
    told = mistakes(tree)
    fitting = [line for line in told if wrong.told in line]
    assert fitting, told
    assert fitting[0].startswith(wrong.file)
    assert "geheim" not in "".join(told)


@pytest.mark.parametrize("name", ["relengotron.yaml", "systems.yaml", "releases.yaml"])
def test_a_missing_file_is_named(name: str, tree: Path) -> None:
    (tree / name).unlink()
    assert f"{name}: cannot be read: No such file or directory" in mistakes(tree)


def test_a_tree_without_artifacts_composes_nothing_and_is_refused(tree: Path) -> None:
    shutil.rmtree(tree / "artifacts")
    assert mistakes(tree) == ["artifacts: no *.yaml here: nothing would be composed"]


@pytest.mark.parametrize("text", ["", "- a list", "text", "a: [", "a: !!python/object/apply:os.getcwd []", "\x00"])
def test_a_file_that_is_no_group_of_keys_is_refused(text: str, tree: Path) -> None:
    (tree / "systems.yaml").write_text(text)
    assert mistakes(tree)[0].startswith("systems.yaml")


def test_a_secret_that_everybody_can_read_is_refused(tree: Path, edit: Edit, tmp_path: Path) -> None:
    token, keytab = tmp_path / "token", tmp_path / "keytab"
    token.write_text("0" * 40)
    keytab.write_text("k")
    edit("systems.yaml", "/etc/relengotron/secrets/pdc.token", str(token))
    systems = tree / "systems.yaml"
    systems.write_text(re.sub(r"(\w: )/etc/relengotron/secrets/[^\n]*", rf"\1{keytab}", systems.read_text()))
    keytab.chmod(0o600)
    token.chmod(0o604)
    with pytest.raises(SettingsError, match=r"pdc\.token_file.*others cannot open.*chmod o= "):
        load(tree)
    token.chmod(0o640)
    assert load(tree).systems.pdc.token_file == token


def test_a_secret_that_is_not_there_is_refused(tree: Path) -> None:
    with pytest.raises(SettingsError, match=r"koji\.keytab: .*a file that can be read here"):
        load(tree)


def test_only_one_way_to_log_in_to_koji(tree: Path, edit: Edit) -> None:
    edit("systems.yaml", "  principal:", "  cert: /etc/pki/koji.pem\n  principal:")
    assert "koji: allowed: one way to log in; found keytab and cert" in mistakes(tree)[0]


def test_an_unknown_lane_is_named_with_what_is_known(tree: Path) -> None:
    settings = load(tree, examine_secrets=False)
    with pytest.raises(SettingsError, match=r"unknown release \(did you mean 'F24'\?\); allowed: F24, F23"):
        settings.artifacts_for(Lane("F25", "testing"))
    with pytest.raises(SettingsError, match="unknown request; allowed: testing, stable"):
        settings.artifacts_for(Lane("F24", "rawhide"))


def test_the_loader_does_not_depend_on_the_working_directory(tree: Path, tmp_path: Path) -> None:
    before = Path.cwd()
    os.chdir(tmp_path)
    try:
        assert load(Path("config"), examine_secrets=False).lanes
    finally:
        os.chdir(before)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("alt: {path: alt}", "alt: {path: fedora/alt}", "alt lies in fedora"),
        ("alt: {path: alt}", "alt: {}", "fedora lies in alt"),
        ("alt: {path: alt}", "alt: {path: ../alt}", "a path below the mirror's root"),
        ("website: releases.json", "website: /releases.json", "a path below the mirror's root"),
        ("token_header: Fastly-Key", 'token_header: "Key: x"', "the name of an HTTP header"),
        ("url: https://dl.example/pub", "url: https://user:pw@dl.example/pub", "without credentials"),
        ("url: https://dl.example/pub", "url: file:///srv/pub", "http://HOST/... or https://HOST/..."),
    ],
)
def test_what_readers_are_told_is_checked(tree: Path, edit: Edit, old: str, new: str, words: str) -> None:
    edit("systems.yaml", old, new)
    assert words in mistakes(tree)[0]
