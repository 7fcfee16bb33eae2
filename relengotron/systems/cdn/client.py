"""How are caches told to forget? With ``PURGE URL``, as Varnish, Fastly and their like understand it."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final
from urllib.parse import quote, urlsplit

import requests

from relengotron.errors import SystemUnreachable
from relengotron.systems.cdn.port import Cache
from relengotron.systems.mirror.looking import seen_at
from relengotron.systems.mirror.paths import rel_path
from relengotron.systems.mirror.port import Seen

_CONNECT: Final = 5.0
_FORGOTTEN: Final = frozenset({200, 202, 204, 404})
"""404: some answer so when they had nothing under the address."""
_MAY_NOT: Final = frozenset({401, 403, 405})


class HttpCdn:
    """Caches that speak HTTP; a purge that nobody confirmed is told as trouble, and asked for again as a whole."""

    def __init__(self, caches: Iterable[Cache], session: Callable[[], requests.Session]) -> None:
        self._caches = tuple((cache, session()) for cache in caches)

    def purge(self, paths: Iterable[str]) -> None:
        """Every cache was told to forget these paths; one in trouble keeps no other from being told."""
        wanted = [rel_path(path) for path in paths]
        troubles = [
            trouble
            for cache, session in self._caches
            for node in (cache.purge_at or (cache.url,))
            if (trouble := _purged(cache, node, wanted, session)) is not None
        ]
        if troubles:
            raise SystemUnreachable("; ".join(troubles))

    def look(self, urls: Mapping[str, str]) -> tuple[Seen, ...]:
        """Read each path from every cache, with no word that would make it look behind itself."""
        return tuple(
            _seen(cache, session, rel_path(path), expected)
            for cache, session in self._caches
            for path, expected in urls.items()
        )


def _purged(cache: Cache, node: str, paths: Sequence[str], session: requests.Session) -> str | None:
    """Why a node did not forget; None when it says that it did. The first trouble is enough: it is asked for again."""
    headers = {"Host": urlsplit(cache.url).netloc}
    if cache.token_file is not None:
        token = _token_of(cache)
        if token is None:
            return f"{cache.name}: {cache.token_file} holds no token that can be read; {cache.owner} can act"
        headers[cache.token_header] = token
    for path in paths:
        url = f"{node}/{quote(path)}"
        try:
            answer = session.request(
                "PURGE", url, headers=headers, timeout=(_CONNECT, cache.timeout), allow_redirects=False
            )
        except requests.RequestException as broken:
            return f"{cache.name}: PURGE {url}: {type(broken).__name__}; {cache.owner} can act"
        if answer.status_code not in _FORGOTTEN:
            hint = " (the token, or who may purge)" if answer.status_code in _MAY_NOT else ""
            return f"{cache.name}: PURGE {url}: {answer.status_code}{hint}; {cache.owner} can act"
    return None


def _token_of(cache: Cache) -> str | None:
    """Read anew for each purge, so that a changed token needs no restart; what is no header's value is none."""
    try:
        token = cache.token_file.read_text().strip() if cache.token_file is not None else ""
    except (OSError, UnicodeDecodeError):
        return None
    return token if token and token.isascii() and token.isprintable() else None


def _seen(cache: Cache, session: requests.Session, path: str, expected: str) -> Seen:
    url, shown = f"{cache.url}/{quote(path)}", f"{cache.name}: {path}"
    headers, timeout = {"Accept-Encoding": "identity"}, (_CONNECT, cache.timeout)
    try:
        return seen_at(url, session, headers, timeout, path=shown, expected=expected)
    except requests.RequestException as error:
        raise SystemUnreachable(f"cannot read {url}: {error}; {cache.owner} can act") from error
