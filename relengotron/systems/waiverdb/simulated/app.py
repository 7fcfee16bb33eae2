"""How does WaiverDB answer over HTTP (API v1.0)?"""

from typing import Any

from flask import Flask, Response, jsonify, request

from relengotron.systems.waiverdb.simulated.service import Refused, SimulatedWaiverDb

Answer = Response | tuple[Response, int]
USER = "X-Remote-User"
"""Who the front web server says it is; nobody may write without it."""


def create_app(service: SimulatedWaiverDb) -> Flask:
    """A WSGI application that serves one simulated WaiverDB below ``/api/v1.0``."""
    app = Flask("simulated_waiverdb")

    @app.errorhandler(Refused)
    def refused(error: Refused) -> Answer:
        return jsonify({"message": str(error)}), 400

    @app.get("/api/v1.0/about")
    def about() -> Answer:
        return jsonify({"version": "1.4.0", "auth_method": "OIDC"})

    @app.post("/api/v1.0/waivers/")
    def create() -> Answer:
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        user = service.tokens.get(token) if scheme == "Bearer" else request.headers.get(USER)
        if user is None:
            return jsonify({"message": "No 'Authorization' header found."}), 401
        body = _body()
        who = body.get("username", user)
        if who != user and user not in service.proxies:
            return jsonify({"message": f"user {user} does not have the proxyuser ability"}), 403
        return jsonify(service.create(body | ({"proxied_by": user} if who != user else {}), who)), 201

    @app.post("/api/v1.0/waivers/+filtered")
    def filtered() -> Answer:
        body = _body()
        if not isinstance(body.get("filters"), list) or not body["filters"]:
            raise Refused("'filters' is a required property")
        return jsonify({"data": service.filtered(body["filters"], bool(body.get("include_obsolete")))})

    return app


def _body() -> dict[str, Any]:
    body = request.get_json()
    if not isinstance(body, dict):
        raise Refused("the body is no object")
    return body
