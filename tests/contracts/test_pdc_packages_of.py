"""Is PDC asked politely what one artifact contains, and not believed when it says something else?"""

import pytest
import requests
import responses

from relengotron.errors import MalformedInput
from relengotron.systems.inprocess import WsgiAdapter
from relengotron.systems.pdc.client import HttpPdc
from relengotron.systems.pdc.simulated import wsgi_app
from tests.stage.seeds import pdc_state

BASE = "http://pdc.sim"
TYPES = ("OSTreeIncludesRPM",)


@pytest.fixture(scope="module")
def pdc() -> HttpPdc:
    session = requests.Session()
    session.mount(BASE, WsgiAdapter(wsgi_app(pdc_state())))
    return HttpPdc(BASE, session)


def test_the_packages_of_one_artifact_and_no_more_than_wanted(pdc: HttpPdc) -> None:
    found = pdc.packages_of("fedora-24-updates", "atomic-host", TYPES, 10)
    assert [each.package for each in found] == ["bash", "openssl"]
    assert len(pdc.packages_of("fedora-24-updates", "atomic-host", TYPES, 1)) == 1


@pytest.mark.parametrize(("artifact", "types"), [("nobody", TYPES), ("atomic-host", ("ImageIncludesRPM",)), ("x", ())])
def test_an_artifact_that_pdc_does_not_know_contains_nothing(
    pdc: HttpPdc, artifact: str, types: tuple[str, ...]
) -> None:
    assert pdc.packages_of("fedora-24-updates", artifact, types, 10) == ()


@responses.activate
def test_what_nobody_asked_for_is_malformed() -> None:
    row = {
        "type": TYPES[0],
        "from_component": {"name": "another", "release": "fedora-24-updates"},
        "to_component": {"name": "bash"},
    }
    responses.get(f"{BASE}/rest_api/v1/release-component-relationships/", json=[row])
    with pytest.raises(MalformedInput, match="nobody asked for"):
        HttpPdc(BASE, requests.Session()).packages_of("fedora-24-updates", "atomic-host", TYPES, 10)
