"""How does Bodhi answer over HTTP?"""

from typing import Any

from flask import Blueprint, Flask, Response, jsonify, request
from werkzeug.exceptions import HTTPException

from relengotron.systems.bodhi.simulated.listing import CHOICES, find_releases, find_updates, flag, listed, page_of
from relengotron.systems.bodhi.simulated.refusal import Refusal
from relengotron.systems.bodhi.simulated.service import SimulatedBodhi

COOKIE = "bodhi_session"
Answer = Response | tuple[Response, int]


def create_app(bodhi: SimulatedBodhi) -> Flask:
    """A WSGI application that serves one simulated Bodhi; ``/login?user=`` stands for the OpenID dance."""
    app = Flask("simulated_bodhi")
    app.url_map.strict_slashes = False
    for routes in (_session_routes, _update_routes, _release_routes, _compose_routes, _override_routes):
        app.register_blueprint(routes(bodhi))

    @app.errorhandler(Refusal)
    def refused(refusal: Refusal) -> Answer:
        return jsonify(refusal.shown()), refusal.status

    @app.errorhandler(HTTPException)
    def failed(error: HTTPException) -> Answer:
        status = error.code or 500
        return jsonify(Refusal("url", "", error.name, status).shown()), status

    return app


def _session_routes(bodhi: SimulatedBodhi) -> Blueprint:
    api = Blueprint("sessions", __name__)

    @api.get("/login")
    def login() -> Answer:
        user = request.args["user"]
        answer = jsonify({"user": {"name": user}})
        answer.set_cookie(COOKIE, bodhi.sessions.open(user), httponly=True)
        return answer

    @api.get("/oidc/login-token")
    def login_with_token() -> Answer:
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        user = bodhi.tokens.get(token) if scheme == "Bearer" else None
        if user is None:
            raise Refusal("header", "Authorization", "invalid_token", 401)
        answer = jsonify(None)
        answer.set_cookie(COOKIE, bodhi.sessions.open(user), httponly=True)
        return answer, 202

    @api.get("/csrf")
    def csrf() -> Answer:
        cookie = _cookie()
        if not bodhi.sessions.knows(cookie):
            cookie = bodhi.sessions.open()
        answer = jsonify({"csrf_token": bodhi.sessions.token_of(cookie)})
        answer.set_cookie(COOKIE, cookie, httponly=True)
        return answer

    return api


def _update_routes(bodhi: SimulatedBodhi) -> Blueprint:
    api = Blueprint("updates", __name__)

    @api.get("/updates/")
    def updates() -> Answer:
        with bodhi.lock:
            rows, numbers = page_of(find_updates(bodhi.updates, bodhi.releases, request.args), request.args)
            shown = [update.shown() for update in rows]
        chrome = flag(request.args, "chrome") is not False
        extras = {"chrome": chrome, "display_user": False, "display_request": True, "package": None}
        return jsonify(extras | numbers | {"updates": shown})

    @api.get("/updates/<path:name>")
    def update(name: str) -> Answer:
        user = bodhi.sessions.user_of(_cookie())
        with bodhi.lock:
            found = bodhi.update(name)
            can_edit = user is not None and bodhi.may_edit(found, user)
            return jsonify({"update": found.shown(), "can_edit": can_edit, "ci_allowed": False})

    @api.post("/updates/<path:name>/request")
    def set_request(name: str) -> Answer:
        body, user = _change(bodhi)
        action = body.get("request")
        if action not in CHOICES["request"]:
            raise Refusal("body", "request", f'"{action}" is not one of {", ".join(CHOICES["request"])}')
        if not bodhi.may_edit(bodhi.update(name), _author(user)):
            raise Refusal("body", "builds", f"{user} does not have commit access to the packages", 403)
        changed = bodhi.set_request(name, action, _author(user))
        with bodhi.lock:
            return jsonify({"update": changed.shown()})

    @api.post("/comments/")
    def comment() -> Answer:
        body, user = _change(bodhi)
        if not body.get("update"):
            raise Refusal("body", "update", "Required")
        name, text, karma = str(body["update"]), str(body.get("text") or ""), _karma(body.get("karma", 0))
        if not any(update.is_called(name) for update in bodhi.updates):
            raise Refusal("url", "update", f"Invalid update specified: {name}", 404)
        bugs = {int(each["bug_id"]): _said(each) for each in _feedback(body, "bug_feedback")}
        test_cases = {str(each["testcase_name"]): _said(each) for each in _feedback(body, "testcase_feedback")}
        stored, caveats = bodhi.comment(name, text, karma, _author(user), bugs, test_cases)
        return jsonify({"comment": stored.shown(), "caveats": caveats})

    return api


def _release_routes(bodhi: SimulatedBodhi) -> Blueprint:
    api = Blueprint("releases", __name__)

    @api.get("/releases/")
    def releases() -> Answer:
        with bodhi.lock:
            rows, numbers = page_of(find_releases(bodhi.releases.values(), request.args), request.args)
            return jsonify(numbers | {"releases": [release.shown() for release in rows]})

    @api.get("/releases/<name>")
    def release(name: str) -> Answer:
        with bodhi.lock:
            return jsonify(bodhi.release(name).shown())

    @api.post("/releases/")
    def save_release() -> Answer:
        body, user = _change(bodhi)
        return jsonify(bodhi.save_release(body, user).shown())

    return api


def _compose_routes(bodhi: SimulatedBodhi) -> Blueprint:
    api = Blueprint("composes", __name__)

    @api.before_request
    def only_when_there_are_composes() -> None:
        if not bodhi.state.era.shows_composes:
            raise Refusal("url", "", "Not Found", 404)

    @api.get("/composes/")
    def composes() -> Answer:
        with bodhi.lock:
            rows = sorted(bodhi.composes.values(), key=lambda r: (not r.security, r.request != "stable", r.key))
            return jsonify({"composes": [row.shown() for row in rows]})

    @api.get("/composes/<release>/<asked>")
    def compose(release: str, asked: str) -> Answer:
        with bodhi.lock:
            found = [row for row in bodhi.composes.values() if row.key[:2] == (release, asked)]
            if not found:
                raise Refusal("url", "", "Not Found", 404)
            return jsonify({"compose": found[0].shown()})

    return api


def _override_routes(bodhi: SimulatedBodhi) -> Blueprint:
    api = Blueprint("overrides", __name__)

    @api.get("/overrides/")
    def overrides() -> Answer:
        builds, releases, users = (listed(request.args, key) or set() for key in ("builds", "releases", "user"))
        with bodhi.lock:
            found = bodhi.overrides.find(builds, releases, users, flag(request.args, "expired"))
            rows, numbers = page_of(found, request.args)
            return jsonify(numbers | {"overrides": [row.shown() for row in rows]})

    @api.get("/overrides/<nvr>")
    def override(nvr: str) -> Answer:
        return jsonify({"override": bodhi.overrides.get(nvr).shown()})

    @api.post("/overrides/")
    def save_override() -> Answer:
        body, user = _change(bodhi)
        return jsonify(bodhi.overrides.save(body, _author(user)).shown())

    return api


def _cookie() -> str:
    return request.cookies.get(COOKIE, "")


def _change(bodhi: SimulatedBodhi) -> tuple[dict[str, Any], str | None]:
    """The body of a change, form or JSON, whose CSRF token is right, and who sent it."""
    body: Any = request.get_json() if request.is_json else request.form.to_dict()
    if not isinstance(body, dict):
        raise Refusal("body", "", "Invalid JSON")
    bodhi.sessions.check(_cookie(), body.pop("csrf_token", None))
    return body, bodhi.sessions.user_of(_cookie())


def _author(user: str | None) -> str:
    if user is None:
        raise Refusal("body", "email", "You must provide an author", 403)
    return user


def _feedback(body: dict[str, Any], key: str) -> list[dict[str, Any]]:
    return list(body.get(key) or [])


def _said(feedback: dict[str, Any]) -> int:
    return _karma(feedback["karma"] if feedback.get("karma") is not None else feedback.get("feedback", 0))


def _karma(given: object) -> int:
    try:
        karma = int(str(given))
    except ValueError as wrong:
        raise Refusal("body", "karma", f'"{given}" is not a number') from wrong
    if karma not in (-1, 0, 1):
        bound = "less than minimum value -1" if karma < 0 else "greater than maximum value 1"
        raise Refusal("body", "karma", f"{karma} is {bound}")
    return karma
