"""Recommendations that make no difference are forgotten, and no answer is another one for it."""

from collections.abc import Sequence
from pathlib import Path
from unittest.mock import patch

import pytest
from hypothesis import given

from relengotron.model.contents import Manifest
from relengotron.systems.repodata import warm
from tests.contracts.repodata_repos import Reader, Rpm, a_manifest, a_repo
from tests.contracts.test_repodata_properties import QUICK, contents, manifests, solved


@pytest.fixture
def reader(tmp_path: Path) -> Reader:
    return Reader(tmp_path / "cache")


@QUICK
@given(contents, manifests)
def test_an_answer_does_not_depend_on_what_was_forgotten(rpms: Sequence[Rpm], manifest: Manifest) -> None:
    thin = solved([rpms], manifest)
    with patch.object(warm, "forget_idle_recommendations"):
        whole = solved([rpms], manifest)
    assert (whole.packages, whole.problems) == (thin.packages, thin.problems)


def test_of_two_that_fulfil_a_dependency_the_recommended_one_is_taken_although_it_is_not_asked_for(
    tmp_path: Path, reader: Reader
) -> None:
    rpms = [
        Rpm("app", requires=("shell", "friend")),
        Rpm("friend", recommends=("zsh", "docs")),
        Rpm("ash", provides=("shell",)),
        Rpm("zsh", provides=("shell",)),
        Rpm("docs"),
    ]
    urls = (a_repo(tmp_path / "repo", *rpms, with_files=False),)
    assert reader.installs(urls, "app") == {"app-1-1.noarch", "friend-1-1.noarch", "zsh-1-1.noarch"}
    assert "docs-1-1.noarch" in reader.installs(urls, "app", recommends=True)


def test_a_wish_that_leaves_a_choice_is_asked_of_all_recommendations(tmp_path: Path, reader: Reader) -> None:
    rpms = [
        Rpm("app", recommends=("zsh",)),
        Rpm("ash", provides=("shell",)),
        Rpm("zsh", provides=("shell",)),
    ]
    urls = (a_repo(tmp_path / "repo", *rpms, with_files=False),)
    universe, wish = reader.universe(urls), a_manifest("app", "shell")
    answer = reader.repodata.solve(universe, wish)
    with patch.object(warm, "forget_idle_recommendations"):
        assert Reader(tmp_path / "other").repodata.solve(universe, wish) == answer
