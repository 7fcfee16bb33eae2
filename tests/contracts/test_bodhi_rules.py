"""Rules of the simulated Bodhi, as the real one has them over HTTP and on the bus."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

import pytest
import requests

from relengotron.systems.bodhi.simulated import Bug, Build, Era, SimulatedBodhi, create_app
from relengotron.systems.inprocess import WsgiAdapter

BASE = "http://bodhi.sim"
NOW = datetime(2016, 8, 23, 12, tzinfo=UTC).timestamp()


class Server:
    def __init__(self, **options: Any) -> None:
        self.now = NOW
        self.heard: list[tuple[str, dict[str, Any]]] = []
        self.bodhi = SimulatedBodhi(lambda: self.now, announce=lambda *said: self.heard.append(said), **options)
        self.bodhi.add_release("F24")
        self.session = requests.Session()
        self.session.mount(BASE, WsgiAdapter(create_app(self.bodhi)))

    def login(self, user: str = "releng") -> None:
        self.get(f"/login?user={user}")

    def get(self, path: str, **params: Any) -> Any:
        return self.session.get(f"{BASE}{path}", params=params, timeout=5).json()

    def post(self, path: str, **body: Any) -> requests.Response:
        token = self.get("/csrf")["csrf_token"]
        return self.session.post(f"{BASE}{path}", json=body | {"csrf_token": token}, timeout=5)

    def titles(self, **params: Any) -> list[str]:
        return [update["title"] for update in self.get("/updates/", **params)["updates"]]

    def topics(self) -> list[str]:
        return [topic for topic, _ in self.heard]

    def said(self, topic: str) -> dict[str, Any]:
        return next(body for said, body in self.heard if said == topic)


@pytest.fixture
def server() -> Server:
    return Server()


def error_of(answer: requests.Response) -> tuple[int, str, str]:
    (error,) = answer.json()["errors"]
    assert answer.json()["status"] == "error"
    return answer.status_code, error["location"], error["name"]


def test_an_update_is_shown_with_every_key_of_the_real_one(server: Server) -> None:
    update = server.bodhi.add_update(
        "F24", ["bash-1-1.fc24", Build("zsh-1-1.fc24", signed=False)], bugs=[7, Bug(8, "cve", security=True)]
    )

    shown = server.get(f"/updates/{update.alias}")

    assert {"update", "can_edit", "ci_allowed"} == set(shown)
    assert shown["update"]["title"] == "bash-1-1.fc24 zsh-1-1.fc24"
    assert shown["update"]["date_submitted"] == "2016-08-23 12:00:00"
    assert [build["signed"] for build in shown["update"]["builds"]] == [True, False]
    assert [bug["bug_id"] for bug in shown["update"]["bugs"]] == [7, 8]
    assert shown["update"]["release"]["stable_tag"] == "f24-updates"


def test_an_unknown_update_is_404_with_an_error_list(server: Server) -> None:
    answer = server.session.get(f"{BASE}/updates/nosuch", timeout=5)

    assert error_of(answer) == (404, "url", "id")


def test_in_2015_an_update_goes_by_its_title(server: Server) -> None:
    server = Server(era=Era.MASHER_TITLES)
    server.bodhi.add_update("F24", ["bash-1-1.fc24", "zsh-1-1.fc24"])

    assert server.get("/updates/bash-1-1.fc24,zsh-1-1.fc24")["update"]["status"] == "pending"


def test_lists_are_newest_first_and_paged_from_one(server: Server) -> None:
    for number in range(5):
        server.now += 1
        server.bodhi.add_update("F24", [f"p{number}-1-1"])

    page = server.get("/updates/", rows_per_page=2, page=2)

    assert [update["title"] for update in page["updates"]] == ["p2-1-1", "p1-1-1"]
    assert (page["page"], page["pages"], page["rows_per_page"], page["total"]) == (2, 3, 2, 5)
    assert server.titles(page=9) == []


@pytest.mark.parametrize(
    ("params", "name"),
    [
        ({"rows_per_page": 1001}, "rows_per_page"),
        ({"rows_per_page": 0}, "rows_per_page"),
        ({"page": "one"}, "page"),
        ({"request": "publish"}, "request"),
        ({"status": "testing,nosuch"}, "status"),
        ({"releases": "F24,F99"}, "releases"),
        ({"submitted_since": "lately"}, "submitted_since"),
    ],
)
def test_a_wrong_parameter_is_refused(server: Server, params: dict[str, Any], name: str) -> None:
    answer = server.session.get(f"{BASE}/updates/", params=params, timeout=5)

    assert error_of(answer) == (400, "querystring", name)


def test_filters_combine_and_take_commas_or_repeats(server: Server) -> None:
    server.bodhi.add_release("F25")
    server.bodhi.add_update("F24", ["bash-1-1"], request="testing", type="security", bugs=[1])
    server.bodhi.add_update("F24", ["zsh-1-1", "dash-1-1"], status="testing", request="stable", locked=True)
    server.bodhi.add_update("F25", ["ksh-1-1"], critpath=True)

    assert server.titles(releases="F24,f25", request="testing") == ["bash-1-1"]
    assert server.titles(releases=["F24", "F25"], status="pending") == ["ksh-1-1", "bash-1-1"]
    assert server.titles(builds="dash-1-1,ksh-1-1") == ["ksh-1-1", "zsh-1-1 dash-1-1"]
    assert server.titles(packages="bash") == ["bash-1-1"]
    assert server.titles(locked="true") == ["zsh-1-1 dash-1-1"]
    assert server.titles(critpath="True", release="F25") == ["ksh-1-1"]
    assert server.titles(bugs=1, type="security") == ["bash-1-1"]
    assert server.titles(like="ash") == ["zsh-1-1 dash-1-1", "bash-1-1"]
    assert server.titles(submitted_before="2016-08-23 12:00:00") == []


def test_releases_are_listed_by_pattern_state_and_number(server: Server) -> None:
    server.bodhi.add_release("F23", state="archived")
    server.bodhi.add_release("EPEL-7")

    def names(**params: Any) -> list[str]:
        return [release["name"] for release in server.get("/releases/", **params)["releases"]]

    assert names() == ["EPEL-7", "F23", "F24"]
    assert names(name="F2_", exclude_archived="true") == ["F24"]
    assert names(ids="2,3") == ["EPEL-7", "F23"]
    assert server.get("/releases/EPEL-7")["testing_tag"] == "epel7-testing"
    assert server.get("/releases")["total"] == 3
    assert error_of(server.session.get(f"{BASE}/releases/F99", timeout=5)) == (404, "body", "name")


def test_a_change_needs_the_token_of_its_session(server: Server) -> None:
    update = server.bodhi.add_update("F24", ["bash-1-1"])
    comment = {"update": update.alias, "text": "hello"}
    server.login()
    stranger = requests.Session()
    stranger.mount(BASE, server.session.get_adapter(BASE))
    foreign = stranger.get(f"{BASE}/csrf", timeout=5).json()["csrf_token"]

    for token in ({}, {"csrf_token": "wrong"}, {"csrf_token": foreign}):
        answer = server.session.post(f"{BASE}/comments/", json=comment | token, timeout=5)
        assert error_of(answer) == (400, "body", "csrf_token")
    assert server.post("/comments/", **comment).status_code == 200


def test_tokens_expire(server: Server) -> None:
    update = server.bodhi.add_update("F24", ["bash-1-1"])
    server.login()
    old = server.get("/csrf")["csrf_token"]
    server.now += 3601

    comment = {"update": update.alias, "text": "x", "csrf_token": old}
    answer = server.session.post(f"{BASE}/comments/", data=comment, timeout=5)

    assert error_of(answer) == (400, "body", "csrf_token")
    assert server.get("/csrf")["csrf_token"] != old


def test_a_comment_needs_an_author_an_update_and_a_text(server: Server) -> None:
    update = server.bodhi.add_update("F24", ["bash-1-1"])

    assert error_of(server.post("/comments/", update=update.alias, text="x")) == (403, "body", "email")
    server.login()
    assert error_of(server.post("/comments/", update="nosuch", text="x")) == (404, "url", "update")
    assert error_of(server.post("/comments/", update=update.alias, text="")) == (400, "body", "comment")
    assert error_of(server.post("/comments/", update=update.alias, text="x", karma=5)) == (400, "body", "karma")


def test_a_comment_is_stored_as_often_as_it_is_sent(server: Server) -> None:
    update = server.bodhi.add_update("F24", ["bash-1-1"])
    server.login()
    for _ in range(2):
        answer = server.post("/comments/", update=update.alias, text="same", karma=1)

    assert answer.json()["comment"]["user"] == {"name": "releng"}
    assert [comment.text for comment in update.comments] == ["same", "same"]
    assert update.karma == 1
    assert server.topics() == ["bodhi.update.comment"] * 2


def test_karma_for_oneself_does_not_count(server: Server) -> None:
    update = server.bodhi.add_update("F24", ["bash-1-1"], user="releng")
    server.login()

    answer = server.post("/comments/", update=update.alias, text="great", karma=1).json()

    assert (answer["comment"]["karma"], len(answer["caveats"])) == (0, 1)


def request(server: Server, update: Any, action: str) -> requests.Response:
    return server.post(f"/updates/{update.alias}/request", request=action)


def test_a_request_is_set_and_announced(server: Server) -> None:
    update = server.bodhi.add_update("F24", ["bash-1-1"], status="testing")
    server.login()

    assert request(server, update, "stable").json()["update"]["request"] == "stable"
    assert server.said("bodhi.update.request.stable")["agent"] == "releng"
    assert request(server, update, "stable").ok
    assert server.topics() == ["bodhi.update.request.stable"]


@pytest.mark.parametrize(
    ("seed", "action"),
    [
        ({"locked": True, "request": "testing"}, "revoke"),
        ({"status": "stable"}, "testing"),
        ({"status": "pending"}, "unpush"),
        ({"status": "testing"}, "revoke"),
        ({"status": "testing", "meets_testing_requirements": False}, "stable"),
        ({"status": "pending"}, "publish"),
    ],
)
def test_a_request_against_the_rules_is_refused(server: Server, seed: dict[str, Any], action: str) -> None:
    update = server.bodhi.add_update("F24", ["bash-1-1"], **seed)
    before = update.shown()
    server.login()

    assert error_of(request(server, update, action)) == (400, "body", "request")
    assert update.shown() == before
    assert server.heard == []


def test_a_stranger_may_not_set_a_request(server: Server) -> None:
    update = server.bodhi.add_update("F24", ["bash-1-1"])
    server.login("stranger")

    assert request(server, update, "testing").status_code == 403


@pytest.mark.parametrize(
    ("seed", "action", "status", "left"),
    [
        ({"request": "testing"}, "revoke", "unpushed", None),
        ({"status": "testing", "request": "stable"}, "revoke", "testing", None),
        ({"status": "testing", "pushed": True}, "unpush", "unpushed", None),
        ({"status": "testing"}, "obsolete", "obsolete", None),
        ({"status": "unpushed"}, "testing", "pending", "testing"),
        ({"meets_testing_requirements": False}, "stable", "pending", "testing"),
    ],
)
def test_requests_move_an_update(
    server: Server, seed: dict[str, Any], action: str, status: str, left: str | None
) -> None:
    update = server.bodhi.add_update("F24", ["bash-1-1"], **seed)
    server.login()

    assert request(server, update, action).ok
    assert (update.status, update.request) == (status, left)


def test_a_release_needs_tags_that_koji_has() -> None:
    server = Server(tag_exists=lambda tag: not tag.startswith("f99"))
    fields = {"name": "F25", "long_name": "Fedora 25", "version": "25", "stable_tag": "f99"}
    assert error_of(server.post("/releases/", **fields)) == (403, "body", "permission")
    server.login()

    assert error_of(server.post("/releases/", **fields)) == (400, "body", "stable_tag")
    assert error_of(server.post("/releases/", **(fields | {"version": "too long"}))) == (400, "body", "version")
    assert server.post("/releases/", **(fields | {"stable_tag": "f25"})).json()["stable_tag"] == "f25"


def test_archiving_a_release_retires_its_unfinished_updates(server: Server) -> None:
    waiting = server.bodhi.add_update("F24", ["bash-1-1"], status="testing", request="stable")
    done = server.bodhi.add_update("F24", ["zsh-1-1"], status="stable")
    server.login()

    assert server.post("/releases/", edited="F24", state="archived").json()["state"] == "archived"
    assert (waiting.status, waiting.request, len(waiting.comments)) == ("obsolete", None, 1)
    assert done.status == "stable"


def test_an_override_tags_its_build(server: Server) -> None:
    server.bodhi.add_update("F24", ["bash-1-1"])
    server.login()
    body = {"nvr": "bash-1-1", "notes": "for zsh", "expiration_date": "2016-09-01"}

    assert server.post("/overrides/", **body).json()["nvr"] == "bash-1-1"
    assert error_of(server.post("/overrides/", **body)) == (400, "body", "nvr")
    assert error_of(server.post("/overrides/", **(body | {"notes": "x"}))) == (400, "body", "notes")
    assert server.get("/overrides/", releases="F24")["total"] == 1
    assert server.get("/overrides/bash-1-1")["override"]["submitter"] == {"name": "releng"}
    assert server.topics() == ["bodhi.buildroot_override.tag"]


# pushes


def pushable(server: Server) -> dict[str, Any]:
    add = server.bodhi.add_update
    return {
        "plain": add("F24", ["bash-1-1", "bash-doc-1-1"], request="testing"),
        "security": add("F24", ["openssl-1-1"], request="testing", type="security"),
        "stable": add("F24", ["zsh-1-1"], status="testing", request="stable"),
        "unsigned": add("F24", [Build("ksh-1-1", signed=False)], request="testing"),
        "idle": add("F24", ["dash-1-1"]),
    }


def complete(server: Server, request: str, **outcomes: str) -> None:
    updates = [{"alias": alias, "outcome": outcome} for alias, outcome in outcomes.items()]
    server.bodhi.hear("relengotron.push.complete", {"release": "F24", "request": request, "updates": updates})


def test_a_push_locks_signed_updates_and_orders_security_first(server: Server) -> None:
    updates = pushable(server)

    order = server.bodhi.start_push()

    assert [name for name, update in updates.items() if update.locked] == ["plain", "security", "stable"]
    assert order.unsigned == (updates["unsigned"],)
    assert server.heard == [
        (
            "bodhi.composer.start",
            {
                "api_version": 2,
                "composes": [
                    {"content_type": "rpm", "release_id": 1, "request": "testing", "security": True},
                    {"content_type": "rpm", "release_id": 1, "request": "stable", "security": False},
                ],
                "resume": False,
                "agent": "releng",
            },
        )
    ]
    row = server.get("/composes/F24/testing")["compose"]
    assert (row["state"], row["security"], row["checkpoints"]) == ("requested", True, "{}")
    assert [update["title"] for update in row["update_summary"]] == ["bash-1-1 bash-doc-1-1", "openssl-1-1"]


def test_the_masher_of_2015_is_told_titles_and_shows_no_composes() -> None:
    server = Server(era=Era.MASHER_TITLES)
    pushable(server)

    server.bodhi.start_push(requests=["testing"], agent="bodhi")

    assert server.heard == [
        (
            "bodhi.masher.start",
            {"updates": ["bash-1-1,bash-doc-1-1", "openssl-1-1"], "resume": False, "agent": "bodhi"},
        )
    ]
    assert server.session.get(f"{BASE}/composes/", timeout=5).status_code == 404


def test_content_types_are_pushed_apart(server: Server) -> None:
    server.bodhi.add_update("F24", ["bash-1-1"], request="testing")
    server.bodhi.add_update("F24", [Build("img-1-1", type="container")], request="testing")

    assert [row.content_type for row in server.bodhi.start_push().composes] == ["container", "rpm"]


@pytest.mark.parametrize(
    ("state", "request_", "named", "pushed"),
    [
        ("current", "stable", False, 1),
        ("pending", "testing", False, 1),
        ("frozen", "testing", False, 1),
        ("frozen", "stable", False, 0),
        ("frozen", "stable", True, 1),
        ("archived", "stable", True, 0),
    ],
)
def test_the_state_of_a_release_says_what_may_be_pushed(
    server: Server, state: str, request_: str, named: bool, pushed: int
) -> None:
    server.bodhi.add_release("F25", state=state)
    update = server.bodhi.add_update("F25", ["bash-1-1"], request=request_)

    order = server.bodhi.start_push(updates=[str(update.alias)] if named else None)

    assert len(order.composes) == pushed


def test_nothing_to_push_is_not_announced(server: Server) -> None:
    assert server.bodhi.start_push().composes == ()
    assert server.heard == []


def test_pushed_updates_change_only_when_we_say_so(server: Server) -> None:
    updates = pushable(server)
    server.bodhi.start_push(requests=["testing"])
    server.heard.clear()
    plain, security = updates["plain"], updates["security"]

    complete(server, "testing", **{str(plain.alias): "pushed", str(security.alias): "ejected"})

    assert (plain.status, plain.request, plain.locked, plain.pushed) == ("testing", None, False, True)
    assert plain.shown()["date_testing"] == "2016-08-23 12:00:00"
    assert (security.status, security.request, security.locked) == ("pending", None, False)
    assert "ejected" in security.comments[-1].text
    assert server.topics() == ["bodhi.update.complete.testing", "bodhi.update.eject", "bodhi.compose.complete"]
    assert server.said("bodhi.update.eject")["repo"] == "f24-updates-testing"
    assert server.said("bodhi.compose.complete")["success"] is True
    assert server.get("/composes/") == {"composes": []}


def test_a_push_is_over_when_every_update_has_its_outcome(server: Server) -> None:
    updates = pushable(server)
    server.bodhi.start_push(requests=["testing"])

    complete(server, "testing", **{str(updates["plain"].alias): "pushed"})
    assert "bodhi.compose.complete" not in server.topics()
    assert updates["security"].locked

    complete(server, "testing", **{str(updates["security"].alias): "pushed"})
    assert "bodhi.compose.complete" in server.topics()


def test_a_doubled_or_foreign_message_changes_nothing(server: Server) -> None:
    updates = pushable(server)
    server.bodhi.start_push(requests=["testing"])
    said = {str(updates[name].alias): "pushed" for name in ("plain", "security")}
    complete(server, "testing", **said)
    server.heard.clear()

    complete(server, "testing", **said)
    server.bodhi.hear("relengotron.push.complete", {"release": "F99", "request": "stable", "updates": []})
    server.bodhi.hear("buildsys.tag", {"tag": "f24"})

    assert server.heard == []


def test_who_asks_is_answered_each_time_and_heard_once(server: Server) -> None:
    updates = pushable(server)
    server.bodhi.start_push(requests=["testing"])
    ejected = {"alias": str(updates["plain"].alias), "title": "", "outcome": "ejected", "reason": "broken"}
    told = {"release": "F24", "request": "testing", "updates": [ejected]}
    server.bodhi.hear("relengotron.push.complete", told, "2016-1", wants_answer=True)
    assert server.heard[-1] == ("gilmsg.ack", {"ack_msg_id": "2016-1"})
    assert updates["plain"].request is None

    updates["plain"].request = "testing"
    server.bodhi.start_push(requests=["testing"])
    server.heard.clear()
    server.bodhi.hear("relengotron.push.complete", told, "2016-1", wants_answer=True)
    server.bodhi.hear("relengotron.push.complete", told, "2016-1")
    assert server.heard == [("gilmsg.ack", {"ack_msg_id": "2016-1"})]
    assert updates["plain"].request == "testing"


def test_titles_name_updates_too(server: Server) -> None:
    updates = pushable(server)
    server.bodhi.start_push(requests=["stable"])

    server.bodhi.hear(
        "relengotron.push.complete",
        {"release": "F24", "request": "stable", "updates": [{"alias": None, "title": "zsh-1-1", "outcome": "pushed"}]},
    )

    assert updates["stable"].status == "stable"


def test_a_failed_push_stays_locked_until_it_is_resumed(server: Server) -> None:
    updates = pushable(server)
    server.bodhi.start_push(requests=["testing"])
    failed = {"release": "F24", "request": "testing", "reason": "disk full"}
    server.bodhi.hear("relengotron.push.failed", failed)
    server.bodhi.hear("relengotron.push.failed", failed)

    row = server.get("/composes/")["composes"][0]
    assert (row["state"], row["error_message"]) == ("failed", "disk full")
    assert updates["plain"].locked
    assert [body["success"] for topic, body in server.heard if topic == "bodhi.compose.complete"] == [False]

    order = server.bodhi.start_push(resume=True)
    assert order.message["resume"] is True
    assert [row.state for row in order.composes] == ["requested"]


def test_a_listener_may_ask_back_about_what_it_hears() -> None:
    server = Server()
    seen: list[str] = []
    other_thread = ThreadPoolExecutor(1)

    def listen(topic: str, body: dict[str, Any]) -> None:
        if "update" in body:
            asked = other_thread.submit(server.get, f"/updates/{body['update']['alias']}")
            seen.append(asked.result(timeout=5)["update"]["status"])
        else:
            seen.append(topic)

    server.bodhi.state._announce = listen
    update = server.bodhi.add_update("F24", ["bash-1-1"], request="testing")
    server.bodhi.start_push()

    complete(server, "testing", **{str(update.alias): "pushed"})

    assert seen == ["bodhi.composer.start", "testing", "bodhi.compose.complete"]
