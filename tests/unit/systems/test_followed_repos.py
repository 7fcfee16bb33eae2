"""Which OSTree repos do the masters on other machines follow?"""

from pathlib import Path
from typing import Any

import pytest
import requests

from relengotron.settings import Settings, load
from relengotron.settings.systems import Mirror
from relengotron.systems.ostree.client import OstreeCli
from relengotron.systems.ostree.followed import FollowedRepo
from relengotron.systems.world import followed_repos, mirror_of, ostree_of

MASTERS: list[dict[str, Any]] = [{"name": "ams", "url": "rsync://ams.example/pub"}]


def settings_with(root: Path, masters: list[dict[str, Any]]) -> Settings:
    """The example's, with this mirror."""
    settings = load(Path(__file__).parents[3] / "config", examine_secrets=False)
    mirror = Mirror.model_validate({"root": str(root), "url": "https://mirror.example/pub", "masters": masters})
    return settings.model_copy(update={"systems": settings.systems.model_copy(update={"mirror": mirror})})


@pytest.mark.parametrize(
    ("masters", "place", "is_followed"),
    [
        (MASTERS, "pub/atomic/24", True),
        (MASTERS, "pub/../pub/atomic/24", True),
        (MASTERS, "private/24", False),
        (MASTERS, "pub/../private/24", False),
        (MASTERS, "pub", False),
        ([], "pub/atomic/24", False),
    ],
)
def test_those_below_the_root_of_the_mirror_are(
    tmp_path: Path, masters: list[dict[str, Any]], place: str, is_followed: bool
) -> None:
    settings = settings_with(tmp_path / "pub", masters)
    repo = followed_repos(settings, mirror_of(settings, requests.Session), OstreeCli)(tmp_path / place)
    assert isinstance(repo, FollowedRepo) is is_followed


def test_whoever_acts_on_one_by_command_takes_the_masters_along(tmp_path: Path) -> None:
    assert isinstance(ostree_of(settings_with(tmp_path / "pub", MASTERS))(tmp_path / "pub/atomic/24"), FollowedRepo)
