"""What does the lab make of what the daemon says about its gate?"""

import io
from copy import copy
from typing import Any, cast

import pytest
from rich.console import Console

from relengotron.errors import RequestRefused
from relengotron.lab import gate_page as page
from relengotron.lab.gate_scene import Scene
from relengotron.lab.life import Lab
from relengotron.lab.rawhide.landing import land
from relengotron.lab.rawhide.packages import BAD, DEPENDANT, FIXED, GOOD, NEW_SONAME, nvr


class Heard:
    """A lab of which nothing is there but what was heard in it, and what landed."""

    def __init__(self) -> None:
        self.heard: list[tuple[str, dict[str, Any]]] = []
        self.landed: list[str] = []
        self.result: list[dict[str, str]] = []

    @property
    def stand_ins(self) -> "Heard":
        return self

    def session(self, _user: str, _password: str) -> "Heard":
        return self

    def multicall(self, **_how: Any) -> "Heard":
        return self

    def __enter__(self) -> "Heard":
        return self

    def __exit__(self, *_error: object) -> None:
        return None

    def listTags(self, build: str) -> "Heard":
        self.result = [{"name": "rawhide-pending"}] if build in self.landed else []
        return copy(self)

    def tagBuildBypass(self, _tag: str, build: str) -> None:
        self.landed.append(build)

    def say(self, what: str, build: str, reason: str = "because") -> None:
        self.heard.append((f"relengotron.gate.build.{what}", {"nvr": build, "packager": "dave", "reason": reason}))


def scene_of(lab: Heard) -> Scene:
    return Scene(cast(Lab, lab))


def test_the_mended_build_lands_once_and_only_when_the_bad_one_is_in_quarantine() -> None:
    lab = Heard()
    scene = scene_of(lab)
    scene.begin()
    scene.go_on()
    assert nvr(FIXED) not in lab.landed
    lab.say("quarantined", nvr(BAD))
    scene.go_on()
    scene.go_on()
    assert lab.landed.count(nvr(FIXED)) == 1
    assert len(lab.landed) == 5


def test_it_is_over_when_every_build_has_come_to_its_end_and_complete_when_that_is_the_right_one() -> None:
    lab = Heard()
    scene = scene_of(lab)
    lab.say("quarantined", nvr(BAD))
    scene.go_on()
    for each in (GOOD, NEW_SONAME, DEPENDANT, FIXED):
        assert not scene.is_over
        lab.say("accepted", nvr(each))
    lab.say("superseded", nvr(BAD))
    assert scene.is_over
    assert scene.is_complete
    lab.say("gone", nvr(GOOD))
    assert scene.is_over
    assert not scene.is_complete


def test_the_page_tells_who_went_together_and_why_one_was_in_quarantine() -> None:
    lab = Heard()
    both = [{"nvr": nvr(each), "packager": "bob"} for each in (NEW_SONAME, DEPENDANT)]
    lab.heard.append(("relengotron.gate.batch.open", {"builds": both}))
    lab.say("quarantined", nvr(BAD), "its scriptlet fails")
    lab.say("superseded", nvr(BAD), f"{nvr(FIXED)} is newer")
    stories = scene_of(lab).stories

    console = Console(width=120, record=True, file=io.StringIO())
    console.print(page.summary(stories), page.live(stories))
    text = console.export_text()

    assert f"together with {nvr(DEPENDANT)}" in text
    assert "was in quarantine: its scriptlet fails" in text
    assert page.line(stories[nvr(BAD)]) == f"gate rawhide: {nvr(BAD)}: superseded · {nvr(FIXED)} is newer"


@pytest.mark.parametrize(("name", "why"), [(nvr(GOOD), "is in rawhide-pending"), ("bash-1-1", "has built no bash-1-1")])
def test_a_build_that_landed_or_that_nobody_built_does_not_land(name: str, why: str) -> None:
    lab = Heard()
    scene_of(lab).begin()
    with pytest.raises(RequestRefused, match=why):
        land(cast(Any, lab), [name])
    assert len(lab.landed) == 4
