"""Which of our errors does each failure of Koji become, and what is in its text?"""

from collections.abc import Callable
from typing import Any
from xml.parsers.expat import ExpatError
from xmlrpc.client import Fault, ResponseError

import koji
import pytest
import requests

from relengotron.errors import (
    AnswerLost,
    NotTaggedThere,
    RelengError,
    RequestRefused,
    SystemBusy,
    SystemUnreachable,
)
from relengotron.systems.koji.failures import LONGEST_TEXT, SessionGone, koji_failures
from relengotron.systems.koji.session import Login, Sessions

TRACEBACK = 'Traceback (most recent call last):\n  File "hub.py", line 1, in call\n    do()\n  File "db.py"\n    {}\n'


def told(error: Exception, *, acting: bool = True) -> RelengError:
    with pytest.raises(RelengError) as caught, koji_failures(acting=acting):
        raise error
    assert caught.value.__cause__ is error
    return caught.value


@pytest.mark.parametrize("acting", [True, False])
@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (koji.GenericError("No such tag"), RequestRefused),
        (koji.ParameterError("Invalid type"), RequestRefused),
        (koji.ActionNotAllowed("tag is locked"), RequestRefused),
        (koji.TagError("build a-1-1 not in tag b"), NotTaggedThere),
        (koji.TagError("Package a blocked in b"), RequestRefused),
        (koji.BuildrootError("exit status 3"), RequestRefused),
        (koji.PluginError("vetoed"), RequestRefused),
        (koji.FunctionDeprecated("gone"), RequestRefused),
        (koji.LockError("held"), SystemBusy),
        (koji.AuthLockError("User locked by another session"), SystemBusy),
        (koji.ServerOffline("database outage"), SystemUnreachable),
        (koji.AuthError("Invalid session or bad credentials"), SessionGone),
        (koji.AuthExpired('session "5" has expired'), SessionGone),
        (koji.SequenceError("2 > 1 (session 5)"), SessionGone),
        (koji.GSSAPIAuthError("no ticket"), SessionGone),
        (koji.RetryError("unable to retry call 3"), AnswerLost),
    ],
)
def test_what_the_hub_says_has_one_meaning(error: koji.GenericError, kind: type[RelengError], acting: bool) -> None:
    assert type(told(error, acting=acting)) is kind


@pytest.mark.parametrize(
    "error",
    [
        requests.ConnectionError("reset"),
        requests.ConnectTimeout("slow"),
        requests.ReadTimeout("slow"),
        requests.exceptions.SSLError("unknown authority"),
        requests.HTTPError("502 Server Error"),
        requests.exceptions.ChunkedEncodingError("half"),
        ResponseError(),
        ExpatError("mismatched tag"),
        ConnectionResetError(104, "reset"),
    ],
)
def test_a_broken_way_leaves_an_act_in_doubt_and_a_question_unanswered(error: Exception) -> None:
    """Koji's client repeats a call on a broken connection, so even a refused connection may follow one that acted."""
    assert type(told(error)) is AnswerLost
    assert type(told(error, acting=False)) is SystemUnreachable


def _refused_renewal() -> None:
    try:
        raise koji.AuthExpired("too old")
    except koji.AuthExpired:
        raise koji.ParameterError("login() got an unexpected keyword argument 'renew'")  # noqa: B904


def test_a_refusal_that_follows_an_expired_session_is_about_the_session() -> None:
    with pytest.raises(SessionGone), koji_failures(acting=True):
        _refused_renewal()


@pytest.mark.parametrize(
    ("words", "kind", "shown"),
    [
        ("KeyError: 'arch'", RequestRefused, "KeyError: 'arch'"),
        ("psycopg2.errors.UniqueViolation: duplicate\nDETAIL:  Key (a) exists.", RequestRefused, "duplicate"),
        ("psycopg2.ProgrammingError: no column\nLINE 1: SELECT\n        ^", RequestRefused, "no column"),
        ("psycopg2.OperationalError: server closed the connection", SystemUnreachable, "server closed"),
        ("psycopg2.errors.DeadlockDetected: deadlock detected\nDETAIL: x", SystemUnreachable, "deadlock"),
        ("OSError: [Errno 28] No space left on device", SystemUnreachable, "No space left"),
        ("koji.hub.Strange: never seen", SystemUnreachable, "never seen"),
    ],
)
def test_a_defect_of_the_hub_is_told_by_its_exception(words: str, kind: type[RelengError], shown: str) -> None:
    fault = Fault(1, TRACEBACK.format("deeper()") + words + "\n")
    assert type(told(fault)) is kind
    assert shown in str(told(fault))
    assert "\n" not in str(told(fault))
    assert type(told(fault, acting=False)) is SystemUnreachable


@pytest.mark.parametrize("text", ["", "\n", "   indented only"])
def test_a_defect_without_words_is_told_too(text: str) -> None:
    assert "no word about why" in str(told(Fault(1, text)))


def test_the_traceback_is_kept_for_the_log(caplog: pytest.LogCaptureFixture) -> None:
    told(Fault(1, TRACEBACK.format("deeper()") + "KeyError: 'arch'\n"))
    (record,) = caplog.records
    assert record.message == "Koji failed inside"
    assert "deeper()" in record.__dict__["traceback"]


def test_errors_are_short_and_hold_no_key() -> None:
    url = "https://koji/kojihub?session-id=77&session-key=2-secret&callnum=9"
    assert "2-secret" not in str(told(requests.HTTPError(f"503 for url: {url}")))
    assert len(str(told(koji.GenericError("x" * 9000)))) < LONGEST_TEXT + 50


@pytest.mark.parametrize(
    ("login", "is_anonymous"),
    [
        (Login(), True),
        (Login(user="releng"), True),
        (Login(user="releng", password="x"), False),
        (Login(cert="/a.pem"), False),
        (Login(principal="releng@REALM", keytab="/keytab"), False),
    ],
)
def test_who_can_log_in(login: Login, is_anonymous: bool) -> None:
    assert login.is_anonymous is is_anonymous


def test_nothing_is_opened_before_it_is_needed_and_a_session_is_kept() -> None:
    opened: list[requests.Session] = []

    def http() -> requests.Session:
        opened.append(requests.Session())
        return opened[-1]

    sessions = Sessions("http://koji.sim/kojihub", Login(), 5.0, http)
    assert opened == []
    assert sessions.reader is sessions.reader
    assert len(opened) == 1
    sessions.forget_writer()


@pytest.mark.parametrize("option", ["offline_retry", "anon_retry", "timeout", "max_retries"])
def test_koji_s_own_patience_is_never_left_to_its_defaults(option: str) -> None:
    """By itself it waits twelve hours for an answer, and for ever for a hub that is offline."""
    options: dict[str, Any] = Sessions("http://koji.sim/kojihub", Login(), 5.0).reader.opts
    wanted: dict[str, Callable[[Any], bool]] = {
        "offline_retry": lambda value: value is False,
        "anon_retry": lambda value: value is True,
        "timeout": lambda value: value == 5.0,
        "max_retries": lambda value: value <= 3,
    }
    assert wanted[option](options[option])
