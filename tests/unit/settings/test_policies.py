"""What do policies say, and how are their mistakes told?"""

import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest

from relengotron.errors import SettingsError
from relengotron.model.policy import (
    Blocker,
    BugsAreFixed,
    CriticalPathKarma,
    Freeze,
    ManualTestCases,
    MinimumKarma,
    PassingTestCase,
    SameBitsWereTested,
)
from relengotron.settings import load

EXAMPLE = Path(__file__).parents[3] / "config"
SOUND = """
policies:
  - id: lint
    product_versions: ["fedora-*"]
    decision_contexts: [bodhi_update_push_stable]
    subject_types: [koji_build, bodhi_update]
    rules:
      - PassingTestCaseRule: {test_case_name: dist.rpmdeplint}
"""


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    shutil.copytree(EXAMPLE, tmp_path / "config")
    return tmp_path / "config"


def mistakes(tree: Path, old: str, new: str) -> str:
    path = tree / "policies" / "updates.yaml"
    assert old in SOUND
    path.write_text(SOUND.replace(old, new, 1))
    with pytest.raises(SettingsError) as refused:
        load(tree, examine_secrets=False)
    return str(refused.value).removeprefix(f"{path}:")


def test_the_example_is_read_into_policies(tree: Path) -> None:
    policies = load(tree, examine_secrets=False).policies
    lint, liked, tried, tested, frozen = (each for each in policies if "koji_gate" not in each.decision_contexts)
    since = datetime(2016, 11, 1, tzinfo=UTC)
    assert lint.rules[1] == PassingTestCase("dist.abicheck", valid_since=since)
    assert (liked.rules, liked.waivers_need) == ((MinimumKarma(1),), 2)
    assert isinstance(frozen.rules[0], Freeze)
    assert frozen.rules[0].unless_fixes == (1345678,)
    assert [type(each) for each in tried.rules] == [CriticalPathKarma, ManualTestCases, BugsAreFixed, Blocker]
    assert (tried.waivers_by, tested.rules) == (("qa-*",), (SameBitsWereTested(),))
    assert lint.applies("bodhi_update_push_testing", "fedora-23", "koji_build")
    assert not liked.applies("bodhi_update_push_stable", "fedora-23", "bodhi_update")


def test_without_a_folder_there_is_no_policy(tree: Path) -> None:
    shutil.rmtree(tree / "policies")
    assert load(tree, examine_secrets=False).policies == ()


def test_a_release_may_have_a_product_version_of_its_own(tree: Path) -> None:
    assert load(tree, examine_secrets=False).release("F24").product == "fedora-24"
    path = tree / "releases.yaml"
    named = "    pdc_release: updates-of-24\n    product_version: fedora-24"
    path.write_text(path.read_text().replace("    pdc_release: fedora-24-updates", named))
    assert load(tree, examine_secrets=False).release("F24").product == "fedora-24"


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("PassingTestCaseRule", "PasingTestCaseRule", "unknown key (did you mean 'PassingTestCaseRule'?)"),
        ("test_case_name", "test_case", "unknown key (did you mean 'test_case_name'?)"),
        (
            "bodhi_update_push_stable",
            "bodhi_update_push",
            "policies[0].decision_contexts[0]: found 'bodhi_update_push'",
        ),
        ("koji_build", "koji_builds", "policies[0].subject_types[0]: found 'koji_builds'"),
        ('"fedora-*"', "fedora24", "policies[0].product_versions[0]: found 'fedora24', which stands for no release"),
        ('"fedora-*"', "fedora-42", "(did you mean 'fedora-24'?)"),
        ("[koji_build, bodhi_update]", "[]", "policies[0].subject_types"),
        ("{test_case_name: dist.rpmdeplint}", "{test_case_name: t, valid_since: 2016-11-01}", "a time with its zone"),
        (
            "subject_types: [koji_build, bodhi_update]",
            "when_closed: eject\n    subject_types: [koji_build, compose]",
            "when_closed: eject with subject types koji_build and bodhi_update alone",
        ),
        (
            "subject_types: [koji_build, bodhi_update]",
            "subject_types: [koji_batch]",
            "subject type koji_batch with decision context koji_gate",
        ),
        (
            "[bodhi_update_push_stable]",
            "[koji_gate]",
            "decision context koji_gate with subject types koji_build and koji_batch",
        ),
        (
            "[bodhi_update_push_stable]\n    subject_types: [koji_build, bodhi_update]",
            "[koji_gate, bodhi_update_push_stable]\n    subject_types: [bodhi_update]",
            "decision context koji_gate with subject type koji_build or koji_batch",
        ),
        (
            "[bodhi_update_push_stable]\n",
            "[bodhi_update_push_stable, koji_gate]\n    when_closed: eject\n",
            "suspects go into quarantine anyway",
        ),
        ("    rules:\n", "    waivers_need: 0\n    rules:\n", "policies[0].waivers_need: found 0"),
        (
            "- PassingTestCaseRule: {test_case_name: dist.rpmdeplint}",
            "- {PassingTestCaseRule: {test_case_name: t}, MinimumKarmaRule: {karma: 1}}",
            "exactly one of PassingTestCaseRule, MinimumKarmaRule, CriticalPathKarmaRule, ManualTestCasesRule",
        ),
        (
            "PassingTestCaseRule: {test_case_name: dist.rpmdeplint}",
            'FreezeRule: {reason: r, begins: "2016-11-02T00:00:00Z", ends: "2016-11-01T00:00:00Z"}',
            "ends after begins",
        ),
        ("[koji_build, bodhi_update]", "[bodhi_update]\n    packages: [bash]", "with subject type koji_build"),
        (
            "PassingTestCaseRule: {test_case_name: dist.rpmdeplint}",
            'FreezeRule: {reason: r, begins: "2016-11-02T00:00:00Z", unless_fixes: [7]}',
            "unless_fixes with subject type bodhi_update alone",
        ),
        (
            "PassingTestCaseRule: {test_case_name: dist.rpmdeplint}",
            "BlockerRule: {reason: r, bugs: []}",
            "policies[0].rules[0].BlockerRule.bugs",
        ),
    ],
)
def test_a_mistake_is_told_with_its_place(tree: Path, old: str, new: str, told: str) -> None:
    assert told in mistakes(tree, old, new)


@pytest.mark.parametrize(
    "rule", ["MinimumKarmaRule: {karma: 1}", "CriticalPathKarmaRule: {karma: 2}", "ManualTestCasesRule: {}"]
)
def test_what_people_say_is_asked_of_updates_only(tree: Path, rule: str) -> None:
    text = SOUND.replace("PassingTestCaseRule: {test_case_name: dist.rpmdeplint}", rule).replace(", bodhi_update", "")
    assert f"{rule.partition(':')[0]} with subject type bodhi_update" in mistakes(tree, SOUND, text)


def test_nothing_was_live_before_testing(tree: Path) -> None:
    text = SOUND.replace("PassingTestCaseRule: {test_case_name: dist.rpmdeplint}", "SameBitsWereTestedRule: {}")
    (tree / "policies" / "updates.yaml").write_text(text)
    read = {each.id: each for each in load(tree, examine_secrets=False).policies}
    assert read["lint"].rules == (SameBitsWereTested(),)
    both = text.replace("[bodhi_update_push_stable]", "[bodhi_update_push_stable, bodhi_update_push_testing]")
    assert "nothing is live before testing" in mistakes(tree, SOUND, both)


def test_karma_is_for_updates_and_an_id_is_for_one_policy(tree: Path) -> None:
    karma = "MinimumKarmaRule: {karma: 1}"
    text = SOUND.replace("PassingTestCaseRule: {test_case_name: dist.rpmdeplint}", karma)
    assert "with subject type bodhi_update" in mistakes(tree, SOUND, text.replace(", bodhi_update", ""))
    (tree / "policies" / "more.yaml").write_text(SOUND)
    assert "allowed: an id of its own; more.yaml has this one too" in mistakes(tree, SOUND, SOUND)
