"""How is Bodhi asked over its REST interface?"""

import json
import re
import threading
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Any, Protocol, TypeVar

from relengotron.errors import MalformedInput, RequestRefused, SystemBusy
from relengotron.model.opinions import Opinions
from relengotron.systems.bodhi.hearing import read_opinions
from relengotron.systems.bodhi.port import BodhiRelease, BodhiUpdate, Compose, NotWelcome
from relengotron.systems.bodhi.reading import read_compose, read_release, read_update
from relengotron.systems.bodhi.session import Login
from relengotron.systems.rest import LONGEST_URL, HttpRefusal, RestService, chunks, path_segment

ROWS_PER_PAGE = 300
ATTEMPTS_AT_A_STILL_PICTURE = 3
_ALIAS = re.compile(r"[A-Z][A-Z0-9]*(-[A-Z0-9]+)*-\d{4}-[0-9a-zA-Z]+")


_SAYS_THAT_NOBODY_IS_LOGGED_IN = frozenset({401, 403})


class _Named(Protocol):
    @property
    def alias(self) -> str: ...


Row = TypeVar("Row", bound=_Named)


class BodhiClient:
    """The port spoken over HTTP; ``login`` says as whom it writes."""

    def __init__(self, service: RestService, *, rows_per_page: int = ROWS_PER_PAGE, login: Login | None = None) -> None:
        self._service = service
        self._rows_per_page = rows_per_page
        self._login = login
        self._is_logged_in = False
        self._csrf_token: str | None = None
        self._writing = threading.Lock()

    def update(self, alias_or_title: str) -> BodhiUpdate | None:
        """One update by its alias, or by its title (comma-joined NVRs); None if Bodhi has none."""
        return next(iter(self.updates([alias_or_title])), None)

    def updates(self, aliases_or_titles: Collection[str]) -> tuple[BodhiUpdate, ...]:
        """Those of them that Bodhi has, in the order asked: one request for some 300 aliases or NVRs."""
        asked = tuple(dict.fromkeys(aliases_or_titles))
        aliases = [name for name in asked if _ALIAS.fullmatch(name)]
        titles = {name: nvrs_of_title(name) for name in asked if not _ALIAS.fullmatch(name)}
        by_alias = {update.alias: update for update in self._search("alias", aliases, read_update)}
        nvrs = sorted({nvr for builds in titles.values() for nvr in builds})
        by_builds: dict[frozenset[str], BodhiUpdate] = {}
        for update in self._search("builds", nvrs, read_update):
            by_builds.setdefault(frozenset(update.builds), update)
        found = (by_builds.get(titles[name]) if name in titles else by_alias.get(name) for name in asked)
        return tuple(update for update in found if update)

    def updates_in(
        self, release: str, *, request: str | None = None, locked: bool | None = None
    ) -> tuple[BodhiUpdate, ...]:
        """Updates of one release, narrowed by request and lock."""
        query = {"releases": release}
        if request is not None:
            query["request"] = request
        if locked is not None:
            query["locked"] = str(locked).lower()
        return self._still_picture(query, read_update)

    def opinions(self, aliases: Collection[str]) -> tuple[Opinions, ...]:
        """The same rows as ``updates``, read for what people say."""
        asked = [name for name in dict.fromkeys(aliases) if _ALIAS.fullmatch(name)]
        return tuple(each for each in self._search("alias", asked, read_opinions) if each.alias in asked)

    def release(self, name: str) -> BodhiRelease | None:
        """One release by its name."""
        row = self._service.find(f"/releases/{path_segment(name)}")
        return read_release(row) if row is not None else None

    def release_by_id(self, release_id: int) -> BodhiRelease | None:
        """One release by its number; where the server cannot be asked so, the push in flight names it."""
        listed = _rows_of(self._service.get("/releases/", {"ids": str(release_id)}), "releases")
        if len(listed) == 1:
            return read_release(listed[0])
        names = {compose.release for compose in self.composes() if compose.release_id == release_id}
        return self.release(names.pop()) if len(names) == 1 else None

    def composes(self) -> tuple[Compose, ...]:
        """Every push in flight; the Bodhi of 2015 does not show them."""
        answer = self._service.find("/composes/")
        return tuple(map(read_compose, _rows_of(answer, "composes"))) if answer is not None else ()

    def can_comment(self) -> bool:
        """Whether there is a way to log in."""
        return self._login is not None

    def comment(self, alias: str, text: str, marker: str) -> None:
        """Read the comments first: Bodhi itself would take the same comment twice."""
        if not marker.strip():
            raise MalformedInput(f"a comment on {alias} without a marker cannot be found again")
        if self.has_comment(alias, marker):
            return
        whole = text if marker in text else f"{text}\n\n{marker}"
        answer = self._post("/comments/", {"update": alias, "text": whole, "karma": 0})
        if not isinstance(answer, dict) or not isinstance(answer.get("comment"), dict):
            raise MalformedInput(f"{self._service.base_url} answered no comment")

    def identity(self) -> str:
        """The base URL, once the service has answered a small question."""
        self._service.get("/releases/", {"rows_per_page": "1"})
        return self._service.base_url

    def has_comment(self, alias: str, marker: str) -> bool:
        """Read all its comments."""
        answer = self._service.find(f"/updates/{path_segment(alias)}")
        if answer is None:
            raise RequestRefused(f"Bodhi has no update {alias} (404)")
        try:
            return any(marker in comment["text"] for comment in answer["update"]["comments"])
        except (KeyError, TypeError) as wrong:
            raise MalformedInput(f"{self._service.base_url} answered an update without comments") from wrong

    def _post(self, path: str, body: Mapping[str, Any]) -> Any:
        """POST as who we are, once more after a new login when the session has ended.

        Raises:
            NotWelcome: Bodhi lets us in, and not write.
        """
        with self._writing:
            if self._login is None:
                return self._post_with_token(path, body)
            was_logged_in = self._is_logged_in
            try:
                return self._post_as(self._login, path, body)
            except NotWelcome:
                if not was_logged_in:
                    raise
            return self._post_as(self._login, path, body)

    def _post_as(self, login: Login, path: str, body: Mapping[str, Any]) -> Any:
        if not self._is_logged_in:
            self._csrf_token = None
            self._service.log_in(login.log_in)
            self._is_logged_in = True
        try:
            return self._post_with_token(path, body)
        except HttpRefusal as refusal:
            if refusal.status not in _SAYS_THAT_NOBODY_IS_LOGGED_IN:
                raise
            self._is_logged_in = False
            raise NotWelcome(str(refusal)) from refusal

    def _post_with_token(self, path: str, body: Mapping[str, Any]) -> Any:
        """POST with the CSRF token, once more with a fresh one when ours has expired."""
        if self._csrf_token is not None:
            try:
                return self._service.post(path, dict(body) | {"csrf_token": self._csrf_token})
            except HttpRefusal as refusal:
                if not _is_about_csrf(refusal):
                    raise
        self._csrf_token = self._fresh_csrf_token()
        return self._service.post(path, dict(body) | {"csrf_token": self._csrf_token})

    def _fresh_csrf_token(self) -> str:
        match self._service.get("/csrf"):
            case {"csrf_token": str(token)}:
                return token
        raise MalformedInput(f"{self._service.base_url} gave no CSRF token")

    def _search(self, key: str, values: Sequence[str], read: Callable[[Any], Row]) -> Iterator[Row]:
        room = LONGEST_URL - len(self._service.base_url) - 200
        for some in chunks(values, room, self._rows_per_page):
            yield from self._still_picture({key: some}, read)

    def _still_picture(self, query: Mapping[str, str | Sequence[str]], read: Callable[[Any], Row]) -> tuple[Row, ...]:
        """All pages, read again when the list changed under our eyes and a row may have slipped through."""
        for _ in range(ATTEMPTS_AT_A_STILL_PICTURE):
            found, is_complete = self._all_pages(query, read)
            if is_complete:
                return found
        raise SystemBusy(f"{self._service.base_url}: the list of updates changes faster than it can be read")

    def _all_pages(
        self, query: Mapping[str, str | Sequence[str]], read: Callable[[Any], Row]
    ) -> tuple[tuple[Row, ...], bool]:
        found: dict[str, Row] = {}
        totals = set()
        page, pages = 1, 1
        while page <= pages:
            size = {"rows_per_page": str(self._rows_per_page), "page": str(page)}
            answer = self._service.get("/updates/", dict(query) | size)
            rows = _rows_of(answer, "updates")
            pages, total = _count(answer, "pages"), _count(answer, "total")
            before = len(found)
            found.update((update.alias, update) for update in map(read, rows))
            totals.add(total)
            page += 1
            if len(found) == before:
                break
        return tuple(found.values()), totals == {len(found)}


def nvrs_of_title(title: str) -> frozenset[str]:
    """The builds in a title; the masher joined them with commas, the composer with spaces."""
    return frozenset(part for part in re.split(r"[,\s]+", title) if part)


def _rows_of(answer: Any, key: str) -> list[Any]:
    if not isinstance(answer, dict) or not isinstance(answer.get(key), list):
        raise MalformedInput(f"Bodhi answered no list of {key}: {str(answer)[:200]}")
    rows: list[Any] = answer[key]
    return rows


def _count(answer: Any, key: str) -> int:
    if type(answer.get(key)) is not int:
        raise MalformedInput(f"Bodhi did not say {key}: {answer.get(key)!r}")
    number: int = answer[key]
    return number


def _is_about_csrf(refusal: HttpRefusal) -> bool:
    try:
        return any(error["name"] == "csrf_token" for error in json.loads(refusal.body)["errors"])
    except (ValueError, KeyError, TypeError):
        return False
