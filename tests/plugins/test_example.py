"""Does the example plugin that we show to strangers work as shown?"""

import importlib
import re
import runpy
from unittest import mock

import setuptools

from relengotron.sdk.conformance import ArtifactConformance
from relengotron.sdk.discovery import GROUP, discover
from tests.plugins.strangers import EXAMPLE, EXAMPLE_POINT, on_the_path

with on_the_path(EXAMPLE), on_the_path(EXAMPLE / "tests"):
    _shown = importlib.import_module("test_checksums")


class TestExample(ArtifactConformance):
    case = _shown.ChecksumsCase()


def test_it_is_found_by_its_entry_point() -> None:
    with on_the_path(EXAMPLE):
        plugins = discover([EXAMPLE_POINT])
    assert dict(plugins.broken) == {}
    assert plugins.by_kind["checksums"].kind == "checksums"


def test_its_setup_declares_that_entry_point() -> None:
    with mock.patch.object(setuptools, "setup") as setup:
        runpy.run_path(str(EXAMPLE / "setup.py"))
    points = setup.call_args.kwargs["entry_points"][GROUP]
    assert points == [f"{EXAMPLE_POINT.name} = {EXAMPLE_POINT.value}"]


def test_it_imports_nothing_that_a_stranger_may_not_use() -> None:
    text = (EXAMPLE / "relengotron_example_checksums.py").read_text()
    ours = set(re.findall(r"^from (relengotron[\w.]*) import", text, re.MULTILINE))
    assert ours <= {
        "relengotron.errors",
        "relengotron.sdk",
        "relengotron.systems.koji.port",
        "relengotron.systems.mirror.paths",
        "relengotron.systems.mirror.port",
    }
