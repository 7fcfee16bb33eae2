"""As whom do we write to Bodhi? A session cookie that a token buys, or one that somebody else keeps fresh."""

import re
from http.cookies import CookieError, SimpleCookie
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import requests

from relengotron.errors import SystemUnreachable
from relengotron.systems.bodhi.port import NotWelcome

LOGIN = "/oidc/login-token"
_TOKEN = re.compile(r"[\x21-\x7e]{1,8192}", re.ASCII)


class Login:
    """Reads the secret anew at each login: tokens and cookies are short-lived, and somebody renews the file."""

    def __init__(self, *, token_file: Path | None = None, cookie_file: Path | None = None) -> None:
        """Take the file with an OpenID Connect token, or the one with a session cookie ``NAME=VALUE``."""
        self._token_file = token_file
        self._cookie_file = cookie_file

    def log_in(self, base_url: str, session: requests.Session, timeout: tuple[float, float]) -> None:
        """The session carries Bodhi's cookies afterwards.

        Raises:
            NotWelcome: the secret cannot be used.
            SystemUnreachable: Bodhi, or who vouches for the token, does not answer.
        """
        session.cookies.clear()
        if self._cookie_file is not None:
            self._take_cookies(base_url, session, self._cookie_file)
        if self._token_file is not None:
            self._buy_cookies(base_url, session, timeout, self._token_file)

    @staticmethod
    def _take_cookies(base_url: str, session: requests.Session, file: Path) -> None:
        parts = urlsplit(base_url)
        try:
            kept = SimpleCookie(_secret_in(file))
        except CookieError:
            kept = SimpleCookie()
        if not kept:
            raise NotWelcome(f"{file} holds no cookie NAME=VALUE")
        for name, morsel in kept.items():
            host = parts.hostname or ""
            session.cookies.set(name, morsel.value, domain=host if "." in host else f"{host}.local")

    @staticmethod
    def _buy_cookies(base_url: str, session: requests.Session, timeout: tuple[float, float], file: Path) -> None:
        token, url = _secret_in(file), f"{base_url}{LOGIN}"
        if not _TOKEN.fullmatch(token):
            raise NotWelcome(f"{file} holds no token")
        headers: dict[str, Any] = {"Authorization": f"Bearer {token}", "Accept": "application/json"}
        try:
            answer = session.get(url, headers=headers, timeout=timeout, allow_redirects=False)
        except requests.RequestException as broken:
            raise SystemUnreachable(f"GET {url}: {type(broken).__name__}") from None  # its text may hold the token
        if answer.status_code >= 500:
            raise SystemUnreachable(f"GET {url}: {answer.status_code}")
        if not answer.ok or answer.is_redirect or not session.cookies:
            raise NotWelcome(f"GET {url}: {answer.status_code}: Bodhi does not take the token in {file}")


def _secret_in(file: Path) -> str:
    try:
        return file.read_text().strip()
    except (OSError, ValueError) as trouble:
        raise NotWelcome(f"{file} cannot be read: {type(trouble).__name__}") from None
