"""Do caches forget what they are told to, and is it told when they do not?"""

import logging
from pathlib import Path
from typing import Any

import pytest
import requests

from relengotron.errors import MalformedInput, SystemUnreachable
from relengotron.systems.cdn.client import HttpCdn
from relengotron.systems.cdn.port import Cache
from relengotron.systems.cdn.simulated import SimulatedCache
from relengotron.systems.inprocess import WsgiAdapter
from relengotron.systems.mirror.simulated import static_app
from relengotron.systems.mischief import Kind, Mischief, Rule
from tests.contracts.mirror_place import sha

REPOMD, RPM = "updates/repodata/repomd.xml", "updates/bash-1.rpm"
TOKEN = "s3cret-t0ken"


class Front:
    """A mirror, a cache of two machines that want a token, and one of somebody else."""

    def __init__(self, folder: Path) -> None:
        self.root = folder / "pub"
        (self.root / "updates" / "repodata").mkdir(parents=True)
        self.put(REPOMD, "old")
        self.put(RPM, "package")
        self.token_file = folder / "token"
        self.token_file.write_text(f"{TOKEN}\n")
        origin = static_app(self.root)
        self.caches = {name: SimulatedCache(origin, token=TOKEN) for name in ("one", "two")}
        self.caches["other"] = SimulatedCache(origin)
        self.webs = {name: Mischief(cache, sleep=lambda _: None) for name, cache in self.caches.items()}
        nodes = ("http://one", "http://two")
        self.cdn = HttpCdn(
            [
                Cache("edge", "http://one", "webops", nodes, self.token_file, timeout=5.0),
                Cache("other", "http://other", "releng", timeout=5.0),
            ],
            self.session,
        )

    def session(self) -> requests.Session:
        session = requests.Session()
        session.trust_env = False
        for name, web in self.webs.items():
            session.mount(f"http://{name}", WsgiAdapter(web))
        return session

    def put(self, path: str, content: str) -> None:
        (self.root / path).write_text(content)

    def seen(self, *paths: str) -> list[str]:
        return [str(each) for each in self.cdn.look({path: sha("new") for path in paths})]


@pytest.fixture
def front(tmp_path: Path) -> Front:
    """Every cache has the old state."""
    front = Front(tmp_path)
    front.seen(REPOMD)
    front.put(REPOMD, "new")
    return front


def test_a_cache_shows_the_old_state_until_it_is_told_to_forget(front: Front) -> None:
    assert front.seen(REPOMD) == [f"{name}: {REPOMD}: other content than published" for name in ("edge", "other")]
    front.cdn.purge([REPOMD])
    assert front.seen(REPOMD) == [f"{name}: {REPOMD}: as published" for name in ("edge", "other")]
    assert {name: cache.purged for name, cache in front.caches.items()} == {key: [REPOMD] for key in front.caches}


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        (Rule(Kind.STATUS, status=500), "500"),
        (Rule(Kind.STATUS, status=503), "503"),
        (Rule(Kind.STATUS, status=429), "429"),
        (Rule(Kind.STATUS, status=301), "301"),
        (Rule(Kind.STATUS, status=405), "405 .the token, or who may purge"),
        (Rule(Kind.HANG, seconds=600), "ConnectionError|ReadTimeout"),
        (Rule(Kind.DELAY, seconds=600), "ReadTimeout"),
        (Rule(Kind.LOST_ANSWER), "ConnectionError"),
        (Rule(Kind.REFUSED), "ConnectionError"),
    ],
)
def test_a_cache_in_trouble_is_told_with_who_can_act_and_keeps_no_other_from_forgetting(
    front: Front, rule: Rule, words: str
) -> None:
    front.webs["one"].misbehave(rule)
    with pytest.raises(SystemUnreachable, match=f"edge: PURGE http://one/{REPOMD}: ({words}).*; webops can act"):
        front.cdn.purge([REPOMD])
    assert front.caches["two"].purged == [REPOMD]
    assert front.caches["other"].purged == [REPOMD]
    front.cdn.purge([REPOMD])
    assert REPOMD in front.caches["one"].purged


def test_a_cache_that_had_nothing_has_forgotten_it(front: Front) -> None:
    front.webs["other"].misbehave(Rule(Kind.STATUS, method="PURGE", status=404))
    front.cdn.purge([REPOMD])


@pytest.mark.parametrize("token", ["", "wrong", "two\nlines", "t\u00f6ken"])
def test_a_token_that_is_none_or_wrong_is_trouble_that_never_shows_it(
    front: Front, token: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    front.token_file.write_text(token)
    with pytest.raises(SystemUnreachable, match="webops can act") as told:
        front.cdn.purge([REPOMD])
    assert not token or token not in str(told.value) + caplog.text
    front.token_file.unlink()
    with pytest.raises(SystemUnreachable, match="no token that can be read"):
        front.cdn.purge([REPOMD])
    front.token_file.write_text(TOKEN)  # no restart is needed
    front.cdn.purge([REPOMD])


def test_the_token_goes_to_its_own_cache_only_and_each_machine_gets_the_public_host(front: Front) -> None:
    heard: dict[str, list[dict[str, Any]]] = {name: [] for name in front.webs}
    for name, web in front.webs.items():

        def listen(environ: Any, answer: Any, name: str = name, app: Any = web.app) -> Any:
            heard[name].append(dict(environ))
            return app(environ, answer)

        web.app = listen
    front.cdn.purge([REPOMD])
    assert [each[0].get("HTTP_FASTLY_KEY") for each in heard.values()] == [TOKEN, TOKEN, None]
    assert [each[0]["HTTP_HOST"] for each in heard.values()] == ["one", "one", "other"]
    front.cdn.look({REPOMD: sha("new")})
    assert "HTTP_FASTLY_KEY" not in heard["one"][-1]
    assert "HTTP_CACHE_CONTROL" not in heard["one"][-1]


def test_a_cache_that_says_yes_and_does_nothing_is_found_by_reading_it(front: Front) -> None:
    front.caches["other"].forgets = False
    front.cdn.purge([REPOMD])
    assert front.seen(REPOMD)[1] == f"other: {REPOMD}: other content than published"


def test_a_cache_that_cannot_be_read_is_trouble_and_what_it_has_not_is_told(front: Front) -> None:
    assert front.seen("updates/none.rpm") == [f"{name}: updates/none.rpm: HTTP 404" for name in ("edge", "other")]
    front.webs["other"].misbehave(Rule(Kind.REFUSED))
    with pytest.raises(SystemUnreachable, match=r"cannot read http://other.*releng can act"):
        front.seen(REPOMD)


@pytest.mark.parametrize("path", ["../etc/passwd", "/absolute", "a\nb", ".relengotron-lists.lock", "a//b", ""])
def test_no_path_leads_out_of_the_mirror(front: Front, path: str) -> None:
    with pytest.raises(MalformedInput):
        front.cdn.purge([path])
    with pytest.raises(MalformedInput):
        front.cdn.look({path: ""})
    assert not any(cache.purged for cache in front.caches.values())
