"""Do an artifact's settings fit what its plugin declared?"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from relengotron.errors import SettingsError
from relengotron.settings import load

EXAMPLE = Path(__file__).parents[3] / "config"


@dataclass(frozen=True)
class AsWritten:
    """Takes what the example says of a repo."""

    config: str
    comps: str | None = None


@dataclass(frozen=True)
class Different:
    """Wants other keys and types than the example gives."""

    confg: str
    comps: int


@dataclass(frozen=True)
class OfTree:
    """What the example says of a tree."""

    ref: str
    live_repo: str
    url_path: str
    treefile: dict[str, Any]


@dataclass(frozen=True)
class OfImage:
    """What the example says of an image."""

    name: str
    carrier: str
    format: str = ""
    disk_size_gib: int = 0
    kickstart: str = ""


def test_settings_that_fit_are_accepted() -> None:
    settings = load(EXAMPLE, examine_secrets=False)
    settings.check_plugin_settings({"mash": AsWritten, "ostree": OfTree, "image": OfImage})


def test_each_mistake_names_artifact_key_and_what_is_allowed() -> None:
    settings = load(EXAMPLE, examine_secrets=False)
    with pytest.raises(SettingsError) as refused:
        settings.check_plugin_settings({"mash": Different, "ostre": OfTree, "image": OfImage})
    told = str(refused.value)
    assert "updates-24.settings.config: unknown key (did you mean 'confg'?); allowed: confg, comps" in told
    assert "updates-24.settings.confg: missing" in told
    assert "updates-24.settings.comps: found '/srv/comps/comps-f24.xml'; Input should be a valid integer" in told
    assert "atomic-tree-24-testing.kind: found 'ostree' (did you mean 'ostre'?); allowed: image, mash, ostre" in told
