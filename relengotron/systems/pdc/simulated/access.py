"""Who is asking, and may they?"""

import secrets
from dataclasses import dataclass

from relengotron.systems.pdc.simulated.call import Answer
from relengotron.systems.pdc.simulated.refusals import Refusal
from relengotron.systems.pdc.simulated.state import PdcState

_CHALLENGE = {"WWW-Authenticate": "Token"}


@dataclass(frozen=True, slots=True)
class User:
    """A known user."""

    name: str
    may_write: bool


def authenticate(state: PdcState, header: str | None) -> User | None:
    """The user behind an Authorization header; None for nobody in particular.

    Raises:
        Refusal: 401 when the header names a token that is not one.
    """
    words = (header or "").split()
    if not words or words[0].lower() != "token":
        return None
    if len(words) == 1:
        raise _unauthorized("Invalid token header. No credentials provided.")
    if len(words) > 2:
        raise _unauthorized("Invalid token header. Token string should not contain spaces.")
    if words[1] == state.token:
        return User(state.author, may_write=True)
    if words[1] == state.reader_token:
        return User("reader", may_write=False)
    raise _unauthorized("Invalid token.")


def authorize(user: User | None, method: str) -> None:
    """Anybody may read; only the writer may write."""
    if method in ("GET", "HEAD", "OPTIONS") or (user is not None and user.may_write):
        return
    if user is None:
        raise _unauthorized("Authentication credentials were not provided.")
    raise Refusal(403, {"detail": "You do not have permission to perform this action."})


def obtain_token(state: PdcState, user: User | None) -> Answer:
    """``GET auth/token/obtain/``: the token of whoever asks."""
    return Answer(200, {"token": state.token if _known(user).may_write else state.reader_token})


def refresh_token(state: PdcState, user: User | None) -> Answer:
    """``GET auth/token/refresh/``: a new token, the old one is worth nothing any more."""
    token = secrets.token_hex(20)
    if _known(user).may_write:
        state.token = token
    else:
        state.reader_token = token
    return Answer(200, {"token": token})


def show_user(state: PdcState, user: User | None) -> Answer:
    """``GET auth/current-user/``."""
    if user is None:
        raise Refusal(401, {"detail": "Access denied to unauthorized users."}, _CHALLENGE)
    plain = {"fullname": "", "e-mail": "", "is_superuser": user.may_write, "is_staff": False}
    return Answer(200, {"username": user.name, **plain, "groups": [], "permissions": [], "resource_permissions": []})


def _known(user: User | None) -> User:
    if user is None:
        raise _unauthorized("Authentication credentials were not provided.")
    return user


def _unauthorized(detail: str) -> Refusal:
    return Refusal(401, {"detail": detail}, _CHALLENGE)
