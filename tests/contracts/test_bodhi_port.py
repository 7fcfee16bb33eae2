"""Does our client keep the promises of the Bodhi port, also when the server lies?"""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
import requests

from relengotron.errors import AnswerLost, MalformedInput, PowerCut, RequestRefused, SystemBusy, SystemUnreachable
from relengotron.systems.bodhi.client import BodhiClient, nvrs_of_title
from relengotron.systems.bodhi.port import Bodhi, BodhiRelease, BodhiUpdate, Compose
from relengotron.systems.bodhi.simulated import Build, Era, SimulatedBodhi, create_app
from relengotron.systems.inprocess import WsgiAdapter
from relengotron.systems.mischief import Kind, Mischief, PowerSupply, Rule
from relengotron.systems.rest import RestService

BASE = "http://bodhi.sim"
NOW = datetime(2016, 8, 23, 12, tzinfo=UTC).timestamp()
MARKER = "[relengotron run 27f94e36]"


class World:
    def __init__(self, *, rows_per_page: int = 300, power: PowerSupply | None = None, **options: Any) -> None:
        self.now = NOW
        self.bodhi = SimulatedBodhi(self.clock, **options)
        self.bodhi.add_release("F24")
        self.mischief = Mischief(create_app(self.bodhi), power=power)
        self.session = requests.Session()
        self.session.mount(BASE, WsgiAdapter(self.mischief))
        self.session.get(f"{BASE}/login?user=releng", timeout=5)
        self.client = BodhiClient(RestService(BASE, self.session), rows_per_page=rows_per_page)
        self.mischief.forget_calls()

    def clock(self) -> float:
        return self.now

    def add(self, *builds: str | Build, release: str = "F24", **fields: Any) -> str:
        self.now += 1
        return str(self.bodhi.add_update(release, builds, **fields).alias)

    def texts(self, alias: str) -> list[str]:
        return [comment.text for comment in self.bodhi.update(alias).comments]


@pytest.fixture
def world() -> World:
    return World()


def test_the_client_is_a_bodhi(world: World) -> None:
    port: Bodhi = world.client

    assert port.identity() == BASE


def test_an_update_comes_in_our_words(world: World) -> None:
    alias = world.add("bash-1-1.fc24", "zsh-1-1.fc24", type="security", severity="urgent", request="stable", karma=2)

    assert world.client.update(alias) == BodhiUpdate(
        alias=alias,
        title="bash-1-1.fc24 zsh-1-1.fc24",
        status="pending",
        request="stable",
        locked=False,
        release="F24",
        type="security",
        severity="urgent",
        builds=("bash-1-1.fc24", "zsh-1-1.fc24"),
        url=f"{BASE}/updates/{alias}",
        karma=2,
    )


@pytest.mark.parametrize("name", ["FEDORA-2016-0000000000", "nosuch-1-1.fc24", "nosuch-1-1,other-1-1"])
def test_an_update_bodhi_has_not_is_none(world: World, name: str) -> None:
    assert world.client.update(name) is None


def test_updates_of_2015_are_found_by_their_titles() -> None:
    world = World(era=Era.MASHER_TITLES)
    alias = world.add("bash-1-1", "zsh-1-1")

    for title in ("bash-1-1,zsh-1-1", "zsh-1-1,bash-1-1", "bash-1-1 zsh-1-1"):
        found = world.client.update(title)
        assert found is not None
        assert found.alias == alias


def test_an_update_that_got_other_builds_is_not_the_one_in_the_title(world: World) -> None:
    world.add("bash-1-1", "zsh-1-1")

    assert world.client.update("bash-1-1") is None
    assert world.client.update("bash-1-1,dash-1-1") is None


def test_the_younger_of_two_updates_with_the_same_builds_counts(world: World) -> None:
    world.add("bash-1-1", status="obsolete")
    young = world.add("bash-1-1")

    found = world.client.update("bash-1-1")

    assert found is not None
    assert found.alias == young


def test_many_updates_need_few_requests_and_keep_their_order(world: World) -> None:
    aliases = [world.add(f"package-with-a-name-{n}-1.0-1.fc24") for n in range(300)]
    names = [f"package-with-a-name-{n}-1.0-1.fc24" if n % 2 else alias for n, alias in enumerate(aliases)]

    found = world.client.updates([*names, "nosuch-1-1", *names])

    assert [update.alias for update in found] == aliases
    assert len(world.mischief.calls) <= 2
    assert max(len(call.url) for call in world.mischief.calls) < 8000


def test_no_names_are_no_requests(world: World) -> None:
    assert world.client.updates([]) == ()
    assert world.mischief.calls == []


def test_updates_of_a_lane_are_narrowed_by_request_and_lock() -> None:
    world = World(rows_per_page=2)
    world.bodhi.add_release("F25")
    for number in range(5):
        world.add(f"p{number}-1-1", request="testing")
    world.add("stable-1-1", request="stable", locked=True)
    world.add("other-1-1", release="F25", request="testing")

    def titles(**narrowed: Any) -> set[str]:
        return {update.title for update in world.client.updates_in("F24", **narrowed)}

    assert titles(request="testing") == {f"p{number}-1-1" for number in range(5)}
    assert titles(locked=True) == {"stable-1-1"}
    assert len(titles()) == 6
    with pytest.raises(RequestRefused):
        world.client.updates_in("F99")


class Fidgety:
    """The youngest update leaves the lane each time the second page is asked for."""

    def __init__(self, world: World, changes: int) -> None:
        self.app, self.world, self.changes = world.mischief.app, world, changes
        world.mischief.app = self

    def __call__(self, environ: Any, start_response: Any) -> Any:
        if environ["QUERY_STRING"].endswith("&page=2") and self.changes:
            self.changes -= 1
            next(u for u in reversed(self.world.bodhi.updates) if u.request).request = None
        return self.app(environ, start_response)


def test_a_list_that_moves_while_it_is_read_is_read_again() -> None:
    world = World(rows_per_page=2)
    for number in range(6):
        world.add(f"p{number}-1-1", request="testing")
    Fidgety(world, changes=1)

    found = world.client.updates_in("F24", request="testing")

    assert {update.title for update in found} == {f"p{number}-1-1" for number in range(5)}


def test_a_list_that_never_stands_still_is_busy() -> None:
    world = World(rows_per_page=2)
    for number in range(20):
        world.add(f"p{number}-1-1", request="testing")
    Fidgety(world, changes=9)

    with pytest.raises(SystemBusy):
        world.client.updates_in("F24", request="testing")


def test_a_release_comes_in_our_words(world: World) -> None:
    f24 = BodhiRelease(
        name="F24",
        version="24",
        branch="f24",
        dist_tag="f24",
        stable_tag="f24-updates",
        testing_tag="f24-updates-testing",
        candidate_tag="f24-updates-candidate",
        pending_testing_tag="f24-updates-testing-pending",
        pending_stable_tag="f24-updates-pending",
        pending_signing_tag="f24-signing-pending",
        state="current",
        id_prefix="FEDORA",
    )

    assert world.client.release("F24") == f24
    assert world.client.release_by_id(1) == f24
    assert world.client.release("F99") is None
    assert world.client.release_by_id(99) is None


def test_a_release_of_2015_has_fewer_tags(world: World) -> None:
    world.bodhi.add_release("F22", pending_signing_tag=None, branch=None)

    found = world.client.release("F22")

    assert found is not None
    assert (found.pending_signing_tag, found.branch) == ("", "")


@pytest.mark.parametrize("name", ["..", ".", ""])
def test_a_name_cannot_lead_elsewhere(world: World, name: str) -> None:
    with pytest.raises(MalformedInput):
        world.client.release(name)
    assert world.mischief.calls == []


def test_where_releases_cannot_be_asked_by_number_the_push_names_them(world: World) -> None:
    world.bodhi.add_release("F25")
    world.add("bash-1-1", release="F25", request="testing")
    world.bodhi.start_push()
    everything = json.dumps({"releases": [r.shown() for r in world.bodhi.releases.values()]})
    world.mischief.misbehave(Rule(Kind.GARBAGE, url="ids=", text=everything, content_type="application/json"))

    found = world.client.release_by_id(2)

    assert found is not None
    assert found.name == "F25"


def test_pushes_in_flight_come_in_our_words(world: World) -> None:
    alias = world.add("bash-1-1", request="testing", type="security")
    world.bodhi.start_push()

    assert world.client.composes() == (
        Compose(
            release="F24",
            release_id=1,
            request="testing",
            content_type="rpm",
            security=True,
            state="requested",
            updates=(alias,),
        ),
    )


def test_the_bodhi_of_2015_shows_no_pushes() -> None:
    assert World(era=Era.MASHER_TITLES).client.composes() == ()


def test_a_comment_is_written_once_however_often_it_is_asked(world: World) -> None:
    alias = world.add("bash-1-1")

    for _ in range(3):
        world.client.comment(alias, "Pushed.", MARKER)

    assert world.texts(alias) == [f"Pushed.\n\n{MARKER}"]
    assert (world.mischief.count("POST"), world.mischief.count(url="/csrf")) == (1, 1)


def test_another_marker_is_another_comment(world: World) -> None:
    alias = world.add("bash-1-1")

    world.client.comment(alias, "Pushed.", MARKER)
    world.client.comment(alias, "Pushed, other run", "other run")

    assert world.texts(alias) == [f"Pushed.\n\n{MARKER}", "Pushed, other run"]
    assert world.mischief.count(url="/csrf") == 1


def test_an_expired_token_is_replaced_once(world: World) -> None:
    alias = world.add("bash-1-1")
    world.client.comment(alias, "one", "one")
    world.now += 7200

    world.client.comment(alias, "two", "two")

    assert world.texts(alias) == ["one", "two"]


def test_a_token_that_never_fits_is_refused(world: World) -> None:
    alias = world.add("bash-1-1")
    wrong = json.dumps({"csrf_token": "wrong"})
    world.mischief.misbehave(Rule(Kind.GARBAGE, url="/csrf", text=wrong, content_type="application/json", times=None))

    with pytest.raises(RequestRefused, match="csrf_token"):
        world.client.comment(alias, "x", MARKER)
    assert world.mischief.count("POST") <= 2


def test_a_comment_by_nobody_is_refused(world: World) -> None:
    alias = world.add("bash-1-1")
    world.session.cookies.clear()

    with pytest.raises(RequestRefused, match="author"):
        world.client.comment(alias, "x", MARKER)


def test_a_comment_on_nothing_is_refused(world: World) -> None:
    with pytest.raises(RequestRefused, match="404"):
        world.client.comment("FEDORA-2016-0000000000", "x", MARKER)


def test_a_comment_without_a_marker_is_not_sent(world: World) -> None:
    with pytest.raises(MalformedInput):
        world.client.comment(world.add("bash-1-1"), "x", " ")
    assert world.mischief.calls == []


def test_a_lost_answer_to_a_comment_is_looked_for(world: World) -> None:
    alias = world.add("bash-1-1")
    world.mischief.misbehave(Rule(Kind.LOST_ANSWER, method="POST"))

    with pytest.raises(AnswerLost):
        world.client.comment(alias, "Pushed.", MARKER)
    world.client.comment(alias, "Pushed.", MARKER)

    assert len(world.texts(alias)) == 1


@pytest.mark.parametrize("cut", [{"cut_before": 1}, {"cut_after": 1}])
def test_a_power_cut_around_a_comment_leaves_one(cut: dict[str, int]) -> None:
    world = World(power=PowerSupply(**cut))
    alias = world.add("bash-1-1")

    with pytest.raises(PowerCut):
        world.client.comment(alias, "Pushed.", MARKER)
    world.client.comment(alias, "Pushed.", MARKER)

    assert len(world.texts(alias)) == 1


@pytest.mark.parametrize("rule", [Rule(Kind.STATUS, status=500), Rule(Kind.HANG, seconds=9999), Rule(Kind.REFUSED)])
@pytest.mark.parametrize("question", ["update", "composes", "release"])
def test_a_silent_bodhi_is_unreachable_and_not_empty(world: World, rule: Rule, question: str) -> None:
    world.mischief.misbehave(Rule(rule.kind, status=rule.status, seconds=rule.seconds, times=None))

    with pytest.raises(SystemUnreachable):
        _ask(world, question)


def _ask(world: World, question: str) -> object:
    match question:
        case "update":
            return world.client.update("FEDORA-2016-0000000000")
        case "composes":
            return world.client.composes()
    return world.client.release("F24")


def lie(world: World, answer: Any) -> None:
    rule = Rule(Kind.GARBAGE, text=json.dumps(answer), content_type="application/json", times=None)
    world.mischief.misbehave(rule)


def a_page(*rows: Any) -> dict[str, Any]:
    return {"updates": list(rows), "page": 1, "pages": 1, "total": len(rows), "rows_per_page": 20}


@pytest.mark.parametrize(
    "wrong",
    [
        {"status": None},
        {"locked": "no"},
        {"locked": None},
        {"request": 5},
        {"builds": None},
        {"builds": [{"name": "bash"}]},
        {"release": "F24"},
        {"karma": "3"},
        {"title": None},
        {"alias": 7},
    ],
)
def test_an_update_of_the_wrong_shape_is_malformed(world: World, wrong: dict[str, Any]) -> None:
    alias = world.add("bash-1-1")
    lie(world, a_page(world.bodhi.update(alias).shown() | wrong))

    with pytest.raises(MalformedInput):
        world.client.update(alias)


@pytest.mark.parametrize("answer", [[], {}, {"updates": {}}, {"updates": []}, a_page() | {"total": "0"}, a_page(5)])
def test_a_list_of_the_wrong_shape_is_malformed(world: World, answer: Any) -> None:
    lie(world, answer)

    with pytest.raises(MalformedInput):
        world.client.updates_in("F24")


def test_pages_without_end_are_not_walked_for_ever(world: World) -> None:
    alias = world.add("bash-1-1")
    lie(world, a_page(world.bodhi.update(alias).shown()) | {"pages": 10**9, "total": 10**9})

    with pytest.raises((SystemBusy, MalformedInput)):
        world.client.updates_in("F24")
    assert len(world.mischief.calls) < 50


@pytest.mark.parametrize("answer", [{"composes": None}, {"composes": [{}]}, {"composes": ["F24"]}, []])
def test_composes_of_the_wrong_shape_are_malformed(world: World, answer: Any) -> None:
    lie(world, answer)

    with pytest.raises(MalformedInput):
        world.client.composes()


@pytest.mark.parametrize("answer", [{}, [], {"name": "F24"}, "F24"])
def test_a_release_of_the_wrong_shape_is_malformed(world: World, answer: Any) -> None:
    lie(world, answer)

    with pytest.raises(MalformedInput):
        world.client.release("F24")


def test_titles_are_split_at_commas_and_spaces() -> None:
    assert nvrs_of_title("a-1-1, b-1-1 c-1-1,") == {"a-1-1", "b-1-1", "c-1-1"}
