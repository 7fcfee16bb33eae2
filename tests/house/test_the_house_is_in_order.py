"""Are the layers kept, the commands there, and the files free of what belongs to one machine?"""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from relengotron.settings import load
from tests.house.places import ROOT, text_of, tracked_files

TARGETS = set(re.findall(r"^([a-z]+):.*##", text_of(ROOT / "Makefile"), re.MULTILINE))
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]
OF_ONE_MACHINE = re.compile(r"(?<![\w.}])/(?:work|home|root|Users)/[\w.]")
SELF = Path(__file__).name


def _program(name: str) -> str:
    beside = Path(sys.executable).parent / name
    found = str(beside) if beside.is_file() else shutil.which(name)
    if found is None:
        pytest.skip(f"{name} is not installed")
    return found


def test_the_layers_are_kept() -> None:
    done = subprocess.run(
        [_program("lint-imports"), "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_make_command_in_the_docs_exists(page: Path) -> None:
    named = re.findall(r"(?:`|^|\n)\s*make ([a-z]+)", text_of(page))
    assert set(named) <= TARGETS


def test_demo_and_test_need_no_other_step() -> None:
    makefile = text_of(ROOT / "Makefile")
    assert re.search(r"^demo: setup ", makefile, re.MULTILINE)
    assert re.search(r"^test: setup ", makefile, re.MULTILINE)
    assert text_of(ROOT / ".ci" / "run").rstrip().endswith("exec make test")
    assert os.access(ROOT / ".ci" / "run", os.X_OK)
    assert os.access(ROOT / "scripts" / "setup", os.X_OK)


def test_make_alone_lists_every_target() -> None:
    listed = subprocess.run([_program("make"), "-s"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert {line.split()[1] for line in listed.splitlines()} == TARGETS


def test_the_setup_script_is_plain_shell() -> None:
    subprocess.run(["sh", "-n", str(ROOT / "scripts" / "setup")], check=True)


def test_no_file_names_a_place_of_one_machine() -> None:
    found = [
        f"{path.relative_to(ROOT)}: {match.group(0)}"
        for path in tracked_files()
        if path.name != SELF and "corpus" not in path.parts
        for match in OF_ONE_MACHINE.finditer(text_of(path))
    ]
    assert not found


def test_the_licence_is_the_whole_gpl_3() -> None:
    text = text_of(ROOT / "LICENSE")
    assert "GNU GENERAL PUBLIC LICENSE" in text
    assert "END OF TERMS AND CONDITIONS" in text


def test_the_example_configuration_is_fit_to_start_with() -> None:
    from relengotron.plugins.image import ImagePlugin
    from relengotron.plugins.mash import MashPlugin
    from relengotron.plugins.ostree import OstreePlugin

    settings = load(ROOT / "config", examine_secrets=False)
    settings.check_plugin_settings({each.kind: each.settings for each in (MashPlugin, OstreePlugin, ImagePlugin)})
    assert all(settings.artifacts_for(lane) for lane in settings.lanes)


def test_the_example_names_only_hosts_that_cannot_exist() -> None:
    for path in (ROOT / "config").rglob("*.yaml"):
        hosts = re.findall(r"https?://([^/\s\"']+)", text_of(path))
        assert [host for host in hosts if not host.endswith(".example")] == []


@pytest.mark.parametrize("name", ["relengotron.service", "relengotron-runner.service"])
def test_the_units_stop_a_hub_the_way_that_loses_nothing(name: str) -> None:
    unit = text_of(ROOT / "systemd" / name)
    for line in ("KillSignal=SIGINT", "Restart=always", "TimeoutStopSec=120", "NoNewPrivileges=yes"):
        assert f"\n{line}\n" in unit
    assert "ExecReload" not in unit.replace("# There is no ExecReload", "")
