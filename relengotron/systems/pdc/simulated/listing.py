"""Which rows does a list request get, in which order, on which page, with which keys?"""

from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import urlencode

from relengotron.systems.pdc.simulated.call import API_ROOT, Answer, Call
from relengotron.systems.pdc.simulated.filters import Filter, values_at
from relengotron.systems.pdc.simulated.hashing import hash_order, python2_repr
from relengotron.systems.pdc.simulated.refusals import Refusal, bad_request
from relengotron.systems.pdc.simulated.resource import Resource
from relengotron.systems.pdc.simulated.rows import Row

DEFAULT_PAGE_SIZE = 20
LARGEST_PAGE_SIZE = 100
_ALWAYS_ALLOWED = frozenset({"ordering", "page", "page_size"})


def check_params(call: Call, allowed: Iterable[str]) -> None:
    """Refuse any query parameter the endpoint does not know."""
    unknown = sorted(set(call.query) - set(allowed) - _ALWAYS_ALLOWED)
    if unknown:
        raise bad_request(f"Unknown query params: {', '.join(unknown)}.")


def check_resource_params(resource: Resource, call: Call) -> None:
    """Refuse unknown parameters and unknown ordering keys of a collection."""
    check_params(call, {*resource.filters, *resource.extra_params, "fields", "exclude_fields"})
    if "ordering" in call.query:
        _check_ordering(resource, call.query["ordering"])


def list_rows(resource: Resource, call: Call) -> Answer:
    """The answer to a GET on the collection."""
    keys = chosen_keys(resource, call)
    rows = _ordered(resource, _filtered(resource, call), call)
    return paginate(rows, lambda row: _only(resource.show(row, call), keys), resource.path, call)


def show_row(resource: Resource, row: Row, call: Call) -> Answer:
    """The answer to a GET on one row."""
    keys = chosen_keys(resource, call)
    return Answer(200, _only(resource.show(row, call), keys), rows=1)


def paginate(rows: list[Row], show: Callable[[Row], Any], path: str, call: Call) -> Answer:
    """One page with its envelope, or a bare list when the page size is zero or less."""
    size = _page_size(call)
    if size is None:
        return Answer(200, [show(row) for row in rows], rows=len(rows))
    pages = max(1, -(-len(rows) // size))
    page = _page_number(call, pages)
    shown = rows[(page - 1) * size : page * size]
    body = {
        "count": len(rows),
        "next": _page_url(path, call, page + 1) if page < pages else None,
        "previous": _page_url(path, call, page - 1) if page > 1 else None,
        "results": [show(row) for row in shown],
    }
    return Answer(200, body, rows=len(shown))


def chosen_keys(resource: Resource, call: Call) -> list[str] | None:
    """The keys a reader asked for with fields and exclude_fields; None means all."""
    valid = [one.name for one in resource.fields]
    wanted, unwanted = (_names(call, name, set(valid)) for name in ("fields", "exclude_fields"))
    if not wanted and not unwanted:
        return None
    return [name for name in valid if (not wanted or name in wanted) and name not in unwanted]


def _names(call: Call, param: str, valid: set[str]) -> set[str]:
    names = {name for value in call.query.getlist(param) for name in value.split(",")} - {""}
    if names - valid:
        raise bad_request(f'Unknown fields in "{param}" filter: {", ".join(hash_order(sorted(names - valid)))}')
    return names


def _only(shown: dict[str, Any], keys: list[str] | None) -> dict[str, Any]:
    return shown if keys is None else {key: shown[key] for key in keys}


def _filtered(resource: Resource, call: Call) -> list[Row]:
    asked = [(one, call.query.getlist(name)) for name, one in resource.filters.items() if name in call.query]
    tests = [test for one, values in asked if (test := one.matcher(values, call)) is not None]
    if resource.visible:
        seen = resource.visible
        tests.append(lambda row: seen(row, call))
    rows = _candidates(asked, call)
    if rows is None:
        rows = list(call.table(resource.table))
    return [row for row in rows if all(test(row) for test in tests)]


def _candidates(asked: list[tuple[Filter, list[str]]], call: Call) -> list[Row] | None:
    """The fewest rows that an index offers, by id."""
    offers = [offer for one, values in asked if (offer := one.candidates(values, call)) is not None]
    if not offers:
        return None
    fewest: list[Row] = min(offers, key=len)
    return sorted(fewest, key=lambda row: int(row["id"]))


def _ordered(resource: Resource, rows: list[Row], call: Call) -> list[Row]:
    ordering = [term.strip() for term in call.query.get("ordering", "").split(",") if term.strip()]
    if not ordering:
        return sorted(rows, key=resource.order) if resource.order else rows
    for term in reversed(ordering):
        rows = sorted(rows, key=_sort_key(resource, term.lstrip("-"), call), reverse=term.startswith("-"))
    return rows


def _sort_key(resource: Resource, name: str, call: Call) -> Callable[[Row], Any]:
    shown = next((one for one in resource.fields if name in (one.name, one.column)), None)

    def key(row: Row) -> tuple[bool, str | float]:
        value = shown.show(row, call) if shown else next(iter(values_at(row, name.split("__"))), None)
        if isinstance(value, dict):
            value = value.get("id", str(value))
        return (value is not None, value if isinstance(value, int | float) else str(value))

    return key


def _check_ordering(resource: Resource, ordering: str) -> None:
    terms = [term.strip().lstrip("-") for term in ordering.split(",")]
    valid = {name for one in resource.fields for name in (one.name, one.column)} | {"id"}
    if unknown := [term for term in terms if "__" not in term and term not in valid]:
        names = ", ".join(repr(name) for name in hash_order(sorted(valid)))
        raise bad_request(f"Unknown query key: {python2_repr(hash_order(unknown))} not in fields: [{names}]")
    for first in (term.split("__")[0] for term in terms if "__" in term):
        if first not in valid:
            raise bad_request(f"Unknown ordering key: {first}")


def _page_size(call: Call) -> int | None:
    try:
        size = int(call.query["page_size"])
    except (KeyError, ValueError):
        return DEFAULT_PAGE_SIZE
    return min(size, LARGEST_PAGE_SIZE) if size > 0 else None


def _page_number(call: Call, pages: int) -> int:
    text = call.query.get("page", "1")
    if text == "last":
        return pages
    if not text.isdecimal() or not 1 <= int(text) <= pages:
        raise Refusal(404, {"detail": "Invalid page."})
    return int(text)


def _page_url(path: str, call: Call, page: int) -> str:
    pairs = {name: call.query.getlist(name) for name in call.query if name != "page"}
    if page > 1:
        pairs["page"] = [str(page)]
    query = urlencode(sorted(pairs.items()), doseq=True)
    return f"{call.base}{API_ROOT}{path}/" + (f"?{query}" if query else "")
