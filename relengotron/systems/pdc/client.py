"""How is PDC asked over its REST interface?"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from http import HTTPStatus
from itertools import islice
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import requests

from relengotron.errors import MalformedInput, RequestRefused, SystemUnreachable
from relengotron.systems.pdc.port import Containment, PdcRelease
from relengotron.systems.pdc.questions import ORDINARY, Paging, Pairs, encoded, questions_that_fit
from relengotron.systems.pdc.reading import read_containment, read_names, read_page, read_release
from relengotron.systems.rest import path_segment

API_ROOT = "/rest_api/v1/"
TIMEOUT = (10.0, 120.0)
HALVINGS_OF_A_SLOW_QUESTION = 2
_GAVE_UP = frozenset({502, 503, 504})
_SAID_BY_SOMETHING_ELSE = frozenset({301, 302, 307, 308, 401, 403, 404, 407, 408, 429})
"""Answers to a read that PDC does not give by itself: a proxy, a wall or a moved address does."""


class _TooSlow(SystemUnreachable):
    """PDC, or what stands in front of it, gave up; a smaller question may pass."""


class _TooLong(RequestRefused):
    """The URL is longer than what stands in front of PDC takes."""


class HttpPdc:
    """The port spoken over HTTP.

    Args:
        base_url: the address of PDC, with or without ``/rest_api/v1/``.
        session: what carries the requests; put an Authorization header on it to be known by name.
        timeout: seconds to connect and seconds to wait for the next bytes of an answer.
    """

    def __init__(self, base_url: str, session: requests.Session, *, timeout: tuple[float, float] = TIMEOUT) -> None:
        self.base_url = base_url.rstrip("/").removesuffix(API_ROOT.rstrip("/")) + API_ROOT
        self._session = session
        self._timeout = timeout

    def questions(
        self, release: str, packages: Collection[str], relation_types: Collection[str]
    ) -> Iterator[tuple[str, ...]]:
        """As many packages at once as the URL holds."""
        names, types = _each_once(packages), _each_once(relation_types)
        url = self._url("release-component-relationships")
        return questions_that_fit(names if types else (), _about(release, types), len(url))

    def artifacts_containing(
        self, release: str, packages: Collection[str], relation_types: Collection[str], *, fresh: bool = False
    ) -> tuple[Containment, ...]:
        """Ask for as many packages at once as the URL holds, and for fewer when that is too much."""
        names, types = frozenset(packages), _each_once(relation_types)
        paging = Paging.never_used_before() if fresh else ORDINARY
        found: dict[Containment, None] = {}
        for some in self.questions(release, packages, types):
            for row in self._relationships(some, _about(release, types), paging, HALVINGS_OF_A_SLOW_QUESTION):
                found[_as_asked(read_containment(row), release, names, types)] = None
        return tuple(found)

    def packages_of(
        self, release: str, artifact: str, relation_types: Collection[str], at_most: int
    ) -> tuple[Containment, ...]:
        """Small pages, and no more of them than hold what is wanted: each row costs PDC some milliseconds."""
        (name,), types = _each_once([artifact]), _each_once(relation_types)
        asked = [*_about(release, types), ("from_component_name", name)]
        rows = self._page_by_page("release-component-relationships", asked, ORDINARY) if types else iter(())
        found = [read_containment(row) for row in islice(rows, at_most)]
        for each in found:
            if (each.artifact_release, each.artifact) != (release, name) or each.relation not in types:
                raise MalformedInput(f"PDC answered what nobody asked for: {each}")
        return tuple(dict.fromkeys(found))

    def release(self, release_id: str) -> PdcRelease | None:
        """One request; 404 means None."""
        answer = self._get(f"releases/{path_segment(release_id)}", [])
        if answer.status_code == HTTPStatus.NOT_FOUND:
            return None
        release = read_release(_json(answer))
        if release.release_id != release_id:
            raise MalformedInput(f"PDC was asked for release {release_id!r} and answered {release.release_id!r}")
        return release

    def component_types(self) -> frozenset[str]:
        """The whole list in one request."""
        return frozenset(read_names(self._whole("release-component-types")))

    def relation_types(self) -> frozenset[str]:
        """The whole list in one request."""
        return frozenset(read_names(self._whole("component-relationship-types")))

    def identity(self) -> str:
        """Where PDC is and whom it takes us for."""
        answer = self._get("auth/current-user", [])
        if answer.status_code == HTTPStatus.UNAUTHORIZED and "Authorization" not in self._session.headers:
            return f"PDC at {self.base_url}, anonymous"
        user = _json(answer)
        if not isinstance(user, dict) or not isinstance(user.get("username"), str):
            raise MalformedInput(f"PDC at {self.base_url} does not say who we are: {str(user)[:200]}")
        return f"PDC at {self.base_url} as {user['username']}"

    def _relationships(self, names: Sequence[str], fixed: Pairs, paging: Paging, halvings: int) -> Iterator[Any]:
        """The rows for these packages; half of them at a time when all are too much, page by page in the end."""
        asked: Pairs = [*fixed, *(("to_component_name", name) for name in names)]
        rows: Iterable[Any]
        try:
            rows = self._whole("release-component-relationships", asked, paging)
        except _TooLong:
            if len(names) == 1:
                raise
            rows = self._in_halves(names, fixed, paging, halvings)
        except _TooSlow:
            if len(names) > 1 and halvings:
                rows = self._in_halves(names, fixed, paging, halvings - 1)
            else:
                rows = self._page_by_page("release-component-relationships", asked, paging)
        yield from rows

    def _in_halves(self, names: Sequence[str], fixed: Pairs, paging: Paging, halvings: int) -> Iterator[Any]:
        middle = len(names) // 2
        for half in (names[:middle], names[middle:]):
            yield from self._relationships(half, fixed, paging, halvings)

    def _whole(self, path: str, asked: Pairs = (), paging: Paging = ORDINARY) -> list[Any]:
        """All rows at once; a server that pages nevertheless is followed."""
        return list(self._pages(path, [*asked, ("page_size", str(paging.off))]))

    def _page_by_page(self, path: str, asked: Pairs, paging: Paging) -> Iterator[Any]:
        return self._pages(path, [*asked, ("page_size", str(paging.small))])

    def _pages(self, path: str, asked: Pairs) -> Iterator[Any]:
        """The rows of every page, always asked at our own address: behind a proxy PDC does not know it."""
        page = read_page(_json(self._get(path, asked)))
        seen: set[str] = set()
        told = len(page.rows)
        yield from page.rows
        while page.more is not None:
            if page.more in seen:
                raise MalformedInput(f"PDC leads in circles: {page.more[:200]}")
            seen.add(page.more)
            page = read_page(_json(self._get(path, parse_qsl(urlsplit(page.more).query, keep_blank_values=True))))
            told += len(page.rows)
            yield from page.rows
        if page.count is not None and told < page.count:
            raise SystemUnreachable(f"GET {self._url(path)}: PDC told {told} of {page.count} rows")

    def _get(self, path: str, asked: Pairs) -> requests.Response:
        url = self._url(path) + (f"?{encoded(asked)}" if asked else "")
        what = _told(f"GET {self._url(path)}", asked)
        try:
            answer = self._session.get(
                url, headers={"Accept": "application/json"}, timeout=self._timeout, allow_redirects=False
            )
        except requests.ReadTimeout as slow:
            raise _TooSlow(f"{what}: {slow}") from slow
        except requests.RequestException as broken:
            raise SystemUnreachable(f"{what}: {broken}") from broken
        if answer.status_code == HTTPStatus.REQUEST_URI_TOO_LONG:
            raise _TooLong(f"{what}: {_said(answer)}")
        if answer.status_code in _GAVE_UP:
            raise _TooSlow(f"{what}: {_said(answer)}")
        if answer.status_code >= HTTPStatus.INTERNAL_SERVER_ERROR:
            raise SystemUnreachable(f"{what}: {_said(answer)}")
        return answer

    def _url(self, path: str) -> str:
        return f"{self.base_url}{path}/"


def _json(answer: requests.Response) -> Any:
    if answer.status_code in _SAID_BY_SOMETHING_ELSE:
        raise SystemUnreachable(f"GET {answer.url[:200]}: {_said(answer)}")
    if answer.status_code != HTTPStatus.OK:
        raise RequestRefused(f"GET {answer.url[:200]}: {_said(answer)}")
    try:
        return answer.json()
    except ValueError as wrong:
        raise SystemUnreachable(f"GET {answer.url[:200]}: not JSON, something else answers: {_said(answer)}") from wrong


def _said(answer: requests.Response) -> str:
    return f"{answer.status_code} {' '.join(answer.text[:300].split())}"


def _told(what: str, asked: Pairs) -> str:
    """The question in words that are the same whatever pages it is answered in: people read them again and again."""
    pairs = [pair for pair in asked if pair[0] != "page_size"]
    return f"{what}?{encoded(pairs)}"[:200] if pairs else what[:200]


def _about(release: str, types: Collection[str]) -> Pairs:
    return [("from_component_release", release), *(("type", kind) for kind in types)]


def _each_once(values: Collection[str]) -> tuple[str, ...]:
    for value in values:
        if not value.strip() or value != value.strip():
            raise MalformedInput(f"PDC cannot be asked for {value!r}")
    return tuple(dict.fromkeys(values))


def _as_asked(found: Containment, release: str, names: Collection[str], types: Collection[str]) -> Containment:
    if found.artifact_release != release or found.package not in names or found.relation not in types:
        raise MalformedInput(f"PDC answered what nobody asked for: {found}")
    return found
