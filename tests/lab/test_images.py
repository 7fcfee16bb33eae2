"""Do the ISO and the disk image contain the tree?"""

import io
import json
import lzma
import subprocess
from pathlib import Path

import pytest

from relengotron.lab.builder.tools import lorax, rpm_ostree
from relengotron.lab.builder.tools.command import ToolFailed
from relengotron.lab.builder.tools.disk import FIRST_LBA, SECTOR
from relengotron.lab.builder.tools.image_factory import build_image
from relengotron.lab.builder.tools.ostree_cli import head
from tests.lab.tiny import REF


@pytest.fixture
def tree(ostree_repo: Path, treefile: Path) -> Path:
    assert rpm_ostree.main(["compose", "tree", f"--repo={ostree_repo}", str(treefile)], io.StringIO()) == 0
    return ostree_repo


def make_iso(tree: Path, outdir: Path, *options: str) -> tuple[int, str]:
    out = io.StringIO()
    variables = [f"--add-template-var=ostree_repo={tree}", f"--add-template-var=ostree_ref={REF}"]
    names = ["-p", "Lab", "-v", "24", "-r", "1", "--volid=Lab-24"]
    return lorax.main([*names, *variables, *options, str(outdir)], out), out.getvalue()


def read_iso(iso: Path, path: str, folder: Path) -> Path:
    target = folder / Path(path).name
    command = ["xorriso", "-osirrox", "on", "-indev", str(iso), "-extract", path, str(target)]
    subprocess.run(command, check=True, capture_output=True, timeout=60)
    return target


def test_the_iso_carries_the_commit_and_can_be_read_back(tree: Path, tmp_path: Path) -> None:
    assert make_iso(tree, tmp_path / "out")[0] == 0
    iso = tmp_path / "out" / "images" / "boot.iso"
    about = json.loads(read_iso(iso, "/packages.json", tmp_path).read_text())
    repo = read_iso(iso, "/ostree/repo", tmp_path)
    assert about["commit"] == head(tree, REF) == head(repo, REF)
    assert [row[0] for row in about["packages"]] == ["base", "kernel", "shell"]
    subprocess.run(["ostree", f"--repo={repo}", "fsck", "--quiet"], check=True, capture_output=True, timeout=60)


def test_the_iso_looks_bootable_and_has_its_volume_id(tree: Path, tmp_path: Path) -> None:
    make_iso(tree, tmp_path / "out")
    iso = tmp_path / "out" / "images" / "boot.iso"
    command = ["xorriso", "-indev", str(iso), "-report_el_torito", "plain", "-pvd_info"]
    report = subprocess.run(command, check=True, capture_output=True, text=True, timeout=60)
    assert "/isolinux/isolinux.bin" in report.stdout
    assert "Lab-24" in report.stdout + report.stderr


def test_with_a_given_date_two_isos_are_equal(tree: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1466467200")
    for name in ("a", "b"):
        make_iso(tree, tmp_path / name)
    first, second = (tmp_path / name / "images" / "boot.iso" for name in ("a", "b"))
    assert first.read_bytes() == second.read_bytes()


def test_lorax_refuses_an_existing_folder(tree: Path, tmp_path: Path) -> None:
    status, log = make_iso(tree, tmp_path)
    assert status == 1
    assert "already exists" in log


def test_lorax_needs_its_template_variables(tmp_path: Path) -> None:
    out = io.StringIO()
    assert lorax.main(["-p", "Lab", "-v", "24", "-r", "1", str(tmp_path / "out")], out) == 1
    assert "template variable ostree_repo is undefined" in out.getvalue()


def test_lorax_says_which_ref_is_missing(ostree_repo: Path, tmp_path: Path) -> None:
    status, log = make_iso(ostree_repo, tmp_path / "out")
    assert status == 1
    assert f"Refspec '{REF}' not found" in log


def test_the_disk_has_a_partition_whose_files_name_the_commit(tree: Path, tmp_path: Path) -> None:
    kickstart = f"ostreesetup --nogpg --osname=lab --remote=lab --url=file://{tree} --ref={REF}\n"
    [image] = build_image("Lab-24-1.x86_64", kickstart, ["raw-xz"], tmp_path, io.StringIO())
    disk = lzma.decompress(image.read_bytes())
    partition = tmp_path / "partition"
    partition.write_bytes(disk[FIRST_LBA * SECTOR :])
    command = ["/sbin/debugfs", "-R", "cat /ostree/commit", str(partition)]
    inside = subprocess.run(command, check=True, capture_output=True, text=True, timeout=60).stdout
    assert image.name == "Lab-24-1.x86_64.raw.xz"
    assert disk[SECTOR : SECTOR + 8] == b"EFI PART"
    assert inside.strip() == head(tree, REF)


def test_a_kickstart_without_a_tree_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ToolFailed, match="0 ostreesetup lines"):
        build_image("x", "lang en_US\n", ["raw-xz"], tmp_path, io.StringIO())


def test_an_unknown_format_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ToolFailed, match="vhd"):
        build_image("x", "", ["vhd"], tmp_path, io.StringIO())
