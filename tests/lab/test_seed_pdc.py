"""Does PDC know afterwards which artifact includes which package?"""

from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from relengotron.errors import RequestRefused
from relengotron.lab.bits import artifacts, seed_pdc
from relengotron.lab.bits.artifacts import Shipped
from relengotron.lab.web import WebServer
from relengotron.systems.pdc.simulated.app import wsgi_app
from relengotron.systems.pdc.simulated.state import PdcState
from tests.lab.tiny import TinyDistribution

TREE = Shipped("atomic-host", "ostree", "OSTreeIncludesRPM", ("kernel",))


@pytest.fixture
def pdc() -> Iterator[tuple[str, str]]:
    state = PdcState()
    with WebServer(wsgi_app(state)) as server:
        yield f"{server.url}/rest_api/v1", state.token


@pytest.fixture(autouse=True)
def _one_small_artifact(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(artifacts, "SHIPPED", (TREE,))
    monkeypatch.setattr(seed_pdc, "SHIPPED", (TREE,))


def test_the_packages_of_a_tree_are_its_whole_closure(tiny: TinyDistribution) -> None:
    assert [each.name for each in artifacts.contents(tiny.builds, "24")["atomic-host"]] == ["base", "kernel", "shell"]


def test_pdc_answers_which_artifacts_a_package_is_in(pdc: tuple[str, str], tiny: TinyDistribution) -> None:
    base, token = pdc
    with requests.Session() as session:
        seed_pdc.seed_pdc(base, token, tiny.builds, ("24",), session)
        query = {"to_component_name": "shell", "to_component_release": "fedora-24-updates", "page_size": "-1"}
        found = session.get(f"{base}/release-component-relationships/", params=query, timeout=10).json()
    assert [(each["type"], each["from_component"]["name"]) for each in found] == [("OSTreeIncludesRPM", "atomic-host")]


def test_a_wrong_token_is_an_error_with_the_answer(pdc: tuple[str, str], tiny: TinyDistribution) -> None:
    with requests.Session() as session, pytest.raises(RequestRefused, match="PDC answered 40"):
        seed_pdc.seed_pdc(pdc[0], "0" * 40, tiny.builds, ("24",), session)


def test_the_treefile_names_ref_repos_and_packages() -> None:
    treefile = artifacts.treefile("24", ["fedora", "updates"], testing=True)
    assert treefile["ref"] == "fedora-atomic/24/x86_64/testing/docker-host"
    assert treefile["repos"] == ["fedora", "updates"]
    assert not Path(str(treefile["ref"])).is_absolute()
