"""Is every setting of our own plugins described as the code has it?"""

import dataclasses
import re
from typing import Any

import pytest

from relengotron.sdk.discovery import discover
from tests.house.places import DOCS, text_of

OURS = ("mash", "ostree", "image")
IN_ALL = {"packages", "mounts"}
SETTINGS = [
    (kind, field)
    for kind, plugin in discover().by_kind.items()
    if kind in OURS
    for field in dataclasses.fields(plugin.settings)
]


def _rows() -> dict[tuple[str, str], str]:
    rows = re.findall(r"^\| `?([\w ]+?)`? \| `(\w+)` \| ([^|]*) \|", text_of(DOCS / "plugins.md"), re.MULTILINE)
    return {(kind, key): without for kind, key, without in rows}


@pytest.mark.parametrize(("kind", "field"), SETTINGS, ids=[f"{kind}.{field.name}" for kind, field in SETTINGS])
def test_every_setting_of_a_plugin_is_described_with_its_default(kind: str, field: Any) -> None:
    without = _rows()["all three" if field.name in IN_ALL else kind, field.name]
    match field.default:
        case dataclasses.MISSING if field.default_factory is dataclasses.MISSING:
            assert without == "must be set"
        case None | "":
            assert without == "nothing"
        case bool() as default:
            assert without == f"`{str(default).lower()}`"
        case str() | int() as default:
            assert without == f"`{default}`"


def test_no_setting_is_described_that_there_is_not() -> None:
    known = {(kind, field.name) for kind, field in SETTINGS} | {("all three", each) for each in IN_ALL}
    assert set(_rows()) <= known
