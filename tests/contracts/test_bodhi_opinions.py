"""How is Bodhi asked what people say, and how do we log in to say something ourselves?"""

import copy
import json
from pathlib import Path
from typing import Any

import pytest
import requests

from relengotron.errors import AnswerLost, MalformedInput, RequestRefused, SystemUnreachable
from relengotron.model.opinions import Bug as NamedBug
from relengotron.model.opinions import Comment, Opinions
from relengotron.systems.bodhi.client import BodhiClient
from relengotron.systems.bodhi.hearing import read_opinions
from relengotron.systems.bodhi.port import NotWelcome
from relengotron.systems.bodhi.session import Login
from relengotron.systems.bodhi.simulated import Bug
from relengotron.systems.mischief import Kind, Rule
from relengotron.systems.rest import RestService
from tests.contracts.test_bodhi_port import BASE, MARKER, World

TOKEN, CASE = "a-token", "QA:Testcase bash"


@pytest.fixture
def world() -> World:
    world = World()
    world.bodhi.tokens[TOKEN] = "relengotron"
    return world


@pytest.fixture
def alias(world: World) -> str:
    bugs = (Bug(7, "it crashes", security=True),)
    return world.add("bash-1-1.fc24", bugs=bugs, test_cases=(CASE,), critpath=True, user="packager")


def say(world: World, who: str, alias: str, **words: Any) -> None:
    """Somebody comments in a browser."""
    session = requests.Session()
    session.mount(BASE, world.session.get_adapter(BASE))
    session.get(f"{BASE}/login?user={who}", timeout=5)
    token = session.get(f"{BASE}/csrf", timeout=5).json()["csrf_token"]
    answer = session.post(f"{BASE}/comments/", json={"update": alias, "csrf_token": token} | words, timeout=5)
    assert answer.status_code == 200, answer.text


def test_what_people_say_comes_in_our_words(world: World, alias: str) -> None:
    feedback = {"bug_feedback": [{"bug_id": 7, "feedback": 1}]}
    say(world, "ann", alias, text="fine", karma=1, **feedback)
    say(world, "ben", alias, testcase_feedback=[{"testcase_name": CASE, "karma": -1}])

    assert world.client.opinions([alias]) == (
        Opinions(
            alias,
            "packager",
            1,
            True,
            (NamedBug(7, "it crashes", True),),
            (CASE,),
            (Comment(1, "ann", 1, {7: 1}, {}), Comment(2, "ben", 0, {}, {CASE: -1})),
        ),
    )


def test_an_edit_of_the_builds_is_seen_and_nobody_else_can_make_it_up(world: World, alias: str) -> None:
    say(world, "ann", alias, text="fine", karma=1)
    say(world, "ben", alias, text="New build(s): none, I only say so")
    world.bodhi.edit_builds(alias, ["bash-1-2.fc24"], "packager")

    (found,) = world.client.opinions([alias])
    assert [each.is_reset for each in found.comments or ()] == [False, False, True]
    assert found.karma == 0


def test_many_updates_are_asked_about_in_one_request_and_strange_names_in_none(world: World, alias: str) -> None:
    more = [world.add(f"p{number}-1-1") for number in range(50)]
    assert [each.alias for each in world.client.opinions([alias, *more])]
    assert len(world.mischief.calls) == 1
    assert world.client.opinions(["nosuch-1-1", "../x"]) == ()
    assert len(world.mischief.calls) == 1


def test_an_update_nobody_asked_about_is_passed_over(world: World, alias: str) -> None:
    other = world.bodhi.update(world.add("zsh-1-1")).shown()
    page = {"updates": [other], "page": 1, "pages": 1, "total": 1, "rows_per_page": 20}
    world.mischief.misbehave(Rule(Kind.GARBAGE, text=json.dumps(page), content_type="application/json"))
    assert world.client.opinions([alias]) == ()


ROW: dict[str, Any] = {
    "alias": "FEDORA-2016-0000000001",
    "karma": 3,
    "critpath": False,
    "user": {"name": "packager"},
    "bugs": [{"bug_id": 7, "title": "x", "security": False}],
    "test_cases": [{"name": CASE}],
    "comments": [
        {
            "id": 1,
            "text": "fine",
            "karma": 1,
            "user": {"name": "ann"},
            "bug_feedback": [{"bug_id": 7, "karma": 1}],
            "testcase_feedback": [{"testcase": {"name": CASE}, "karma": 1}],
        }
    ],
}


def test_a_row_of_2016_is_read() -> None:
    found = read_opinions(ROW)
    assert found.comments == (Comment(1, "ann", 1, {7: 1}, {CASE: 1}),)
    assert read_opinions(ROW | {"test_cases": [CASE]}).test_cases == (CASE,)


@pytest.mark.parametrize(
    ("key", "wrong", "unsaid"),
    [
        ("karma", None, "karma"),
        ("karma", "3", "karma"),
        ("karma", True, "karma"),
        ("critpath", "no", "is_critical"),
        ("user", None, "submitter"),
        ("user", {"name": ""}, "submitter"),
        ("bugs", [{"bug_id": "7", "title": "x", "security": False}], "bugs"),
        ("bugs", [{"bug_id": 7, "title": "x"}], "bugs"),
        ("bugs", [{"bug_id": 7, "title": "x", "security": "true"}], "bugs"),
        ("bugs", [{"bug_id": 7, "title": ["x"], "security": True}], "bugs"),
        ("test_cases", {"name": CASE}, "test_cases"),
        ("test_cases", [{}], "test_cases"),
        ("comments", "none", "comments"),
        ("comments", {}, "comments"),
        ("bugs", {}, "bugs"),
        ("test_cases", {}, "test_cases"),
    ],
)
def test_what_is_missing_or_strange_stays_unsaid(key: str, wrong: Any, unsaid: str) -> None:
    assert getattr(read_opinions(ROW), unsaid) is not None
    for row in (ROW | {key: wrong}, {name: value for name, value in ROW.items() if name != key}):
        assert getattr(read_opinions(row), unsaid) is None


@pytest.mark.parametrize("key", ["id", "karma", "user", "text", "bug_feedback", "testcase_feedback"])
def test_one_comment_that_cannot_be_read_leaves_all_unsaid(key: str) -> None:
    row = copy.deepcopy(ROW)
    row["comments"] += [{name: value for name, value in row["comments"][0].items() if name != key}]
    assert read_opinions(row).comments is None


@pytest.mark.parametrize("said", [2, -5, "1", None, True])
def test_feedback_is_yes_no_or_nothing(said: Any) -> None:
    row = copy.deepcopy(ROW)
    row["comments"][0]["testcase_feedback"][0]["karma"] = said
    assert read_opinions(row).comments is None


@pytest.mark.parametrize("row", [None, [], "x", {}, {"alias": None}])
def test_what_is_no_update_is_malformed(row: Any) -> None:
    with pytest.raises(MalformedInput):
        read_opinions(row)


def a_client(world: World, tmp_path: Path, text: str = TOKEN, **kind: str) -> BodhiClient:
    file = tmp_path / "secret"
    file.write_text(f"{text}\n")
    session = requests.Session()
    session.mount(BASE, world.session.get_adapter(BASE))
    login = Login(cookie_file=file) if kind else Login(token_file=file)
    return BodhiClient(RestService(BASE, session), login=login)


def test_a_token_buys_a_session_once(world: World, alias: str, tmp_path: Path) -> None:
    client = a_client(world, tmp_path)
    client.comment(alias, "one", "one")
    client.comment(alias, "two", "two")

    assert [(each.author, each.text) for each in world.bodhi.update(alias).comments] == [
        ("relengotron", "one"),
        ("relengotron", "two"),
    ]
    assert (world.mischief.count(url="login-token"), world.mischief.count(url="/csrf")) == (1, 1)
    assert client.can_comment()
    assert not world.client.can_comment()


def test_a_session_that_has_ended_is_opened_again(world: World, alias: str, tmp_path: Path) -> None:
    client = a_client(world, tmp_path)
    client.comment(alias, "one", "one")
    world.bodhi.sessions.end_all()

    client.comment(alias, "two", "two")

    assert world.texts(alias) == ["one", "two"]
    assert world.mischief.count(url="login-token") == 2


def test_a_cookie_that_somebody_keeps_fresh_is_used(world: World, alias: str, tmp_path: Path) -> None:
    cookie = f"bodhi_session={world.bodhi.sessions.open('relengotron')}"
    a_client(world, tmp_path, cookie, kind="cookie").comment(alias, "one", "one")
    assert world.bodhi.update(alias).comments[0].author == "relengotron"


def test_a_cookie_of_nobody_is_not_welcome(world: World, alias: str, tmp_path: Path) -> None:
    with pytest.raises(NotWelcome, match="author"):
        a_client(world, tmp_path, "bodhi_session=stale", kind="cookie").comment(alias, "one", "one")


@pytest.mark.parametrize("text", ["another-token", "", "two words", "x" * 9000, "a\nb"])
def test_a_token_that_is_none_is_not_welcome_and_never_told(
    world: World, alias: str, tmp_path: Path, text: str
) -> None:
    with pytest.raises(NotWelcome) as refused:
        a_client(world, tmp_path, text).comment(alias, "one", "one")
    assert not text or text not in str(refused.value)
    assert not world.texts(alias)


def test_a_file_that_is_gone_is_told_by_its_name(world: World, alias: str, tmp_path: Path) -> None:
    client = a_client(world, tmp_path)
    (tmp_path / "secret").unlink()
    with pytest.raises(NotWelcome, match="secret cannot be read: FileNotFoundError"):
        client.comment(alias, "one", "one")


@pytest.mark.parametrize("rule", [Rule(Kind.STATUS, status=502), Rule(Kind.REFUSED)])
def test_who_vouches_may_be_away_and_the_token_is_not_told(
    world: World, alias: str, tmp_path: Path, rule: Rule
) -> None:
    world.mischief.misbehave(Rule(rule.kind, status=rule.status, url="login-token"))
    with pytest.raises(SystemUnreachable) as away:
        a_client(world, tmp_path).comment(alias, "one", "one")
    assert TOKEN not in str(away.value)


def test_a_login_that_leads_elsewhere_takes_the_token_nowhere(world: World, alias: str, tmp_path: Path) -> None:
    world.mischief.misbehave(Rule(Kind.STATUS, status=302, url="login-token"))
    with pytest.raises((NotWelcome, SystemUnreachable)):
        a_client(world, tmp_path).comment(alias, "one", "one")


def test_our_own_comment_is_found_after_a_lost_answer(world: World, alias: str, tmp_path: Path) -> None:
    client = a_client(world, tmp_path)
    world.mischief.misbehave(Rule(Kind.LOST_ANSWER, method="POST"))
    with pytest.raises(AnswerLost):
        client.comment(alias, "one", MARKER)
    assert client.has_comment(alias, MARKER)
    assert not client.has_comment(alias, "another")
    with pytest.raises(RequestRefused, match="404"):
        client.has_comment("FEDORA-2016-0000000000", MARKER)
