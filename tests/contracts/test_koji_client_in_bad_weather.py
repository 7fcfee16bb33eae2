"""What does our Koji client make of lost answers, outages, restarts and sessions that are no longer good?"""

import gc
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import koji as lib
import pytest
import requests

from relengotron.errors import AnswerLost, RelengError, RequestRefused, SystemBusy, SystemUnreachable
from relengotron.systems.inprocess import WsgiAdapter
from relengotron.systems.koji.client import KojiHub
from relengotron.systems.koji.simulated import Hub, wsgi_app
from relengotron.systems.koji.simulated.call import EXPOSED
from relengotron.systems.koji.simulated.sessions import _begun
from relengotron.systems.mischief import Kind, Rule
from tests.contracts.koji_place import BASH, CANDIDATE, KEY, NANO, NOON, TESTING, Place
from tests.contracts.test_koji_client import IMAGE, MASH

BEFORE = NOON - timedelta(minutes=5)
MOVES = [(BASH, CANDIDATE, TESTING), (NANO, CANDIDATE, TESTING)]
Act = Callable[[KojiHub], Any]

ACTS: dict[str, Act] = {
    "moveBuild": lambda koji: koji.move_builds(MOVES),
    "runroot": lambda koji: koji.runroot(MASH),
    "buildImageOz": lambda koji: koji.build_image(IMAGE),
    "uploadFile": lambda koji: koji.upload("relengotron/one", "a.ks", b"content"),
    "writeSignedRPM": lambda koji: koji.write_signed_copies(list(koji.builds({BASH}).values()), KEY),
    "untagBuild": lambda koji: koji.untag_builds([(BASH, f"{TESTING}-pending"), (NANO, f"{TESTING}-pending")]),
    "cancelTask": lambda koji: koji.cancel_task(1),
}
TASKS_OF: dict[str, Act] = {
    "moveBuild": lambda koji: [task for found in koji.moves_since(BEFORE, MOVES).values() for task in found],
    "runroot": lambda koji: koji.find_tasks("runroot", BEFORE, "/compose/runs/one"),
    "buildImageOz": lambda koji: koji.find_tasks("image", BEFORE, "work/a.ks"),
}
every_act = pytest.mark.parametrize("method", ACTS)


@pytest.fixture
def place(tmp_path: Path) -> Place:
    place = Place(tmp_path)
    place.add(BASH, NANO)
    place.hub.call("relengotron", "runroot", "f24-build", "x86_64", ["true"])
    return place


@pytest.fixture
def koji(place: Place) -> KojiHub:
    return place.client()


# -- acts whose answer is lost ---------------------------------------------------------------------------------------


@every_act
def test_an_act_whose_answer_is_lost_was_made_once_and_is_known_to_be_in_doubt(
    place: Place, koji: KojiHub, method: str
) -> None:
    place.front.misbehave(Rule(Kind.LOST_ANSWER, body=method))
    with pytest.raises(AnswerLost):
        ACTS[method](koji)
    assert place.requests(method) == 1
    if method in TASKS_OF:
        assert len(TASKS_OF[method](koji)) == (2 if method == "moveBuild" else 1)
    else:
        ACTS[method](koji)  # these may be repeated


@every_act
def test_an_act_that_koji_s_client_repeats_by_itself_is_not_made_twice(
    place: Place, koji: KojiHub, method: str
) -> None:
    """A connection that the server resets is asked again under the same call number: RetryError says it was done."""
    koji.identity()
    resetting = place.client(http=lambda: _resetting(place, method))
    if method == "uploadFile":  # no change in the database: repeating it is harmless, and the hub lets it happen
        assert ACTS[method](resetting) == "relengotron/one/a.ks"
        return
    with pytest.raises(AnswerLost, match="did it and the answer was lost"):
        ACTS[method](resetting)
    if method in TASKS_OF:
        assert len(TASKS_OF[method](koji)) == (2 if method == "moveBuild" else 1)


class _Resetting(WsgiAdapter):
    """Does the first request with this method, and resets the connection instead of answering."""

    def __init__(self, app: Any, method: str) -> None:
        super().__init__(app)
        self.method = method.encode()
        self.done: list[bool] = []

    def send(self, request: requests.PreparedRequest, *words: Any, **named: Any) -> requests.Response:
        answer = super().send(request, *words, **named)
        if self.method in (request.body or b"") and not self.done:
            self.done.append(True)
            raise requests.ConnectionError("('Connection aborted.', ConnectionResetError(104, 'Connection reset'))")
        return answer


def _resetting(place: Place, method: str) -> requests.Session:
    shared = place.__dict__.setdefault("resetting", _Resetting(place.front, method))
    session = requests.Session()
    session.mount("http://koji.sim", shared)
    return session


@every_act
@pytest.mark.parametrize("kind", [Kind.HANG, Kind.REFUSED, Kind.GARBAGE, Kind.STATUS, Kind.HALF])
def test_an_act_that_got_no_answer_is_in_doubt_whatever_came_instead(
    place: Place, koji: KojiHub, method: str, kind: Kind
) -> None:
    place.front.misbehave(Rule(kind, body=method, seconds=60))
    with pytest.raises(AnswerLost, match="Koji"):
        ACTS[method](koji)
    assert place.requests(method) == 1


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_a_front_server_in_trouble_is_an_outage(place: Place, koji: KojiHub, status: int) -> None:
    place.front.misbehave(Rule(Kind.STATUS, status=status, times=None))
    with pytest.raises(SystemUnreachable, match=str(status)):
        koji.tags_of([BASH])
    assert len(place.front.calls) == 3


@pytest.mark.parametrize("text", ["<html><br><p>Welcome to the wireless network</html>", "", "<a/>", "{}"])
def test_another_page_in_koji_s_place_is_an_outage(place: Place, koji: KojiHub, text: str) -> None:
    place.front.misbehave(Rule(Kind.GARBAGE, text=text, times=None))
    with pytest.raises(SystemUnreachable, match="in Koji's place"):
        koji.tags_of([BASH])
    with pytest.raises(SystemUnreachable):
        koji.runroot(MASH)


@pytest.mark.parametrize("kind", [Kind.LOST_ANSWER, Kind.REFUSED, Kind.HALF, Kind.GARBAGE, Kind.HANG, Kind.STATUS])
def test_reads_are_asked_again_at_once(place: Place, koji: KojiHub, kind: Kind) -> None:
    place.front.misbehave(Rule(kind, times=2, seconds=60))
    assert koji.tags_of([BASH])[BASH]


# -- outages ---------------------------------------------------------------------------------------------------------


def _offline(hub: Hub) -> None:
    hub.offline = "moving house until noon"


def _database_down(hub: Hub) -> None:
    hub.database_down = True


def _locked_out(hub: Hub) -> None:
    hub.locked_out = True


@every_act
@pytest.mark.parametrize("outage", [_offline, _database_down, _locked_out])
def test_an_outage_is_waited_for_and_nothing_is_done(
    place: Place, koji: KojiHub, method: str, outage: Callable[[Hub], None]
) -> None:
    koji.identity()
    outage(place.hub)
    with pytest.raises(SystemUnreachable, match="offline"):
        ACTS[method](koji)
    place.hub.offline, place.hub.database_down, place.hub.locked_out = None, False, False
    ACTS[method](koji)


def test_a_hub_that_was_made_anew_lets_us_log_in_again(place: Place, koji: KojiHub) -> None:
    koji.identity()
    for row in place.hub.store["sessions"]:
        place.hub.store["sessions"].update(row, closed=True)
    assert koji.runroot(MASH)
    assert len(place.tasks("runroot")) == 2  # one was there before
    assert place.asked("runroot") == 2


def test_a_login_that_does_not_last_is_not_tried_for_ever(
    place: Place, koji: KojiHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(*_words: Any, **_named: Any) -> None:
        raise lib.AuthError("Invalid session or bad credentials")

    monkeypatch.setitem(EXPOSED, "runroot", gone)
    with pytest.raises(SystemUnreachable, match=r"not good .any more.: Invalid session"):
        koji.runroot(MASH)
    assert (place.asked("runroot"), place.asked("login")) == (2, 2)


def test_an_expired_session_is_renewed_and_the_act_made_once(place: Place, koji: KojiHub) -> None:
    koji.identity()
    _expire(place)
    assert koji.runroot(MASH)
    assert len(place.tasks("runroot")) == 2
    assert place.open_sessions() == 1


def test_a_hub_too_old_to_renew_lets_us_log_in_again(
    place: Place, koji: KojiHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    honest = EXPOSED["login"]

    def login(call: Any, username: str, password: str, opts: Any = None) -> Any:
        return honest(call, username, password, opts)

    monkeypatch.setitem(EXPOSED, "login", login)
    koji.identity()
    _expire(place)
    assert koji.move_builds(MOVES).keys() == {BASH, NANO}
    assert len(place.tasks("tagBuild")) == 2


def _expire(place: Place) -> None:
    for row in place.hub.store["sessions"]:
        place.hub.expire_session(row["id"])


def test_a_wrong_password_is_no_verdict_on_what_was_to_be_done(place: Place) -> None:
    place.hub.set_password("relengotron", "another one")
    with pytest.raises(SystemUnreachable, match=r"cannot log in: .*invalid username or password"):
        place.client().runroot(MASH)


def test_an_exclusive_session_of_somebody_else_is_waited_for(place: Place, koji: KojiHub) -> None:
    koji.identity()
    other = place.sessions().writer
    other.exclusiveSession()
    with pytest.raises(SystemBusy, match="exclusiveSession"):
        koji.runroot(MASH)
    other.logout()
    assert koji.runroot(MASH)


def test_a_call_number_that_fell_behind_costs_a_new_login(place: Place) -> None:
    sessions = place.sessions()
    koji = KojiHub(sessions)
    koji.runroot(MASH)
    koji.runroot(MASH)
    sessions.writer.callnum = 0
    assert koji.runroot(MASH)
    assert len(place.tasks("runroot")) == 4


# -- defects of the hub ----------------------------------------------------------------------------------------------


def _breaking(error: Exception) -> Callable[..., None]:
    def breaks(*_words: Any, **_named: Any) -> None:
        raise error

    return breaks


class OperationalError(Exception):
    """As a database's driver would raise."""


class UniqueViolation(Exception):
    """As a database's driver would raise."""


@pytest.mark.parametrize(
    ("error", "kind", "words"),
    [
        (KeyError("arch"), RequestRefused, r"KeyError: 'arch'"),
        (TypeError("takes 2 arguments"), RequestRefused, "TypeError: takes 2 arguments"),
        (UniqueViolation("duplicate key\nDETAIL:  Key exists."), RequestRefused, "UniqueViolation: duplicate key"),
        (OperationalError("server closed the connection"), SystemUnreachable, "OperationalError: server closed"),
        (OSError(28, "No space left on device"), SystemUnreachable, "OSError: .Errno 28. No space left"),
        (MemoryError(), SystemUnreachable, "MemoryError"),
    ],
)
def test_an_act_that_would_break_the_hub_again_is_refused_and_any_other_waits(
    koji: KojiHub, monkeypatch: pytest.MonkeyPatch, error: Exception, kind: type[RelengError], words: str
) -> None:
    monkeypatch.setitem(EXPOSED, "runroot", _breaking(error))
    with pytest.raises(kind, match=rf"Koji failed inside \((\w+\.)*{words}") as told:
        koji.runroot(MASH)
    assert "Traceback" not in str(told.value)


def test_a_question_that_breaks_the_hub_is_asked_again(koji: KojiHub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(EXPOSED, "getTaskInfo", _breaking(KeyError("arch")))
    with pytest.raises(SystemUnreachable, match="KeyError: 'arch'"):
        koji.tasks([1])


# -- threads and ways to log in --------------------------------------------------------------------------------------


def test_eight_threads_work_at_once_each_with_its_own_session(place: Place, koji: KojiHub) -> None:
    together = threading.Barrier(8)

    def work(number: int) -> list[int]:
        together.wait(10)
        return [koji.runroot(MASH) for _ in range(5)] if number % 2 else sorted(koji.tasks([1]))

    with ThreadPoolExecutor(8) as pool:
        came = list(pool.map(work, range(8)))
    made = [task for tasks in came[1::2] for task in tasks]
    assert len(set(made)) == 20
    assert place.asked("login") == 4


def test_the_sessions_of_ended_threads_are_logged_out(place: Place, koji: KojiHub) -> None:
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: koji.runroot(MASH), range(8)))
    gc.collect()
    assert place.open_sessions() == 0


@pytest.fixture
def tickets(place: Place, monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """The hub takes tickets and certificates of our user."""
    taken: list[dict[str, Any]] = []

    def ssl_login(call: Any, proxyuser: Any = None, renew: bool = False, exclusive: bool = False) -> Any:
        taken.append({"renew": renew})
        return _begun(call, call.store["users"].one(name="relengotron"), None)

    monkeypatch.setitem(EXPOSED, "sslLogin", ssl_login)
    monkeypatch.setenv("KRB5_CLIENT_KTNAME", "/somebody/else")
    return taken


def test_a_keytab_opens_a_session_although_we_repeat_nothing(place: Place, tickets: list[dict[str, Any]]) -> None:
    koji = place.client(None, principal="relengotron/host@REALM", keytab="/etc/relengotron/keytab")
    assert koji.identity().endswith("logged in as relengotron")
    assert tickets == [{"renew": False}]


def test_a_certificate_opens_a_session(place: Place, tickets: list[dict[str, Any]], tmp_path: Path) -> None:
    (tmp_path / "releng.pem").write_text("a certificate")
    koji = place.client(None, cert=str(tmp_path / "releng.pem"))
    assert koji.runroot(MASH)


def test_a_certificate_that_expired_is_waited_for(place: Place, tmp_path: Path) -> None:
    (tmp_path / "releng.pem").write_text("a certificate")
    with pytest.raises(SystemUnreachable, match="cannot log in"):
        place.client(None, cert=str(tmp_path / "releng.pem")).runroot(MASH)
    with pytest.raises(SystemUnreachable, match="doesn't exist"):
        place.client(None, cert="/nowhere.pem").runroot(MASH)


def test_without_the_library_for_keytabs_the_remedy_is_named(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lib, "reqgssapi", None)
    with pytest.raises(RequestRefused, match="install requests-gssapi"):
        place.client(None, principal="relengotron@REALM", keytab="/etc/keytab").runroot(MASH)


def test_the_key_of_a_session_is_in_no_error(place: Place, koji: KojiHub) -> None:
    class _Telling(WsgiAdapter):
        def send(self, *_words: Any, **_named: Any) -> requests.Response:
            raise requests.HTTPError("503 Server Error for url: http://k/?session-id=7&session-key=2-abc&callnum=3")

    def telling() -> requests.Session:
        session = requests.Session()
        session.mount("http://koji.sim", _Telling(wsgi_app(place.hub)))
        return session

    with pytest.raises(SystemUnreachable) as told:
        place.client(http=telling).tasks([1])
    assert "2-abc" not in str(told.value)
    assert "session-key=..." in str(told.value)
