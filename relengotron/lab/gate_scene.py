"""What happens before the gate of the lab: builds land, a bad one is kept, and its packager mends it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from relengotron.lab.life import Lab
from relengotron.lab.rawhide import words
from relengotron.lab.rawhide.landing import land
from relengotron.lab.rawhide.packages import BAD, DEPENDANT, FIXED, GOOD, NEW_SONAME, RELEASED, nvr

FIRST: Final = (GOOD, NEW_SONAME, DEPENDANT, BAD)
"""What lands at once; the mended build comes when the bad one is in quarantine."""
GATE_TOPIC: Final = "relengotron.gate."
ENDS: Final = ("accepted", "superseded", "gone")
THROUGH: Final = (GOOD, NEW_SONAME, DEPENDANT, FIXED)
MOVES: Final = len((*THROUGH, BAD))
"""How many tasks of Koji move builds: each of them once, into rawhide or into quarantine."""


@dataclass(slots=True)
class BuildStory:
    """One build as the messages of the daemon tell it."""

    nvr: str
    packager: str = ""
    state: str = "landed"
    together: tuple[str, ...] = ()
    reason: str = ""
    quarantined: str = ""
    """Why it was in quarantine, if it ever was."""


def told(heard: Iterable[tuple[str, Mapping[str, Any]]]) -> dict[str, BuildStory]:
    """Every build that came to the gate, by its name."""
    stories: dict[str, BuildStory] = {}
    for topic, body in tuple(heard):
        what = topic.removeprefix(GATE_TOPIC)
        if what == "batch.open":
            _open(stories, body)
        elif what.startswith("build.") and topic.startswith(GATE_TOPIC):
            _take(stories, what.removeprefix("build."), body)
    return stories


def _open(stories: dict[str, BuildStory], body: Mapping[str, Any]) -> None:
    names = tuple(str(each["nvr"]) for each in body["builds"])
    for each in body["builds"]:
        story = stories.setdefault(str(each["nvr"]), BuildStory(str(each["nvr"])))
        story.packager, story.state = str(each["packager"]), "testing"
        story.together = tuple(name for name in names if name != story.nvr)


def _take(stories: dict[str, BuildStory], what: str, body: Mapping[str, Any]) -> None:
    story = stories.setdefault(str(body["nvr"]), BuildStory(str(body["nvr"]), str(body["packager"])))
    if what in (*ENDS, "quarantined", "released"):
        story.state, story.reason = what, str(body.get("reason") or "")
    if what == "quarantined":
        story.quarantined = story.reason


class Scene:
    """The gate of one lab, from the first build that lands to the last one that is settled."""

    def __init__(self, lab: Lab) -> None:
        """Take the lab; nothing lands yet."""
        self._lab = lab
        self._is_mended = False

    def begin(self) -> None:
        """Four builds land at once: one is good, two need one another, one is bad."""
        self._land(*map(nvr, FIRST))

    def go_on(self) -> None:
        """The packager of the bad build hears of the quarantine and builds it anew."""
        bad = self.stories.get(nvr(BAD))
        if not self._is_mended and bad is not None and bad.state == "quarantined":
            self._is_mended = True
            self._land(nvr(FIXED))

    @property
    def stories(self) -> dict[str, BuildStory]:
        """What was heard of each build."""
        return told(self._lab.heard)

    @property
    def is_over(self) -> bool:
        """Whether every build that was made has come to its end."""
        stories = self.stories
        return self._is_mended and all(
            name in stories and stories[name].state in ENDS for name in map(nvr, (*FIRST, FIXED))
        )

    @property
    def is_complete(self) -> bool:
        """Whether each build has come to the end that it should."""
        good = all(self.stories[nvr(each)].state == "accepted" for each in THROUGH)
        return good and self.stories[nvr(BAD)].state == "superseded"

    def expected(self) -> dict[str, Any]:
        """What the independent reader must find in Koji's tags."""
        latest = {each.name: nvr(each) for each in (*RELEASED, *THROUGH)}
        return {
            "tags": [
                {"tag": words.TARGET, "builds": sorted(latest.values())},
                {"tag": words.PENDING, "builds": []},
                {"tag": words.QUARANTINE, "builds": []},
            ]
        }

    def _land(self, *nvrs: str) -> None:
        land(self._lab.stand_ins.session("admin", "adminpw"), nvrs)
