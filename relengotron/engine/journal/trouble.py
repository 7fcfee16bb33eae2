"""What is wrong with a journal: trouble that passes by itself, or a wrong setting?"""

import sqlite3
from typing import Final

from sqlalchemy import URL, make_url
from sqlalchemy.exc import DBAPIError, OperationalError, SQLAlchemyError

from relengotron.errors import RelengError, SettingsError, SystemBusy, SystemUnreachable

PASSING: Final = frozenset(
    {
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_LOCKED,
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_NOMEM,
        sqlite3.SQLITE_PROTOCOL,
    }
)
"""What SQLite says of a disk that is full or broken, and of other programs in its way."""

WRONG_PATH: Final = (FileNotFoundError, FileExistsError, NotADirectoryError, IsADirectoryError, PermissionError)
"""What no waiting mends."""


def opening_trouble(url: str | URL, trouble: Exception) -> RelengError:
    """What we say of a journal that cannot be opened: only a wrong setting is a mistake of the configuration."""
    named = f"{_without_password(url)!r}: {why(trouble)}"
    if not _passes(url, trouble):
        return SettingsError(f"journal.url: cannot open {named}")
    if isinstance(trouble, OperationalError) and _is_a_server(url):
        return SystemUnreachable(f"the journal's server does not answer: {why(trouble)}")
    return SystemBusy(f"the journal cannot be opened now: {named}")


def why(trouble: Exception) -> str:
    """The reason alone: without the statement, and without a link to somebody's manual."""
    match trouble:
        case DBAPIError(orig=BaseException() as reason):
            return str(reason)
        case SQLAlchemyError(args=(str(reason), *_)):
            return reason
    return str(trouble)


def _passes(url: str | URL, trouble: Exception) -> bool:
    if isinstance(trouble, OSError):
        return not isinstance(trouble, WRONG_PATH)
    if not isinstance(trouble, OperationalError):
        return False
    return _is_a_server(url) or getattr(trouble.orig, "sqlite_errorcode", 0) & 0xFF in PASSING


def _is_a_server(url: str | URL) -> bool:
    return make_url(url).get_backend_name() != "sqlite"


def _without_password(url: str | URL) -> str:
    try:
        return make_url(url).render_as_string(hide_password=True)
    except SQLAlchemyError:
        return "an unreadable URL"
