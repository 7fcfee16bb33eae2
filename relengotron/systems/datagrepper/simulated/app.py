"""How does datagrepper answer over HTTP?"""

import math
from typing import Any, Final

from flask import Flask, Response, abort, jsonify, request

from relengotron.systems.datagrepper.simulated.service import SimulatedDatagrepper, Wish

LARGEST_PAGE: Final = 100
USUAL_PAGE: Final = 25
USUAL_DELTA_S: Final = 600.0
Answer = Response | tuple[Response, int]


def create_app(history: SimulatedDatagrepper) -> Flask:
    """A WSGI application that serves one history; a POST to ``/lab/heard`` stands for a message on the bus."""
    app = Flask("simulated_datagrepper")
    app.url_map.strict_slashes = False

    @app.get("/raw/")
    def raw() -> Answer:
        asked = _arguments()
        if not 1 <= asked["rows_per_page"] <= LARGEST_PAGE or asked["page"] < 1 or asked["order"] not in _ORDERS:
            abort(400)
        if history.broken:
            return jsonify({"error": history.broken, "arguments": asked}), 500
        size = asked["rows_per_page"]
        rows, total = history.page(_wish(asked), (asked["page"] - 1) * size, size)
        numbers = {"total": total, "pages": math.ceil(total / size), "count": len(rows)}
        return jsonify({"raw_messages": rows, "arguments": asked} | numbers)

    @app.get("/id/")
    def by_id() -> Answer:
        wanted = request.args.get("id")
        if wanted is None:
            abort(400)
        row = history.by_id(wanted)
        return jsonify(row) if row is not None else (jsonify({"error": "not_found"}), 404)

    @app.post("/lab/heard")
    def heard() -> Answer:
        history.hear(request.get_json())
        return jsonify({"heard": len(history)})

    return app


_ORDERS: Final = ("asc", "desc")


def _arguments() -> dict[str, Any]:
    """What is asked, as the answer repeats it; the time is worked out from start, end and delta."""
    asked = request.args
    start, end, delta = (_number(name) for name in ("start", "end", "delta"))
    if start is None and end is not None:
        start = end - (delta if delta is not None else USUAL_DELTA_S)
    return {
        "start": start,
        "end": end,
        "delta": delta,
        "categories": asked.getlist("category"),
        "topics": asked.getlist("topic"),
        "not_topics": asked.getlist("not_topic"),
        "page": asked.get("page", 1, type=int),
        "rows_per_page": asked.get("rows_per_page", USUAL_PAGE, type=int),
        "order": asked.get("order", "desc"),
    }


def _wish(asked: dict[str, Any]) -> Wish:
    return Wish(
        start=asked["start"],
        end=asked["end"],
        categories=asked["categories"],
        topics=asked["topics"],
        not_topics=asked["not_topics"],
        is_ascending=asked["order"] == "asc",
    )


def _number(name: str) -> float | None:
    text = request.args.get(name)
    if text is None:
        return None
    try:
        return float(text)
    except ValueError:
        abort(400)
