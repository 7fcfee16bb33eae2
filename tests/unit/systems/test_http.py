"""Proxies of the environment are respected, and looked for once for each service."""

import pytest
import requests

from relengotron.systems.http import Session

KOJI, PDC = "http://koji.example/kojihub", "http://pdc.example/rest_api"


def settings(session: requests.Session, url: str, proxies: dict[str, str] | None = None) -> dict[str, object]:
    return dict(session.merge_environment_settings(url, proxies or {}, None, None, None))


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://proxy.example:3128")
    monkeypatch.setenv("no_proxy", "pdc.example")


@pytest.mark.parametrize("url", [KOJI, PDC])
def test_each_service_gets_what_requests_itself_would_find(url: str) -> None:
    with Session() as ours, requests.Session() as theirs:
        assert settings(ours, url) == settings(ours, f"{url}/more") == settings(theirs, url)


def test_the_environment_is_looked_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    with Session() as session:
        first = settings(session, KOJI)
        monkeypatch.delenv("http_proxy")
        assert settings(session, KOJI) == first
        first.clear()
        assert settings(session, KOJI)["proxies"] == {
            "http": "http://proxy.example:3128",
            "no": "pdc.example",
        }


def test_proxies_of_the_caller_come_first() -> None:
    with Session() as session:
        settings(session, KOJI)
        found = settings(session, KOJI, {"http": "http://other.example"})["proxies"]
        assert isinstance(found, dict)
        assert found["http"] == "http://other.example"
