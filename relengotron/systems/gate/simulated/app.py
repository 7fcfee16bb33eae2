"""How does Greenwave answer over HTTP (API v1.0)?"""

from datetime import UTC, datetime
from typing import Any

from flask import Flask, Response, jsonify, request
from werkzeug.exceptions import HTTPException

from relengotron.systems.gate.simulated.service import NoPolicy, SimulatedGreenwave

Answer = Response | tuple[Response, int]


class Refused(Exception):
    """The request is not one that Greenwave takes."""


def create_app(service: SimulatedGreenwave) -> Flask:
    """A WSGI application that serves one simulated Greenwave below ``/api/v1.0``."""
    app = Flask("simulated_greenwave")

    @app.errorhandler(Refused)
    def refused(error: Refused) -> Answer:
        return jsonify({"message": str(error)}), 400

    @app.errorhandler(NoPolicy)
    def no_policy(error: NoPolicy) -> Answer:
        return jsonify({"message": str(error)}), 404

    @app.errorhandler(HTTPException)
    def other(error: HTTPException) -> Answer:
        return jsonify({"message": str(error.description)}), error.code or 500

    @app.get("/api/v1.0/about")
    def about() -> Answer:
        return jsonify({"version": "2.4.0"})

    @app.post("/api/v1.0/decision")
    def decision() -> Answer:
        body = request.get_json()
        if not isinstance(body, dict):
            raise Refused("No JSON payload in request")
        subjects = _needed(body, "subject")
        if not isinstance(subjects, list) or not all(isinstance(each, dict) for each in subjects):
            raise Refused("Invalid subject, must be a list of dicts")
        context, product = _needed(body, "decision_context"), _needed(body, "product_version")
        return jsonify(service.decide(context, product, subjects, datetime.now(UTC), bool(body.get("verbose"))))

    return app


def _needed(body: dict[str, Any], key: str) -> Any:
    if not body.get(key):
        raise Refused(f"Missing required {key.replace('_', ' ')}")
    return body[key]
