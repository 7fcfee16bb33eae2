"""Does the PDC stand-in treat tokens, slashes, long lines and stale reads like the real server?"""

import json

import pytest
from werkzeug.test import Client

from relengotron.systems.pdc.simulated import PdcState, wsgi_app
from tests.unit.systems.pdc.api import ROOT, Api, Clock

NIX = {"short": "nix", "name": "Nix"}


@pytest.mark.parametrize(
    ("header", "detail"),
    [
        (None, "Authentication credentials were not provided."),
        ("Basic abc", "Authentication credentials were not provided."),
        ("Token", "Invalid token header. No credentials provided."),
        ("Token a b", "Invalid token header. Token string should not contain spaces."),
        ("Token " + "f" * 40, "Invalid token."),
    ],
)
def test_a_write_without_a_good_token_is_401(api: Api, header: str | None, detail: str) -> None:
    headers = {"Authorization": header} if header else {}

    answer = api.client.post(f"{ROOT}products/", json=NIX, headers=headers)

    assert (answer.status_code, answer.json) == (401, {"detail": detail})
    assert answer.headers["WWW-Authenticate"] == "Token"


def test_a_reader_may_not_write(api: Api) -> None:
    answer = api.call("POST", "products/", NIX, token=api.state.reader_token)

    assert answer.status_code == 403
    assert answer.json == {"detail": "You do not have permission to perform this action."}


def test_even_a_read_with_a_bad_token_is_401(api: Api) -> None:
    assert api.call("GET", "products/", token="0" * 40).status_code == 401


def test_the_scheme_word_has_no_case_and_tokens_can_be_given(clock: Clock) -> None:
    state = PdcState(clock=clock, token="ab" * 20)
    client = Client(wsgi_app(state))

    answer = client.get(f"{ROOT}auth/token/obtain/", headers={"Authorization": "tOKEN " + "ab" * 20})

    assert answer.json == {"token": "ab" * 20}


def test_a_refreshed_token_replaces_the_old_one(api: Api) -> None:
    old = api.state.token

    new = api.call("GET", "auth/token/refresh/").get_json()["token"]

    assert new != old
    assert api.call("POST", "products/", NIX, token=old).status_code == 401
    assert api.call("POST", "products/", NIX, token=new).status_code == 201


def test_a_get_without_a_slash_is_redirected_with_its_query(api: Api) -> None:
    answer = api.call("GET", "releases?active=true")

    assert (answer.status_code, answer.headers["Location"]) == (301, f"{ROOT}releases/?active=true")


def test_a_write_without_a_slash_ends_in_an_html_page(api: Api) -> None:
    answer = api.call("PATCH", "releases/x", {"active": False})

    assert (answer.status_code, answer.mimetype) == (500, "text/html")
    assert f"<title>RuntimeError at {ROOT}releases/x</title>" in answer.text


def test_an_address_that_is_not_there_is_404_in_json_only_when_asked(api: Api) -> None:
    plain, wanted = api.call("GET", "nothing/"), api.call("GET", "nothing/", Accept="application/json")

    assert (plain.status_code, plain.mimetype) == (404, "text/html")
    assert (wanted.status_code, wanted.json) == (404, {"detail": "Not found"})


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("{nope}", "Expecting property name enclosed in double quotes: line 1 column 2 (char 1)"),
        ("nope", "No JSON object could be decoded"),
        ('{"a": 1', "Expecting ',' delimiter: line 1 column 8 (char 7)"),
    ],
)
def test_what_is_not_json_is_refused_with_the_place(api: Api, text: str, reason: str) -> None:
    assert api.refused("POST", "products/", text) == {"detail": f"JSON parse error - {reason}"}


def test_another_media_type_is_415(api: Api) -> None:
    headers = {"Authorization": f"Token {api.state.token}", "Content-Type": "text/plain"}

    assert api.client.post(f"{ROOT}products/", data="x", headers=headers).status_code == 415


def test_a_line_above_8190_bytes_is_414_and_many_pairs_are_503(api: Api) -> None:
    assert api.call("GET", "releases/?name=" + "n" * 8100).status_code == 200
    assert api.call("GET", "releases/?name=" + "n" * 8190).status_code == 414
    assert api.call("GET", "releases/?" + "&".join(["name="] * 1000)).status_code == 200
    crowded = api.call("GET", "releases/?" + "&".join(["name="] * 1001))
    assert crowded.status_code == 503
    assert crowded.get_json()["detail"].startswith("The server encountered an internal error")


def test_reads_may_be_stale_for_thirty_seconds_but_not_at_another_address(clock: Clock) -> None:
    api = Api(PdcState(clock=clock, stale_reads=30))
    assert api.get("products/")["count"] == 0

    api.post("products/", NIX)
    clock.now += 29.9

    stale = api.call("GET", "products/", token=None)
    assert stale.get_json()["count"] == 0
    assert stale.headers["Cache-Control"] == "max-age=30"
    assert api.get("products/?ordering=short")["count"] == 1
    clock.now += 0.2
    assert api.get("products/")["count"] == 1


def test_every_row_of_an_answer_costs_time(clock: Clock) -> None:
    slept: list[float] = []
    api = Api(PdcState(clock=clock, row_cost=0.0047, sleep=slept.append))
    api.post("global-components/", [{"name": f"p{number}"} for number in range(200)])
    slept.clear()

    api.get("global-components/?page_size=-1")
    api.get("global-components/?page_size=50")

    assert slept == [pytest.approx(0.94), pytest.approx(0.235)]


def test_a_new_server_has_no_types_for_images_and_ostrees(clock: Clock) -> None:
    stock, kept = Api(PdcState(clock=clock, stock_types=True)), Api(PdcState(clock=clock))

    def names(api: Api, path: str) -> list[str]:
        return [row["name"] for row in api.get(f"{path}/?page_size=-1")]

    assert names(stock, "release-component-types") == ["rpm", "container", "zip", "iso", "composite"]
    assert names(stock, "component-relationship-types") == ["bundles", "executes"]
    assert names(kept, "release-component-types")[5:] == ["image", "ostree"]
    assert "OSTreeIncludesRPM" in names(kept, "component-relationship-types")


def test_a_read_can_be_conditional_where_the_server_knows_the_last_change(api: Api, clock: Clock) -> None:
    api.post("products/", NIX)
    first = api.call("GET", "products/", token=None)

    again = api.call("GET", "products/", token=None, If_Modified_Since=first.headers["Last-Modified"])
    clock.now += 60
    api.patch("products/nix/", {"name": "NixOS"})
    changed = api.call("GET", "products/", token=None, If_Modified_Since=first.headers["Last-Modified"])

    assert (again.status_code, changed.status_code) == (304, 200)


def test_the_root_names_every_collection(api: Api) -> None:
    root = api.get("")

    assert root["overrides/rpm"] == f"http://localhost{ROOT}overrides/rpm/"
    assert json.dumps(root) == json.dumps(dict(sorted(root.items())))
