"""How does the stand-in speak HTTP?"""

import json
from collections.abc import Callable
from email.utils import formatdate, parsedate_to_datetime
from http import HTTPStatus
from typing import Any

from flask import Flask, Request, Response, request

from relengotron.systems.pdc.simulated.access import (
    User,
    authenticate,
    authorize,
    obtain_token,
    refresh_token,
    show_user,
)
from relengotron.systems.pdc.simulated.call import API_ROOT, Answer, Call
from relengotron.systems.pdc.simulated.catalogue import RESOURCES
from relengotron.systems.pdc.simulated.memory import AnswerMemory
from relengotron.systems.pdc.simulated.refusals import INTERNAL_ERROR, Refusal, bad_request
from relengotron.systems.pdc.simulated.routing import Act, find_act
from relengotron.systems.pdc.simulated.state import PdcState

_VERBS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
_MOST_PAIRS = 1000
_NO_SLASH = """
<!DOCTYPE html>
<html lang="en">
<head>
  <meta http-equiv="content-type" content="text/html; charset=utf-8">
  <meta name="robots" content="NONE,NOARCHIVE">
  <title>RuntimeError at {path}</title>
</head>
<body>The address does not end in a slash, and a redirect would lose the body of the {method} request.</body>
</html>
"""
_AUTH: dict[str, Callable[[PdcState, User | None], Answer]] = {
    "auth/token/obtain/": obtain_token,
    "auth/token/refresh/": refresh_token,
    "auth/current-user/": show_user,
}


def wsgi_app(state: PdcState) -> Flask:
    """The REST interface of this state, below ``/rest_api/v1/``.

    Serve it with any WSGI server, or mount it in a client session. All behaviour is chosen on the state, see
    ``PdcState``: tokens, type lists, cost per row, longest request line, stale reads, bus messages and the clock.
    """
    app = Flask("pdc")
    memory = AnswerMemory(state.clock, state.stale_reads)

    @app.route(API_ROOT, defaults={"path": ""}, methods=_VERBS, provide_automatic_options=False)
    @app.route(f"{API_ROOT}<path:path>", methods=_VERBS, provide_automatic_options=False)
    def answer(path: str) -> Response:
        return _guarded(state, memory, path)

    return app


def _guarded(state: PdcState, memory: AnswerMemory, path: str) -> Response:
    """What the web server in front, the field limit and the slash rule say before the API is asked."""
    if state.line_limit and _line_bytes() > state.line_limit:
        return _html(HTTPStatus.REQUEST_URI_TOO_LONG, "<h1>Request-URI Too Long</h1>")
    if path and not path.endswith("/"):
        return _without_slash(path)
    if len(request.query_string.split(b"&")) > _MOST_PAIRS:
        return _json(Answer(503, {"detail": INTERNAL_ERROR}))
    key = (request.full_path, *(request.headers.get(name) for name in ("Accept", "Cookie", "Origin")))
    remembered = memory.recall(key) if request.method == "GET" else None
    if remembered is not None:
        return remembered
    response = _answered(state, path)
    if request.method == "GET" and response.status_code == HTTPStatus.OK:
        memory.keep(key, response)
    return response


def _line_bytes() -> int:
    target = request.environ.get("REQUEST_URI") or request.full_path.removesuffix("?")
    return len(f"{request.method} {target} HTTP/1.1".encode("latin-1", "replace"))


def _answered(state: PdcState, path: str) -> Response:
    try:
        user = authenticate(state, request.headers.get("Authorization"))
        if path in _AUTH:
            return _json(_AUTH[path](state, user))
        act = find_act(path)
        if act is None:
            return _nothing_there(request)
        authorize(user, request.method)
        call = _call(state, request)
    except Refusal as refusal:
        return _json(Answer(refusal.status, refusal.body, refusal.headers))
    return _unchanged_since(state, path) or _performed(state, path, act, call)


def _performed(state: PdcState, path: str, act: Act, call: Call) -> Response:
    answer = state.perform(call, act, request.headers.get("PDC-Change-Comment"))
    if state.row_cost and answer.rows:
        state.sleep(state.row_cost * answer.rows)
    response = _json(answer)
    if response.status_code == HTTPStatus.OK and request.method == "GET" and (dated := _dated_by(path)):
        response.headers["Last-Modified"] = formatdate(int(state.last_change(dated)), usegmt=True)
    return response


def _call(state: PdcState, asked: Request) -> Call:
    return Call(
        tables=state.tables,
        now=state.clock(),
        base=asked.host_url.rstrip("/"),
        method="GET" if asked.method == "HEAD" else asked.method,
        query=asked.args,
        body=_body(asked) if asked.method not in ("GET", "HEAD") else None,
    )


def _body(asked: Request) -> Any:
    text = asked.get_data(as_text=True)
    if not text:
        return {}
    if asked.mimetype != "application/json":
        raise Refusal(415, {"detail": f'Unsupported media type "{asked.content_type or ""}" in request.'})
    try:
        return json.loads(text)
    except json.JSONDecodeError as broken:
        reason = "No JSON object could be decoded" if broken.msg == "Expecting value" else str(broken)
        raise bad_request(f"JSON parse error - {reason}") from broken


def _dated_by(path: str) -> tuple[str, ...]:
    resource = next((one for name, one in RESOURCES.items() if path.startswith(f"{name}/")), None)
    return resource.dated_by if resource and "rpm-mapping" not in path else ()


def _unchanged_since(state: PdcState, path: str) -> Response | None:
    since, dated = request.headers.get("If-Modified-Since"), _dated_by(path)
    if request.method != "GET" or not since or not dated:
        return None
    try:
        moment = parsedate_to_datetime(since).timestamp()
    except ValueError:
        return None
    return Response(status=304) if int(state.last_change(dated)) <= moment else None


def _without_slash(path: str) -> Response:
    if request.method not in ("GET", "HEAD"):
        return _html(
            HTTPStatus.INTERNAL_SERVER_ERROR, _NO_SLASH.format(path=request.path, method=request.method), "text/html"
        )
    if find_act(f"{path}/") is None and f"{path}/" not in _AUTH:
        return _nothing_there(request)
    query = f"?{request.query_string.decode()}" if request.query_string else ""
    response = _html(HTTPStatus.MOVED_PERMANENTLY, "")
    response.autocorrect_location_header = False
    response.headers["Location"] = f"{request.path}/{query}"
    return response


def _nothing_there(asked: Request) -> Response:
    if "application/json" in asked.headers.get("Accept", ""):
        return _json(Answer(404, {"detail": "Not found"}))
    return _html(HTTPStatus.NOT_FOUND, "<h1>Page not found</h1>")


def _html(status: HTTPStatus, text: str, content_type: str = "text/html; charset=utf-8") -> Response:
    return Response(text, status=status, content_type=content_type)


def _json(answer: Answer) -> Response:
    if answer.status == HTTPStatus.NO_CONTENT:
        response = Response(status=204)
        del response.headers["Content-Type"]
    else:
        response = Response(json.dumps(answer.body), status=answer.status, content_type="application/json")
    response.autocorrect_location_header = False
    response.headers["Vary"] = "Accept, Cookie, Origin"
    response.headers.update(answer.headers)
    return response
