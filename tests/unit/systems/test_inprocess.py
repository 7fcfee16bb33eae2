import threading
from collections.abc import Iterator
from typing import Any

import koji
import pytest
import requests
from flask import Flask, Response, jsonify, redirect, request
from werkzeug.wrappers import Response as BaseResponse

from relengotron.systems.inprocess import WsgiAdapter

BASE = "http://service.sim"


def an_app() -> Flask:
    app = Flask("an_app")

    @app.route("/echo/<path:rest>", methods=["GET", "POST"])
    def echo(rest: str) -> Response:
        return jsonify(
            method=request.method,
            url=request.url,
            rest=rest,
            args=request.args.to_dict(flat=False),
            body=request.get_data(as_text=True),
            token=request.headers.get("X-Token"),
            type=request.content_type,
        )

    @app.route("/cookie")
    def cookie() -> Response:
        answer = jsonify(seen=request.cookies.get("who"))
        answer.set_cookie("who", "releng")
        answer.set_cookie("other", "thing")
        return answer

    @app.route("/moved")
    def moved() -> BaseResponse:
        return redirect("/echo/new")

    @app.route("/chunks")
    def chunks() -> Response:
        return Response((bytes([65 + n]) * 1000 for n in range(10)), mimetype="text/plain")

    @app.route("/xmlrpc", methods=["POST"])
    def xmlrpc() -> Response:
        (number,), method = koji.xmlrpcplus.loads(request.get_data())
        return Response(koji.xmlrpcplus.dumps(({"method": method, "number": number},), methodresponse=1))

    return app


@pytest.fixture
def session() -> Iterator[requests.Session]:
    with requests.Session() as session:
        session.mount(BASE, WsgiAdapter(an_app()))
        yield session


def ask(session: requests.Session, path: str, **options: Any) -> Any:
    return session.get(f"{BASE}{path}", timeout=5, **options).json()


def test_path_query_and_headers_arrive_as_over_a_socket(session: requests.Session) -> None:
    seen = ask(session, "/echo/a b/ü", params={"x": ["1", "2"], "q": "a&b"}, headers={"X-Token": "t"})

    assert seen["rest"] == "a b/ü"
    assert seen["args"] == {"x": ["1", "2"], "q": ["a&b"]}
    assert seen["token"] == "t"
    assert seen["url"].startswith(f"{BASE}/echo/")


@pytest.mark.parametrize("body", [b"bytes", "text", iter([b"ge", b"nerator"])])
def test_any_body_arrives(session: requests.Session, body: Any) -> None:
    seen = session.post(f"{BASE}/echo/x", data=body, timeout=5).json()

    assert seen["body"] in {"bytes", "text", "generator"}


def test_json_arrives_with_its_content_type(session: requests.Session) -> None:
    seen = session.post(f"{BASE}/echo/x", json={"a": 1}, timeout=5).json()

    assert (seen["body"].replace(" ", ""), seen["type"]) == ('{"a":1}', "application/json")


def test_cookies_are_kept(session: requests.Session) -> None:
    ask(session, "/cookie")

    assert ask(session, "/cookie") == {"seen": "releng"}
    assert session.cookies.get("other") == "thing"


def test_redirects_are_followed(session: requests.Session) -> None:
    assert ask(session, "/moved")["rest"] == "new"


def test_a_streamed_answer_can_be_read_in_pieces(session: requests.Session) -> None:
    with session.get(f"{BASE}/chunks", stream=True, timeout=5) as answer:
        pieces = list(answer.iter_content(3000))
    with session.get(f"{BASE}/chunks", stream=True, timeout=5) as answer:
        first = answer.raw.read(5)

    assert [len(piece) for piece in pieces] == [3000, 3000, 3000, 1000]
    assert first == b"AAAAA"


def test_a_koji_session_speaks_through_it() -> None:
    hub = koji.ClientSession(f"{BASE}/xmlrpc", {"anon_retry": False, "max_retries": 1})
    hub.rsession.mount(BASE, WsgiAdapter(an_app()))

    assert hub.getTaskInfo(42) == {"method": "getTaskInfo", "number": 42}


def test_threads_may_share_the_adapter() -> None:
    adapter, seen = WsgiAdapter(an_app()), []

    def run(number: int) -> None:
        with requests.Session() as session:
            session.mount(BASE, adapter)
            seen.append(ask(session, f"/echo/{number}")["rest"])

    threads = [threading.Thread(target=run, args=(number,)) for number in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(map(int, seen)) == list(range(20))
