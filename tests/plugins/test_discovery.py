"""What becomes of plugins that do not load, are something else, or claim what another has?"""

from collections.abc import Iterator
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from relengotron.sdk.discovery import GROUP, discover
from tests.plugins.strangers import on_the_path

STRANGERS = """
from relengotron.plugins.mash import MashPlugin

class AnotherMash(MashPlugin):
    pass

class NoPlugin:
    kind = "checksums"

class Unfinished(MashPlugin):
    kind = "unfinished"
    def __init__(self, something):
        pass

class Nameless(MashPlugin):
    kind = None

class Bomb(MashPlugin):
    def __init__(self):
        raise RuntimeError("boom")

class Quitter(MashPlugin):
    def __init__(self):
        raise SystemExit(3)
"""


@pytest.fixture(autouse=True)
def strangers(tmp_path: Path) -> Iterator[None]:
    (tmp_path / "strangers.py").write_text(STRANGERS)
    (tmp_path / "broken_at_import.py").write_text("import no_such_module_anywhere\n")
    (tmp_path / "quits_at_import.py").write_text("raise SystemExit('good bye')\n")
    with on_the_path(tmp_path):
        yield


def _point(name: str, value: str) -> EntryPoint:
    return EntryPoint(name, value, GROUP)


MASH = _point("mash", "relengotron.plugins.mash:MashPlugin")


@pytest.mark.parametrize(
    ("value", "sentence"),
    [
        ("broken_at_import:Plugin", "no_such_module_anywhere"),
        ("quits_at_import:Plugin", "good bye"),
        ("no_such_module_here:Plugin", "no_such_module_here"),
        ("strangers:NoSuchClass", "NoSuchClass"),
        ("strangers:NoPlugin", "is no ArtifactPlugin"),
        ("strangers:Unfinished", "something"),
        ("strangers:Nameless", "with a kind"),
        ("strangers:Bomb", "boom"),
        ("strangers:Quitter", "SystemExit(3)"),
        ("relengotron.sdk.artifact:ArtifactPlugin", "does not load"),
    ],
)
def test_a_broken_plugin_is_named_with_the_reason_and_the_others_work(value: str, sentence: str) -> None:
    plugins = discover([MASH, _point("stranger", value)])
    assert set(plugins.by_kind) == {"mash"}
    assert set(plugins.broken) == {"stranger"}
    assert sentence in plugins.broken["stranger"]


def test_of_two_plugins_of_one_kind_the_first_by_name_is_taken_whatever_the_order() -> None:
    another = _point("mash-too", "strangers:AnotherMash")
    for points in ([MASH, another], [another, MASH]):
        plugins = discover(points)
        assert type(plugins.by_kind["mash"]).__name__ == "MashPlugin"
        assert "another plugin has" in plugins.broken["mash-too"]


def test_ours_are_found_like_anybody_s() -> None:
    plugins = discover()
    assert {"mash", "ostree", "image"} <= set(plugins.by_kind)
