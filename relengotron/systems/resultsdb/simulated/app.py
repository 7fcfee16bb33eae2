"""How does ResultsDB answer over HTTP (API v2.0)?"""

import re
from dataclasses import replace
from typing import Any, TypeVar

from flask import Blueprint, Flask, Response, jsonify, request
from werkzeug.exceptions import HTTPException

from relengotron.systems.resultsdb.simulated.rows import Selection
from relengotron.systems.resultsdb.simulated.service import ColonInKey, SimulatedResultsDb
from relengotron.systems.resultsdb.simulated.wire import (
    Broke,
    GroupsQuery,
    ListQuery,
    Model,
    Refused,
    ResultsQuery,
    TestcasesQuery,
    read,
)

Row = TypeVar("Row")
Answer = Response | tuple[Response, int]
_PAGE = re.compile(r"([?&])page=(\d+)")
_LAST_OFFSET = 2**63 - 1


def create_app(service: SimulatedResultsDb) -> Flask:
    """A WSGI application that serves one simulated ResultsDB below ``/api/v2.0``."""
    app = Flask("simulated_resultsdb")
    app.register_blueprint(_routes(service), url_prefix="/api/v2.0")
    _register_errors(app)
    return app


def _register_errors(app: Flask) -> None:
    @app.errorhandler(400)
    def bad_request(error: HTTPException) -> Answer:
        return jsonify({"message": "Bad request"}), 400

    @app.errorhandler(404)
    def not_found(error: HTTPException) -> Answer:
        return jsonify({"message": "Not found"}), 404

    @app.errorhandler(Broke)
    def broke(error: Broke) -> Answer:
        return jsonify({"message": "Internal Server Error"}), 500

    @app.errorhandler(Refused)
    def refused(error: Refused) -> Answer:
        return jsonify({"validation_error": error.errors}), 400

    @app.errorhandler(ColonInKey)
    def colon(error: ColonInKey) -> Answer:
        return jsonify({"message": str(error)}), 400


def _routes(service: SimulatedResultsDb) -> Blueprint:
    api = Blueprint("api", __name__)

    @api.get("")
    @api.get("/")
    def landing() -> Answer:
        return jsonify(service.landing(_base())), 300

    @api.get("/healthcheck")
    def healthcheck() -> Answer:
        return jsonify({"message": "Health check OK"})

    _result_routes(api, service)
    _group_routes(api, service)
    _testcase_routes(api, service)
    return api


def _result_routes(api: Blueprint, service: SimulatedResultsDb) -> None:
    @api.get("/results")
    def results() -> Answer:
        query = _query(service, ResultsQuery)
        return _result_page(service, query, query.selection(request.args))

    @api.get("/results/latest")
    def latest() -> Answer:
        query = _query(service, ResultsQuery)
        wanted, keys = query.selection(request.args), query.distinct_keys()
        if keys and not wanted.narrows():
            return jsonify({"message": "Please, provide at least one filter beside '_distinct_on'"}), 400
        with service.lock:
            found = service.latest_distinct(wanted, keys) if keys else service.latest(wanted)
            return jsonify({"data": [service.show_result(row, _base()) for row in found]})

    @api.get("/results/<result_id>")
    def result(result_id: str) -> Answer:
        with service.lock:
            found = service.result(result_id)
            return jsonify(service.show_result(found, _base())) if found else _missing("Result not found")

    @api.post("/results")
    def create_result() -> Answer:
        return jsonify(service.create_result(_body(), _base())), 201


def _group_routes(api: Blueprint, service: SimulatedResultsDb) -> None:
    @api.get("/groups")
    def groups() -> Answer:
        query = _query(service, GroupsQuery)
        with service.lock:
            found = service.find_groups(query.uuid, query.description, query.description_like)
            rows, links = _paged(_window(found, query), query)
            return jsonify(links | {"data": [service.show_group(row, _base()) for row in rows]})

    @api.get("/groups/<uuid>")
    def group(uuid: str) -> Answer:
        with service.lock:
            found = service.groups.get(uuid)
            return jsonify(service.show_group(found, _base())) if found else _missing("Group not found")

    @api.get("/groups/<uuid>/results")
    def group_results(uuid: str) -> Answer:
        query = _query(service, ResultsQuery)
        if uuid not in service.groups:
            return _missing(f"Group not found: {uuid}")
        return _result_page(service, query, replace(query.selection(request.args), groups=(uuid,)))

    @api.post("/groups")
    def create_group() -> Answer:
        return jsonify(service.create_group(_body(), _base())), 201


def _testcase_routes(api: Blueprint, service: SimulatedResultsDb) -> None:
    @api.get("/testcases")
    def testcases() -> Answer:
        query = _query(service, TestcasesQuery)
        with service.lock:
            rows, links = _paged(_window(service.find_testcases(query.name, query.name_like), query), query)
            return jsonify(links | {"data": [service.show_testcase(row, _base()) for row in rows]})

    @api.get("/testcases/<path:name>")
    def testcase(name: str) -> Answer:
        with service.lock:
            found = service.testcases.get(name)
            return jsonify(service.show_testcase(found, _base())) if found else _missing("Testcase not found")

    @api.get("/testcases/<path:name>/results")
    def testcase_results(name: str) -> Answer:
        query = _query(service, ResultsQuery)
        if name not in service.testcases:
            return _missing("Testcase not found")
        return _result_page(service, query, replace(query.selection(request.args), testcases=(name,)))

    @api.post("/testcases")
    def create_testcase() -> Answer:
        return jsonify(service.create_testcase(_body(), _base())), 201


def _base() -> str:
    return request.host_url.rstrip("/")


def _missing(message: str) -> Answer:
    return jsonify({"message": message}), 404


def _body() -> dict[str, Any]:
    body = request.get_json()
    if not isinstance(body, dict):
        raise Broke("the body is no object")
    return body


def _query(service: SimulatedResultsDb, model: type[Model]) -> Model:
    """Known parameters; of a repeated one only the first counts."""
    return read(model, request.args.to_dict(), service.outcomes)


def _result_page(service: SimulatedResultsDb, query: ResultsQuery, wanted: Selection) -> Answer:
    offset, count = _bounds(query)
    with service.lock:
        found = service.results.page(wanted, query.order(), offset, count)
        rows, links = _paged(found, query)
        return jsonify(links | {"data": [service.show_result(row, _base()) for row in rows]})


def _bounds(query: ListQuery) -> tuple[int, int]:
    """Offset and number of rows to fetch; one more than shown, to know whether there is a next page."""
    offset = max(query.page, 0) * query.limit
    if query.limit < -1 or not 0 <= offset <= _LAST_OFFSET:
        raise Broke("LIMIT and OFFSET must not be negative")
    return offset, query.limit + 1


def _window(rows: list[Row], query: ListQuery) -> list[Row]:
    offset, count = _bounds(query)
    return rows[offset : offset + count]


def _paged(rows: list[Row], query: ListQuery) -> tuple[list[Row], dict[str, Any]]:
    """The rows to show and the links to the neighbours, made from the URL that was asked."""
    found = _PAGE.search(request.url)
    page = int(found[2]) if found else 0
    links = {
        "prev": _url_of_page(page - 1) if page > 0 else None,
        "next": _url_of_page(page + 1) if len(rows) > query.limit else None,
    }
    return rows[: query.limit] if len(rows) > query.limit else rows, links


def _url_of_page(page: int) -> str:
    if _PAGE.search(request.url):
        return _PAGE.sub(rf"\g<1>page={page}", request.url)
    return f"{request.url}{'&' if '?' in request.url else '?'}page={page}"
