"""Is it seen that a configuration was edited?"""

from pathlib import Path

from relengotron.settings.fingerprint import fingerprint


def test_a_fingerprint_changes_with_every_edit_and_with_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "artifacts").mkdir()
    (tmp_path / "systems.yaml").write_text("a: 1\n")
    (tmp_path / "artifacts" / "x.yaml").write_text("b: 1\n")
    before = fingerprint(tmp_path)
    (tmp_path / "artifacts" / "x.yaml~").write_text("an editor's copy")
    assert fingerprint(tmp_path) == before

    (tmp_path / "artifacts" / "x.yaml").write_text("b: 2\n")
    edited = fingerprint(tmp_path)
    (tmp_path / "artifacts" / "x.yaml").rename(tmp_path / "artifacts" / "y.yaml")
    assert len({before, edited, fingerprint(tmp_path)}) == 3
