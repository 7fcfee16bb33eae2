"""What do the failures of Koji, its front server and the network mean to us?"""

import builtins
import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final
from xml.parsers.expat import ExpatError
from xmlrpc.client import Fault, ResponseError

import koji
import requests

from relengotron.errors import (
    AnswerLost,
    NotTaggedThere,
    RelengError,
    RequestRefused,
    SystemBusy,
    SystemUnreachable,
)

log = logging.getLogger(__name__)

LONGEST_TEXT: Final = 500
_SECRETS = re.compile(r"(session-id|session-key|callnum)=[^&\s'\"]+")
_NEVER_BETTER = (LookupError, TypeError, ValueError, AttributeError, AssertionError, NameError, NotImplementedError)
_NEVER_BETTER_IN_THE_DATABASE = re.compile(r"ProgrammingError|IntegrityError|DataError|\w+Violation|Invalid\w+")


class SessionGone(SystemUnreachable):
    """The hub does not know this session (any more): nothing was done, and a new login helps."""


@contextmanager
def koji_failures(*, acting: bool) -> Iterator[None]:
    """Turn what Koji and the network raise into our own errors.

    A broken connection during an acting call means that nobody knows whether it was carried out; RetryError means that
    it was, and that its answer is lost.
    """
    unknown = AnswerLost if acting else SystemUnreachable
    try:
        yield
    except (koji.GenericError, Fault) as refused:
        raise meaning_of(refused, acting=acting) from refused
    except (ResponseError, ExpatError) as garbage:
        raise unknown(f"something else answered in Koji's place: {_text(garbage)}") from garbage
    except (requests.exceptions.RequestException, OSError) as broken:
        raise unknown(f"Koji does not answer: {_text(broken)}") from broken


def meaning_of(refused: koji.GenericError | Fault, *, acting: bool) -> RelengError:
    """Our own error for what the hub said."""
    text = _text(refused)
    if isinstance(refused, koji.RetryError):
        return AnswerLost(f"Koji did it and the answer was lost: {text}")
    if isinstance(refused, koji.ServerOffline):
        return SystemUnreachable(f"Koji is offline: {text}")
    if isinstance(refused, koji.AuthLockError):
        return SystemBusy(f"another session of our Koji user keeps all others out (exclusiveSession): {text}")
    if isinstance(refused, koji.LockError):
        return SystemBusy(f"Koji: {text}")
    if _is_about_the_session(refused):
        return SessionGone(f"the Koji session is not good (any more): {text}")
    if isinstance(refused, koji.TagError) and "not in tag" in text:
        return NotTaggedThere(f"Koji: {text}")
    if isinstance(refused, koji.GenericError):
        return RequestRefused(f"Koji: {text}")
    return _defect_of_the_hub(refused, acting=acting)


def _is_about_the_session(refused: BaseException | None) -> bool:
    """Koji's client renews an expired session by itself; when the hub cannot do that, its refusal follows the first."""
    while refused is not None:
        if isinstance(refused, koji.AuthError):
            return True
        refused = refused.__cause__ or refused.__context__
    return False


def _defect_of_the_hub(fault: Fault, *, acting: bool) -> RelengError:
    """The hub broke and took back what it had begun.

    What fails for a reason that lies in the request would fail for ever: an act is refused with the hub's words. Reads
    are asked again, as after any outage, until a person is called.
    """
    exception = _exception_in(str(fault.faultString))
    log.warning("Koji failed inside", extra={"exception": exception, "traceback": str(fault.faultString)[-4000:]})
    text = f"Koji failed inside ({exception}); its administrators find the traceback in the hub's log"
    if acting and _would_happen_again(exception):
        return RequestRefused(text)
    return SystemUnreachable(text)


def _exception_in(traceback: str) -> str:
    """The line of a traceback that names the exception, without the remarks that a database adds below it."""
    lines = [line for line in traceback.splitlines() if line.strip()]
    frames = [number for number, line in enumerate(lines) if line.startswith("  File ")]
    below = [line for line in lines[frames[-1] + 1 if frames else 0 :] if not line.startswith(" ")]
    return _without_secrets(below[0].strip()) if below else "no word about why"


def _would_happen_again(exception: str) -> bool:
    name = exception.partition(":")[0].rpartition(".")[2]
    kind = getattr(builtins, name, None)
    if isinstance(kind, type):
        return issubclass(kind, _NEVER_BETTER)
    return _NEVER_BETTER_IN_THE_DATABASE.fullmatch(name) is not None


def _text(error: BaseException) -> str:
    if isinstance(error, Fault):
        return _without_secrets(str(error.faultString))
    return _without_secrets(str(error) or type(error).__name__)


def _without_secrets(text: str) -> str:
    """Old hubs are given the session's key in the address, which errors repeat."""
    shown = _SECRETS.sub(r"\1=...", text).strip()
    return shown if len(shown) <= LONGEST_TEXT else f"{shown[:LONGEST_TEXT]}..."
