"""How does the stand-in say no?"""

from collections.abc import Iterable, Mapping
from typing import Any

INTERNAL_ERROR = "The server encountered an internal error or misconfiguration and was unable to complete your request."
EMPTY_PATCH = "Partial update with no changes does not make much sense."


class Refusal(Exception):
    """An answer of 400 or above; whatever the request changed so far is taken back."""

    def __init__(self, status: int, body: Any, headers: Mapping[str, str] | None = None) -> None:
        """Keep the answer."""
        super().__init__(status, body)
        self.status = status
        self.body = body
        self.headers = dict(headers or {})


class FieldFault(Exception):
    """A value of one field is not acceptable; the detail is shown under the field's name."""

    def __init__(self, detail: Any) -> None:
        """Keep what is shown: a text becomes a list of one text."""
        super().__init__(detail)
        self.detail = [detail] if isinstance(detail, str) else detail


def bad_request(detail: Any) -> Refusal:
    """400 with ``detail``."""
    return Refusal(400, {"detail": detail})


def not_found() -> Refusal:
    """404 for a thing that is not there."""
    return Refusal(404, {"detail": "Not found."})


def missing_object(model: str) -> Refusal:
    """404 for a thing named inside a document."""
    return Refusal(404, {"detail": f"Not found:  {model} matching query does not exist."})


def method_not_allowed(method: str) -> Refusal:
    """405."""
    return Refusal(405, {"detail": f'Method "{method}" not allowed.'})


def empty_patch() -> Refusal:
    """400 for a PATCH without content."""
    return Refusal(400, {"detail": EMPTY_PATCH}, {"pdc-warning": EMPTY_PATCH})


def unknown_fields(names: Iterable[str]) -> Refusal:
    """400 for body keys the resource does not have."""
    return bad_request("Unknown fields: " + ", ".join(f'"{name}"' for name in names) + ".")
