"""Which gates may there be, and how are mistakes about them told?"""

import shutil
from pathlib import Path

import pytest
import yaml

from relengotron.errors import SettingsError
from relengotron.settings import load

EXAMPLE = Path(__file__).parents[3] / "config"
RAWHIDE = {
    "pending": "rawhide-pending",
    "target": "rawhide",
    "quarantine": "rawhide-bad",
    "product_version": "fedora-rawhide",
}


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    shutil.copytree(EXAMPLE, tmp_path / "config")
    return tmp_path / "config"


def mistakes(tree: Path, **gates: dict[str, str]) -> list[str]:
    written = {name: RAWHIDE | gate for name, gate in gates.items()}
    (tree / "gates.yaml").write_text(yaml.safe_dump({"gates": written}))
    with pytest.raises(SettingsError) as refused:
        load(tree, examine_secrets=False)
    return [line.removeprefix(f"{tree}/") for line in str(refused.value).splitlines()]


def test_without_gates_a_policy_about_them_is_no_mistake(tree: Path) -> None:
    (tree / "gates.yaml").unlink()
    assert load(tree, examine_secrets=False).gates == {}


def test_a_mistake_in_the_gates_is_not_told_of_their_policies(tree: Path) -> None:
    (tree / "gates.yaml").write_text("gates:\n  rawhide: {pendng: x}\n")
    with pytest.raises(SettingsError) as refused:
        load(tree, examine_secrets=False)
    assert "gates.yaml:2: gates.rawhide.pendng" in str(refused.value)
    assert "policies/" not in str(refused.value)


def test_three_tags_are_three(tree: Path) -> None:
    assert mistakes(tree, rawhide={"quarantine": "rawhide"}) == [
        "gates.yaml:2: gates.rawhide: allowed: three different tags as pending, target and quarantine"
    ]


def test_two_gates_do_not_wait_at_one_tag(tree: Path) -> None:
    (told,) = mistakes(tree, one={"target": "a", "quarantine": "bad-one"}, two={"target": "b"})
    assert "gates.two.pending: found 'rawhide-pending'; allowed: a tag of its own; gates.one.pending" in told


def test_gates_in_a_row_are_fine_and_in_a_circle_are_not(tree: Path) -> None:
    first, second = {"pending": "a", "target": "b", "quarantine": "x"}, {"pending": "b", "target": "c"}
    (tree / "gates.yaml").write_text(yaml.safe_dump({"gates": {"one": RAWHIDE | first, "two": RAWHIDE | second}}))
    assert set(load(tree, examine_secrets=False).gates) == {"one", "two"}

    told = mistakes(tree, one=first, two=second | {"target": "a"})
    assert [line.partition(": ")[2] for line in told] == [
        "gates.one.target: found 'b', from which builds come to 'a' again; allowed: a way that ends",
        "gates.two.target: found 'a', from which builds come to 'b' again; allowed: a way that ends",
    ]


@pytest.mark.parametrize("key", ["pending", "target", "quarantine"])
def test_what_pushes_move_their_builds_to_is_no_tag_of_a_gate(tree: Path, key: str) -> None:
    (told,) = mistakes(tree, rawhide={key: "f24-updates"})
    assert f"gates.rawhide.{key}: found 'f24-updates', which F24/stable moves its builds to" in told
