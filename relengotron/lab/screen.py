"""What does a person see while pushes run?"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime

from rich import box
from rich.console import Group
from rich.table import Table
from rich.text import Text

from relengotron.lab.story import ArtifactStory, LaneStory
from relengotron.workflows.push_updates import PUSH_UPDATES

STEPS = tuple(step.__name__ for step in PUSH_UPDATES)
SIGNS = {
    "waiting": ("·", "bright_black"),
    "composing": ("…", "yellow"),
    "composed": ("○", "cyan"),
    "published": ("●", "green"),
    "skipped": ("–", "bright_black"),
    "failed": ("✘", "bold red"),
}
MOST_ITEMS = 3
_LIST = re.compile(r"[^\s,;:()]+(?:, [^\s,;:()]+){3,}")


def live(stories: Mapping[str, LaneStory], expected: int) -> Group:
    """One row a lane: what runs, what waits and for what, since when; below it how far each artifact is."""
    table = Table(box=box.SIMPLE_HEAD, expand=True, padding=(0, 1), pad_edge=False)
    table.add_column("lane", no_wrap=True)
    table.add_column("step", no_wrap=True, min_width=31)
    table.add_column("waits for", ratio=1)
    table.add_column("time", justify="right", no_wrap=True)
    for story in stories.values():
        table.add_row(story.lane, _step(story), shortened(_waits(story), most=2), seconds(_time(story)))
    over = sum(story.is_over for story in stories.values())
    return Group(table, _artifacts(stories), Text(f"{over} of {expected} pushes are over", style="bold"))


def line(story: LaneStory) -> str:
    """The same as one line, for logs and pipes."""
    state = story.end or ("held" if story.hold is not None else words(story.step))
    waits = f" · {shortened(_waits(story))}" if _waits(story) else ""
    return f"{story.lane}: {state}{waits} · {seconds(_time(story))}"


def shortened(text: str, most: int = MOST_ITEMS) -> str:
    """The text with every long list in it cut: ``a, b, c and 14 more``."""
    parts = text.split("; ")
    if len(parts) > most + 1:
        text = f"{'; '.join(parts[:most])} and {len(parts) - most} more"
    return _LIST.sub(_cut, text)


def words(step: str) -> str:
    """A step as people say it."""
    return step.removeprefix("ensure_").replace("_", " ") or "starting"


def seconds(length: float | None) -> str:
    """A time as short as it is useful."""
    if length is None:
        return ""
    return f"{length:.1f} s" if length < 60 else f"{length // 60:.0f} min {length % 60:.0f} s"


def _cut(found: re.Match[str]) -> str:
    items = found[0].split(", ")
    rest = len(items) - MOST_ITEMS
    return found[0] if rest < 2 else f"{', '.join(items[:MOST_ITEMS])} and {rest} more"


def _step(story: LaneStory) -> Text:
    if story.end:
        return Text(story.end.replace("push.", ""), style="bold green" if story.end == "push.complete" else "bold red")
    far = f" ({STEPS.index(story.step) + 1}/{len(STEPS)})" if story.step in STEPS else ""
    if story.hold is not None:
        return Text(f"HELD: {words(story.step)}{far}", style="bold yellow")
    return Text(f"{words(story.step)}{far}")


def _waits(story: LaneStory) -> str:
    if story.hold is not None:
        return f"{story.hold.get('owner')}: {story.hold.get('reason')} → {story.hold.get('command')}"
    return story.waits_for


def _artifacts(stories: Mapping[str, LaneStory]) -> Table:
    """Artifacts down, lanes across; the repos are called after their tag, so each lane has other names for them."""
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1), pad_edge=False)
    table.add_column("artifact", no_wrap=True, min_width=20)
    for lane in stories:
        table.add_column(lane, no_wrap=True, min_width=12)
    rows: dict[str, dict[str, Text]] = {}
    for lane, story in stories.items():
        for artifact in story.artifacts.values():
            name = "repos" if artifact.kind == "mash" else artifact.name
            rows.setdefault(name, {})[lane] = _state(artifact)
    for name, cells in rows.items():
        table.add_row(name, *(cells.get(lane, Text("")) for lane in stories))
    return table


def _state(artifact: ArtifactStory) -> Text:
    sign, style = SIGNS.get(artifact.state, ("?", ""))
    return Text(f"{sign} {artifact.state}", style=style)


def _time(story: LaneStory) -> float | None:
    if story.started is None:
        return None
    return ((story.ended or datetime.now(UTC)) - story.started).total_seconds()
