"""How do many rehearsals in one process share a web application? Its routes take longer to make than a push asks."""

from collections.abc import Callable, Iterable
from contextvars import ContextVar
from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

Create = Callable[[Any], Any]


def sharing(create: Create, service: object) -> "WSGIApplication":
    """The application that ``create`` makes, made once, and answering for this service."""
    app, served = _made(create)

    def answer(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        before = served.set(service)
        try:
            return list(app(environ, start_response))
        finally:
            served.reset(before)

    return answer


@cache
def _made(create: Create) -> tuple[Any, ContextVar[object]]:
    served: ContextVar[object] = ContextVar(create.__module__)
    return create(_Served(served)), served


class _Served:
    """Whichever service is asked just now."""

    def __init__(self, served: ContextVar[object]) -> None:
        self._served = served

    def __getattr__(self, name: str) -> Any:
        return getattr(self._served.get(), name)
