"""Does our PDC client ask well and doubt what it hears?"""

import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any
from wsgiref.types import StartResponse, WSGIEnvironment

import pytest
import requests
import responses

from relengotron.errors import MalformedInput, RequestRefused, SystemUnreachable
from relengotron.systems.inprocess import WsgiAdapter
from relengotron.systems.pdc.client import HttpPdc
from relengotron.systems.pdc.port import Containment, PdcRelease
from relengotron.systems.pdc.simulated import PdcState, wsgi_app

BASE = "http://pdc.sim"
API = f"{BASE}/rest_api/v1"
RELATIONSHIPS = f"{API}/release-component-relationships/"
TYPES = ("ImageIncludesRPM", "OSTreeIncludesRPM")
Fault = Callable[[str], str | None]


class Front:
    """The web server in front of PDC: remembers what was asked and may fail instead of asking PDC."""

    def __init__(self, state: PdcState) -> None:
        self._app = wsgi_app(state)
        self.asked: list[str] = []
        self.fault: Fault = lambda url: None

    def remember(self, state: PdcState, seconds: float) -> None:
        """From now on PDC repeats its answers, as a real one does."""
        state.stale_reads = seconds
        self._app = wsgi_app(state)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        url = f"{environ['PATH_INFO']}?{environ['QUERY_STRING']}"
        self.asked.append(url)
        status = self.fault(url)
        if status is None:
            return self._app(environ, start_response)
        start_response(status, [("Content-Type", "text/html")])
        return [b"<html>not now</html>"]


@pytest.fixture
def state() -> PdcState:
    return PdcState(clock=lambda: 1_600_000_000.0)


@pytest.fixture
def front(state: PdcState) -> Front:
    return Front(state)


@pytest.fixture
def session(front: Front) -> requests.Session:
    session = requests.Session()
    session.mount(BASE, WsgiAdapter(front))
    return session


@pytest.fixture
def pdc(session: requests.Session) -> HttpPdc:
    return HttpPdc(BASE, session)


@pytest.fixture
def filled(session: requests.Session, state: PdcState, front: Front, pdc: HttpPdc) -> HttpPdc:
    """Two releases; in each an image and an OSTree hold all packages, which have long names: 400, and only 10."""
    headers = {"Authorization": f"Token {state.token}"}

    def post(path: str, body: Any) -> Any:
        answer = session.post(f"{API}/{path}/", json=body, headers=headers, timeout=5)
        assert answer.status_code == 201, answer.text
        return answer.json()

    names = [f"some-package-name-{number:04}" for number in range(400)]
    artifacts = [("live", "image"), ("desktop", "ostree")]
    post("global-components", [{"name": name} for name in (*names, "live", "desktop")])
    for version, some in (("7", names), ("8", names[:10])):
        post("releases", {"name": "M", "short": "mageia", "version": version, "release_type": "ga"})
        rows = [(name, "rpm") for name in some] + artifacts
        release = f"mageia-{version}"
        made = post(
            "release-components",
            [{"name": name, "global_component": name, "release": release, "type": kind} for name, kind in rows],
        )
        ids = {row["name"]: row["id"] for row in made}
        links = [(artifact, name, kind) for (artifact, _), kind in zip(artifacts, TYPES, strict=True) for name in some]
        post(
            "release-component-relationships",
            [
                {"from_component": {"id": ids[holder]}, "to_component": {"id": ids[name]}, "type": kind}
                for holder, name, kind in links
            ],
        )
    front.asked.clear()
    return pdc


def packages(number: int) -> list[str]:
    return [f"some-package-name-{each:04}" for each in range(number)]


def test_artifacts_are_found_with_the_relation_and_the_package(filled: HttpPdc, front: Front) -> None:
    found = filled.artifacts_containing("mageia-7", {"some-package-name-0007", "absent"}, TYPES)

    assert set(found) == {
        Containment("live", "mageia-7", "ImageIncludesRPM", "some-package-name-0007"),
        Containment("desktop", "mageia-7", "OSTreeIncludesRPM", "some-package-name-0007"),
    }
    assert len(front.asked) == 1


def test_only_the_wanted_relations_count(filled: HttpPdc) -> None:
    found = filled.artifacts_containing("mageia-8", packages(2), ["OSTreeIncludesRPM"])

    assert {each.artifact for each in found} == {"desktop"}
    assert {each.artifact_release for each in found} == {"mageia-8"}


def test_many_packages_take_few_requests_that_fit_the_line(filled: HttpPdc, front: Front) -> None:
    found = filled.artifacts_containing("mageia-7", packages(400), TYPES)

    assert len(found) == 800
    assert len(front.asked) == 3
    assert max(len(BASE + url) for url in front.asked) < 8000
    assert all("page_size=-1" in url for url in front.asked)


def test_questions_are_known_before_anything_is_asked(filled: HttpPdc, front: Front) -> None:
    questions = list(filled.questions("mageia-7", packages(400), TYPES))

    assert [name for some in questions for name in some] == packages(400)
    assert front.asked == []
    for some in questions:
        filled.artifacts_containing("mageia-7", some, TYPES, fresh=True)
    assert len(front.asked) == len(questions) == 3
    assert max(len(BASE + url) for url in front.asked) < 8000


def test_a_fresh_look_is_not_answered_from_the_memory_of_pdc(filled: HttpPdc, front: Front, state: PdcState) -> None:
    front.remember(state, seconds=30)
    row = state.tables["relationships"].rows[1]
    assert len(filled.artifacts_containing("mageia-7", packages(1), TYPES)) == 2

    state.tables["relationships"].remove(row)

    assert len(filled.artifacts_containing("mageia-7", packages(1), TYPES)) == 2
    assert len(filled.artifacts_containing("mageia-7", packages(1), TYPES, fresh=True)) == 1
    assert len(filled.artifacts_containing("mageia-7", packages(1), TYPES, fresh=True)) == 1
    sizes = re.findall(r"page_size=(-?[0-9]+)", " ".join(front.asked))
    assert sizes[:2] == ["-1", "-1"]
    assert len(set(sizes)) == 3
    assert all(int(size) < 0 for size in sizes)


def test_a_fresh_look_that_is_too_much_at_once_is_read_page_by_page(filled: HttpPdc, front: Front) -> None:
    front.fault = lambda url: "504 Gateway Timeout" if "page_size=-" in url else None

    assert len(filled.artifacts_containing("mageia-7", packages(300), TYPES, fresh=True)) == 600


def test_no_request_has_more_than_900_pairs(filled: HttpPdc, front: Front) -> None:
    filled.artifacts_containing("mageia-7", [f"p{number}" for number in range(290)] * 4, TYPES)

    assert max(url.count("=") for url in front.asked) <= 900


def test_short_names_are_limited_by_pairs() -> None:
    from relengotron.systems.pdc.questions import questions_that_fit

    names = [chr(0x61 + number % 26) for number in range(2000)]
    fitting = list(questions_that_fit(names, [("type", "x")], 10))

    assert max(len(some) for some in fitting) <= 898
    assert [name for some in fitting for name in some] == names


def test_nothing_is_asked_about_nothing(pdc: HttpPdc, front: Front) -> None:
    assert pdc.artifacts_containing("mageia-7", [], TYPES) == ()
    assert pdc.artifacts_containing("mageia-7", ["zsh"], []) == ()
    assert front.asked == []


@pytest.mark.parametrize("name", ["", " zsh", "z" * 9000])
def test_a_name_that_cannot_be_asked_is_refused_at_home(pdc: HttpPdc, front: Front, name: str) -> None:
    with pytest.raises(MalformedInput):
        pdc.artifacts_containing("mageia-7", [name], TYPES)
    assert front.asked == []


@pytest.mark.parametrize("status", ["414 Too Long", "502 Bad Gateway", "503 Unavailable", "504 Gateway Timeout"])
def test_a_question_that_is_too_much_is_asked_in_halves(filled: HttpPdc, front: Front, status: str) -> None:
    front.fault = lambda url: status if url.count("to_component_name") > 60 else None

    found = filled.artifacts_containing("mageia-7", packages(150), TYPES)

    assert len(found) == len(set(found)) == 300


def test_a_front_server_that_takes_only_short_lines_is_still_served(filled: HttpPdc, front: Front) -> None:
    front.fault = lambda url: "414 Too Long" if len(url) > 300 else None

    assert len(filled.artifacts_containing("mageia-7", packages(20), TYPES)) == 40


def test_an_answer_that_never_comes_whole_is_read_page_by_page(filled: HttpPdc, front: Front) -> None:
    front.fault = lambda url: "504 Gateway Timeout" if "page_size=-1" in url else None

    found = filled.artifacts_containing("mageia-7", packages(300), TYPES)

    assert len(found) == 600
    assert any("page_size=100" in url for url in front.asked)


def test_a_dead_server_is_not_asked_for_ever(filled: HttpPdc, front: Front) -> None:
    front.fault = lambda url: "503 Unavailable"

    with pytest.raises(SystemUnreachable):
        filled.artifacts_containing("mageia-7", packages(300), TYPES)
    assert len(front.asked) <= 5


def test_a_release_is_read_or_missing(filled: HttpPdc, front: Front) -> None:
    assert filled.release("mageia-7") == PdcRelease("mageia-7", "mageia", "7", active=True, product_version=None)
    assert filled.release("mageia-9") is None
    assert filled.release("../products") is None
    assert all(url.startswith("/rest_api/v1/releases/") for url in front.asked)


def test_the_types_are_those_the_administrators_made(pdc: HttpPdc) -> None:
    assert {"rpm", "image", "ostree"} <= pdc.component_types()
    assert set(TYPES) <= pdc.relation_types()


def test_pdc_says_where_it_is_and_who_we_are(pdc: HttpPdc, session: requests.Session, state: PdcState) -> None:
    assert pdc.identity() == f"PDC at {API}/, anonymous"
    session.headers["Authorization"] = f"Token {state.token}"
    assert pdc.identity() == f"PDC at {API}/ as relengotron"
    session.headers["Authorization"] = "Token nonsense"
    with pytest.raises(SystemUnreachable, match="Invalid token"):
        pdc.identity()


def test_the_address_may_name_the_interface(session: requests.Session) -> None:
    assert {HttpPdc(url, session).base_url for url in (BASE, f"{BASE}/", API, f"{API}/")} == {f"{API}/"}


# Answers that no PDC of ours gives.


@pytest.fixture
def liar() -> Iterator[responses.RequestsMock]:
    with responses.RequestsMock() as mock:
        yield mock


@pytest.fixture
def doubting() -> HttpPdc:
    return HttpPdc(BASE, requests.Session())


def row(**changed: Any) -> dict[str, Any]:
    ends = {"from_component": {"id": 1, "name": "live", "release": "m-7"}, "to_component": {"id": 2, "name": "zsh"}}
    return {"id": 5, "type": TYPES[0], **ends, **changed}


@pytest.mark.parametrize(
    "answer",
    [
        {"detail": "fine"},
        "nothing",
        {"results": {}, "next": None},
        {"results": [], "next": 7},
        [row(type=None)],
        [row(from_component={"id": 1})],
        [row(to_component="zsh")],
        [row(from_component={"id": 1, "name": "", "release": "m-7"})],
        [row(from_component={"id": 1, "name": "live\nother", "release": "m-7"})],
        [row(to_component={"id": 2, "name": "dash"})],
        [row(type="bundles")],
        [row(from_component={"id": 1, "name": "live", "release": "m-8"})],
        [[]],
    ],
)
def test_rows_of_another_shape_or_of_another_question(
    liar: responses.RequestsMock, doubting: HttpPdc, answer: Any
) -> None:
    liar.get(RELATIONSHIPS, json=answer)

    with pytest.raises(MalformedInput):
        doubting.artifacts_containing("m-7", ["zsh"], TYPES)


def test_a_row_told_twice_counts_once(liar: responses.RequestsMock, doubting: HttpPdc) -> None:
    liar.get(RELATIONSHIPS, json=[row(), row(id=6)])

    assert len(doubting.artifacts_containing("m-7", ["zsh"], TYPES)) == 1


def test_a_next_link_is_asked_at_our_own_address(liar: responses.RequestsMock, doubting: HttpPdc) -> None:
    elsewhere = "https://inner.example.org:8443/other/?page=2&page_size=1&type=a&type=b&to_component_name="
    liar.get(RELATIONSHIPS, json={"count": 2, "next": elsewhere, "previous": None, "results": [row()]})
    liar.get(RELATIONSHIPS, json={"count": 2, "next": None, "previous": None, "results": [row(type=TYPES[1])]})

    assert len(doubting.artifacts_containing("m-7", ["zsh"], TYPES)) == 2
    assert liar.calls[1].request.url == f"{RELATIONSHIPS}?page=2&page_size=1&type=a&type=b&to_component_name="


def test_half_a_page_is_no_answer(liar: responses.RequestsMock, doubting: HttpPdc) -> None:
    liar.get(RELATIONSHIPS, json={"count": 2, "next": None, "previous": None, "results": [row()]})

    with pytest.raises(SystemUnreachable, match="1 of 2 rows"):
        doubting.artifacts_containing("m-7", ["zsh"], TYPES)


def test_half_an_answer_is_no_answer(liar: responses.RequestsMock, doubting: HttpPdc) -> None:
    liar.get(RELATIONSHIPS, body='[{"id": 5, "type": "ImageIncl')

    with pytest.raises(SystemUnreachable, match="not JSON"):
        doubting.artifacts_containing("m-7", ["zsh"], TYPES)


def test_pages_that_lead_in_circles(liar: responses.RequestsMock, doubting: HttpPdc) -> None:
    liar.get(RELATIONSHIPS, json={"count": 9, "next": f"{RELATIONSHIPS}?page=2", "previous": None, "results": [row()]})

    with pytest.raises(MalformedInput, match="circles"):
        doubting.artifacts_containing("m-7", ["zsh"], TYPES)


def test_a_page_of_somebody_else(liar: responses.RequestsMock, doubting: HttpPdc) -> None:
    liar.get(re.compile(".*"), body="<html>Please log in</html>")

    with pytest.raises(SystemUnreachable, match="not JSON"):
        doubting.component_types()


@pytest.mark.parametrize("answer", [[], {"release_id": "m-7"}, {"release_id": "m-7", "active": "yes"}])
def test_a_release_of_another_shape(liar: responses.RequestsMock, doubting: HttpPdc, answer: Any) -> None:
    liar.get(f"{API}/releases/m-7/", json=answer)

    with pytest.raises(MalformedInput):
        doubting.release("m-7")


def test_another_release_than_the_one_asked_for(liar: responses.RequestsMock, doubting: HttpPdc) -> None:
    other = {"release_id": "m-8", "short": "m", "version": "8", "active": True, "product_version": None}
    liar.get(f"{API}/releases/m-7/", json=other)

    with pytest.raises(MalformedInput, match="m-8"):
        doubting.release("m-7")


@pytest.mark.parametrize(
    ("status", "error"),
    [(400, RequestRefused), (403, SystemUnreachable), (302, SystemUnreachable), (500, SystemUnreachable)],
)
def test_statuses_become_our_errors(
    liar: responses.RequestsMock, doubting: HttpPdc, status: int, error: type[Exception]
) -> None:
    liar.get(f"{API}/releases/m-7/", status=status, json={"detail": "no"}, headers={"Location": "http://x.test/"})

    with pytest.raises(error):
        doubting.release("m-7")


@pytest.mark.parametrize(
    "broken",
    [
        requests.ConnectionError("no route"),
        requests.ConnectTimeout("slow"),
        requests.ReadTimeout("slower"),
        requests.exceptions.ChunkedEncodingError("half an answer"),
    ],
)
def test_a_broken_connection_is_a_reason_to_ask_again(
    liar: responses.RequestsMock, doubting: HttpPdc, broken: Exception
) -> None:
    liar.get(re.compile(".*"), body=broken)

    with pytest.raises(SystemUnreachable):
        doubting.relation_types()
