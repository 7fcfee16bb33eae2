import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from typing import Any

import pytest
import requests
from flask import Flask, Response, jsonify, request
from waitress import wasyncore
from waitress.server import create_server

from relengotron.errors import PowerCut
from relengotron.systems.inprocess import WsgiAdapter
from relengotron.systems.mischief import Call, Kind, Mischief, PowerSupply, Rule

BASE = "http://service.sim"


class Notebook:
    """A service with one effect."""

    def __init__(self) -> None:
        self.notes: list[str] = []
        self.app = Flask("notebook")
        self.app.add_url_rule("/notes", view_func=self.list, methods=["GET"])
        self.app.add_url_rule("/notes", view_func=self.add, methods=["POST"], endpoint="add")

    def list(self) -> Response:
        return jsonify(notes=self.notes)

    def add(self) -> Response:
        self.notes.append(request.get_data(as_text=True))
        return jsonify(stored=True)


class World:
    def __init__(self, **options: Any) -> None:
        self.book = Notebook()
        self.mischief = Mischief(self.book.app, **options)
        self.session = requests.Session()
        self.session.mount(BASE, WsgiAdapter(self.mischief))

    def add(self, text: str, timeout: float | None = 5) -> requests.Response:
        return self.session.post(f"{BASE}/notes", data=text, timeout=timeout)

    def read(self) -> requests.Response:
        return self.session.get(f"{BASE}/notes?page=1", timeout=5)


@pytest.fixture
def world() -> World:
    return World()


def test_without_rules_it_is_not_there(world: World) -> None:
    world.add("a")

    assert world.read().json() == {"notes": ["a"]}


def test_every_call_is_logged_with_its_body(world: World) -> None:
    world.add("a")
    world.read()

    assert world.mischief.calls == [Call("POST", "/notes", b"a"), Call("GET", "/notes?page=1", b"")]
    assert world.mischief.count("POST") == 1
    assert world.mischief.count(url="page=1") == 1


def test_a_status_is_answered_instead_of_doing_it(world: World) -> None:
    world.mischief.misbehave(Rule(Kind.STATUS, method="POST", status=502))

    assert world.add("a").status_code == 502
    assert world.book.notes == []
    assert world.add("a").status_code == 200


def test_a_lost_answer_hides_a_done_effect(world: World) -> None:
    world.mischief.misbehave(Rule(Kind.LOST_ANSWER, method="POST"))

    with pytest.raises(requests.ConnectionError):
        world.add("a")
    assert world.book.notes == ["a"]


def test_a_refused_connection_does_nothing(world: World) -> None:
    world.mischief.misbehave(Rule(Kind.REFUSED))

    with pytest.raises(requests.ConnectionError, match="refused"):
        world.add("a")
    assert world.book.notes == []


def test_a_hanging_service_costs_a_timeout_but_no_time(world: World) -> None:
    world.mischief.misbehave(Rule(Kind.HANG, seconds=3600))
    begin = time.monotonic()

    with pytest.raises(requests.ReadTimeout):
        world.add("a")
    assert time.monotonic() - begin < 1
    assert world.book.notes == []


def test_a_caller_without_a_timeout_is_found_out(world: World) -> None:
    world.mischief.misbehave(Rule(Kind.HANG, seconds=3600))

    with pytest.raises(AssertionError, match="no time-out"):
        world.add("a", timeout=None)


def test_a_late_answer_belongs_to_a_done_effect(world: World) -> None:
    world.mischief.misbehave(Rule(Kind.DELAY, seconds=10, times=2))

    with pytest.raises(requests.ReadTimeout):
        world.add("a")
    assert world.add("b", timeout=20).ok
    assert world.book.notes == ["a", "b"]


def test_garbage_and_halves_are_no_json(world: World) -> None:
    world.mischief.misbehave(Rule(Kind.GARBAGE))
    world.mischief.misbehave(Rule(Kind.HALF))

    for _ in range(2):
        with pytest.raises(requests.JSONDecodeError):
            world.read().json()
    assert world.read().json() == {"notes": []}


def test_a_rule_wants_its_method_url_and_body_and_lets_some_pass(world: World) -> None:
    world.mischief.misbehave(Rule(Kind.STATUS, method="POST", url="^/notes$", body="ba+d", skip=1, times=2))

    sent = ["bad", "good", "bad", "baad", "bad"]

    assert [world.add(text).status_code for text in sent] == [200, 200, 503, 503, 200]


def test_it_can_be_told_to_behave(world: World) -> None:
    world.mischief.misbehave(Rule(Kind.STATUS, times=None))
    world.add("a")
    world.mischief.behave()

    assert world.add("b").ok


@pytest.mark.parametrize(("cut", "done"), [({"cut_before": 2}, ["a"]), ({"cut_after": 2}, ["a", "b"])])
def test_the_power_is_cut_around_the_nth_effect(cut: dict[str, int], done: list[str]) -> None:
    world = World(power=PowerSupply(**cut))
    world.add("a")
    world.read()

    with pytest.raises(PowerCut):
        world.add("b")
    assert world.book.notes == done
    world.add("c")
    assert world.book.notes == [*done, "c"]


def test_services_may_share_one_power_supply() -> None:
    power = PowerSupply(cut_after=2)
    one, other = World(power=power), World(power=power)
    one.add("a")

    with pytest.raises(PowerCut):
        other.add("b")
    assert power.effects == 2


def test_hooks_see_an_effect_before_and_after(world: World) -> None:
    seen: list[tuple[str, int]] = []
    world.mischief.before_effect.append(lambda call: seen.append(("before", len(world.book.notes))))
    world.mischief.after_effect.append(lambda call: seen.append(("after", len(world.book.notes))))

    world.read()
    world.add("a")

    assert seen == [("before", 0), ("after", 1)]


@contextmanager
def served(app: Any) -> Iterator[str]:
    sockets: dict[int, Any] = {}
    server = create_server(app, map=sockets, host="127.0.0.1", port=0, threads=2)
    stop = threading.Event()

    def run() -> None:
        while not stop.is_set():
            wasyncore.loop(timeout=0.02, map=sockets, count=1)
        server.task_dispatcher.shutdown(timeout=1)
        wasyncore.close_all(sockets)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.effective_port}"
    finally:
        stop.set()
        thread.join(5)


def test_a_real_server_closes_the_socket_without_an_answer() -> None:
    world = World()
    world.mischief.misbehave(Rule(Kind.LOST_ANSWER))

    with served(world.mischief) as base, closing(requests.Session()) as session:
        with pytest.raises(requests.ConnectionError):
            session.post(f"{base}/notes", data="a", timeout=5)
        assert session.get(f"{base}/notes", timeout=5).json() == {"notes": ["a"]}


def test_a_real_server_really_waits() -> None:
    slept: list[float] = []
    world = World(sleep=slept.append)
    world.mischief.misbehave(Rule(Kind.DELAY, seconds=7))

    with served(world.mischief) as base, closing(requests.Session()) as session:
        assert session.get(f"{base}/notes", timeout=5).ok
    assert slept == [7]


def test_threads_are_all_counted(world: World) -> None:
    world.mischief.misbehave(Rule(Kind.STATUS, times=10))
    statuses: list[int] = []
    work: Callable[[], None] = lambda: statuses.append(World.add(world, "x").status_code)  # noqa: E731
    threads = [threading.Thread(target=work) for _ in range(40)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert (statuses.count(503), statuses.count(200), len(world.mischief.calls)) == (10, 30, 40)
