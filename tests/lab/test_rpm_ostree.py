"""Does the tree compose commit what it should, when it should?"""

import io
import json
import re
import subprocess
from pathlib import Path

from relengotron.lab.builder.tools import rpm_ostree
from relengotron.lab.builder.tools.ostree_cli import head, metadata, read_pkglist
from tests.lab.tiny import REF, TinyDistribution


def compose(repo: Path, treefile: Path, *options: str) -> tuple[int, str]:
    out = io.StringIO()
    status = rpm_ostree.main(["compose", "tree", f"--repo={repo}", *options, str(treefile)], out)
    return status, out.getvalue()


def add_updates(treefile: Path, tiny: TinyDistribution) -> None:
    tiny.write_repo(treefile.parent / "updates", update=True)
    treefile.write_text(treefile.read_text().replace("[ga]", "[ga, updates]"))


def test_the_first_compose_moves_the_ref(ostree_repo: Path, treefile: Path) -> None:
    status, log = compose(ostree_repo, treefile)
    commit = head(ostree_repo, REF)
    assert status == 0
    assert f"No previous commit for {REF}\n" in log
    assert f"{REF} => {commit}\n" in log


def test_the_commit_carries_its_packages_its_version_and_its_input_hash(ostree_repo: Path, treefile: Path) -> None:
    _, log = compose(ostree_repo, treefile, "--add-metadata-string=made.by=test")
    names = [row[0] for row in read_pkglist(ostree_repo, REF)]
    assert names == ["base", "kernel", "shell"]
    assert metadata(ostree_repo, REF, "version") == "24"
    assert metadata(ostree_repo, REF, "made.by") == "test"
    assert f"Input state hash: {metadata(ostree_repo, REF, 'rpmostree.inputhash')}\n" in log
    assert metadata(ostree_repo, REF, "ostree.ref-binding") is None


def test_the_tree_has_the_files_of_the_packages(ostree_repo: Path, treefile: Path) -> None:
    compose(ostree_repo, treefile)
    command = ["ostree", f"--repo={ostree_repo}", "ls", "-R", REF]
    listing = subprocess.run(command, check=True, capture_output=True, text=True, timeout=60).stdout
    assert re.search(r"^-00755 0 0 .* /usr/bin/shell$", listing, re.MULTILINE)
    assert "/usr/lib/modules/4.5-1.fc24.x86_64/vmlinuz" in listing
    assert "/usr/share/rpm/packages.json" in listing


def test_nothing_new_gives_no_commit_and_no_stamp(ostree_repo: Path, treefile: Path, tmp_path: Path) -> None:
    compose(ostree_repo, treefile)
    before, stamp, written = head(ostree_repo, REF), tmp_path / "stamp", tmp_path / "commitid"
    status, log = compose(ostree_repo, treefile, f"--touch-if-changed={stamp}", f"--write-commitid-to={written}")
    assert (status, head(ostree_repo, REF)) == (0, before)
    assert "No apparent changes since previous commit\n" in log
    assert not stamp.exists()
    assert not written.exists()


def test_force_nocache_always_commits(ostree_repo: Path, treefile: Path) -> None:
    compose(ostree_repo, treefile)
    before = head(ostree_repo, REF)
    compose(ostree_repo, treefile, "--force-nocache")
    assert head(ostree_repo, REF) != before


def test_an_update_makes_a_child_that_moves_no_ref(
    ostree_repo: Path, treefile: Path, tiny: TinyDistribution, tmp_path: Path
) -> None:
    compose(ostree_repo, treefile)
    before = head(ostree_repo, REF)
    add_updates(treefile, tiny)
    written, about, stamp = tmp_path / "commitid", tmp_path / "compose.json", tmp_path / "stamp"
    _, log = compose(
        ostree_repo,
        treefile,
        f"--write-commitid-to={written}",
        f"--write-composejson-to={about}",
        f"--touch-if-changed={stamp}",
    )
    facts = json.loads(about.read_text())
    assert head(ostree_repo, REF) == before
    assert f"Wrote commit: {written.read_text()}\n" in log
    assert (facts["ref"], facts["ostree-commit"], facts["ostree-version"]) == (REF, written.read_text(), "24.1")
    assert facts["pkgdiff"] == [{"name": "shell.x86_64", "previous": "0:1.0-1.fc24", "new": "0:1.1-1.fc24"}]
    assert head(ostree_repo, f"{written.read_text()}^") == before
    assert stamp.exists()


def test_a_dry_run_touches_the_stamp_only(ostree_repo: Path, treefile: Path, tmp_path: Path) -> None:
    stamp = tmp_path / "stamp"
    status, _ = compose(ostree_repo, treefile, "--dry-run", f"--touch-if-changed={stamp}")
    assert (status, head(ostree_repo, REF), stamp.exists()) == (0, None, True)


def test_a_previous_input_hash_is_enough_to_see_no_change(ostree_repo: Path, treefile: Path) -> None:
    _, first = compose(ostree_repo, treefile, "--dry-run")
    found = re.search("Input state hash: (.*)", first)
    assert found
    _, log = compose(ostree_repo, treefile, f"--previous-inputhash={found[1]}")
    assert "No apparent changes" in log


def test_a_missing_package_is_named(ostree_repo: Path, treefile: Path) -> None:
    treefile.write_text(treefile.read_text().replace("[kernel,", "[nowhere,"))
    assert compose(ostree_repo, treefile)[0] == 1
    assert "error: Packages not found: nowhere" in compose(ostree_repo, treefile)[1]


def test_a_broken_scriptlet_stops_the_compose(ostree_repo: Path, treefile: Path) -> None:
    treefile.write_text(treefile.read_text().replace("[kernel,", "[broken-scriptlet,"))
    status, log = compose(ostree_repo, treefile)
    assert (status, head(ostree_repo, REF)) == (1, None)
    assert "error: Running %post for broken-scriptlet" in log


def test_metadata_that_do_not_fit_together_are_refused(ostree_repo: Path, treefile: Path) -> None:
    (treefile.parent / "ga" / "repodata" / "primary.xml.gz").write_bytes(b"torn")
    status, log = compose(ostree_repo, treefile)
    assert status == 1
    assert "error: Checksum of ga is" in log


def test_a_package_that_changed_under_our_hands_is_refused(ostree_repo: Path, treefile: Path) -> None:
    (treefile.parent / "ga" / "shell-1.0-1.fc24.x86_64.rpm").write_bytes(b"other")
    assert compose(ostree_repo, treefile)[0] == 1


def test_without_a_repo_nothing_is_composed(tmp_path: Path, treefile: Path) -> None:
    status, log = compose(tmp_path / "nowhere", treefile)
    assert status == 1
    assert "error: opening repo" in log


def test_a_wrong_command_line_ends_with_two() -> None:
    out = io.StringIO()
    assert rpm_ostree.main(["compose", "tree", "--no-such-option"], out) == 2


def test_an_included_treefile_adds_its_packages(ostree_repo: Path, treefile: Path) -> None:
    above = treefile.with_name("more.json")
    above.write_text(json.dumps({"include": treefile.name, "packages": ["shell-doc"]}))
    compose(ostree_repo, above)
    assert "shell-doc" in [row[0] for row in read_pkglist(ostree_repo, REF)]


def test_an_excluded_package_does_not_come_in(ostree_repo: Path, treefile: Path) -> None:
    wish = {"include": treefile.name, "exclude-packages": ["shell"]}
    above = treefile.with_name("less.json")
    above.write_text(json.dumps(wish))
    status, log = compose(ostree_repo, above)
    assert (status, head(ostree_repo, REF)) == (1, None)
    assert "error: Could not depsolve transaction" in log


def test_files_beside_the_treefile_come_in_and_count(ostree_repo: Path, treefile: Path) -> None:
    above, motd = treefile.with_name("more.json"), treefile.with_name("motd")
    above.write_text(json.dumps({"include": treefile.name, "add-files": [["motd", "/etc/motd"]]}))
    motd.write_text("hello")
    compose(ostree_repo, above)
    first = head(ostree_repo, REF)
    assert "No apparent changes" in compose(ostree_repo, above)[1]
    motd.write_text("good bye")
    compose(ostree_repo, above)
    command = ["ostree", f"--repo={ostree_repo}", "cat", REF, "/etc/motd"]
    assert head(ostree_repo, REF) != first
    assert subprocess.run(command, check=True, capture_output=True, text=True, timeout=60).stdout == "good bye"


def test_no_file_is_added_outside_of_the_tree(ostree_repo: Path, treefile: Path) -> None:
    above = treefile.with_name("more.json")
    above.write_text(json.dumps({"include": treefile.name, "add-files": [[treefile.name, "../../out"]]}))
    assert "leads out of the tree" in compose(ostree_repo, above)[1]
