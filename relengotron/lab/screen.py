"""What does a person see while a push runs, and at its end?"""

from collections.abc import Mapping
from datetime import UTC, datetime

from rich.console import Group
from rich.table import Table
from rich.text import Text

from relengotron.lab.story import ArtifactStory, LaneStory

COLOURS = {
    "published": "green",
    "composed": "cyan",
    "composing": "yellow",
    "skipped": "bright_black",
    "failed": "bold red",
    "waiting": "bright_black",
}


def live(stories: Mapping[str, LaneStory], expected: int) -> Group:
    """One row a lane: what runs, what waits and for what, how far, since when."""
    table = Table(title="pushes", title_justify="left", expand=True)
    for title, ratio in (("lane", 2), ("step", 5), ("waits for", 8), ("artifacts", 6), ("time", 2)):
        table.add_column(title, ratio=ratio, overflow="fold")
    for story in stories.values():
        table.add_row(story.lane, _step(story), _waits(story), _artifacts(story), _time(story))
    over = sum(story.is_over for story in stories.values())
    return Group(table, Text(f"{over} of {expected} pushes are over", style="bold"))


def line(story: LaneStory) -> str:
    """The same as one line, for logs and pipes."""
    state = story.end or ("held" if story.hold is not None else _words(story.step))
    waits = f" · {_waits(story)}" if _waits(story) else ""
    return f"{story.lane}: {state}{waits} · {_time(story)}"


def summary(
    stories: Mapping[str, LaneStory],
    tests: Mapping[str, Mapping[str, str]],
    places: Mapping[tuple[str, str], str],
) -> Group:
    """The table at the end: every artifact of every lane, why, its tests, where it is; then what was announced."""
    table = Table(title="what became of everything", title_justify="left", expand=True, show_lines=True)
    for title, ratio in (("lane", 2), ("artifact", 3), ("result", 2), ("why", 6), ("tests", 4), ("published at", 5)):
        table.add_column(title, ratio=ratio, overflow="fold")
    for story in stories.values():
        for artifact in story.artifacts.values():
            table.add_row(*_row(story, artifact, tests, places))
    lines = [Text("announced", style="bold")]
    for story in stories.values():
        words = ", ".join(f"{topic} ×{count}" for topic, count in sorted(story.said.items()))
        lines.append(Text(f"  {story.lane}: {words}"))
        lines += [Text(f"    left behind: {title} — {why}", style="yellow") for title, why in story.ejected.items()]
    return Group(table, *lines)


def _row(
    story: LaneStory,
    artifact: ArtifactStory,
    tests: Mapping[str, Mapping[str, str]],
    places: Mapping[tuple[str, str], str],
) -> tuple[str | Text, ...]:
    task = f" (Koji task {artifact.task})" if artifact.task else ""
    verdicts = "\n".join(f"{name} {outcome}" for name, outcome in tests.get(artifact.identity, {}).items())
    result = "composed" if artifact.state == "published" else artifact.state
    return (
        story.lane,
        f"{artifact.name}\n({artifact.kind})",
        Text(result, style=COLOURS.get(artifact.state, "")),
        f"{artifact.reason}{task}",
        verdicts or "–",
        places.get((story.lane, artifact.name), "–") if artifact.state == "published" else "–",
    )


def _step(story: LaneStory) -> Text:
    if story.end:
        return Text(story.end.replace("push.", ""), style="bold green" if story.end == "push.complete" else "bold red")
    if story.hold is not None:
        return Text(f"HELD: {_words(story.step)}", style="bold yellow")
    return Text(_words(story.step))


def _words(step: str) -> str:
    return step.removeprefix("ensure_").replace("_", " ") or "starting"


def _waits(story: LaneStory) -> str:
    if story.hold is not None:
        return f"{story.hold.get('owner')}: {story.hold.get('reason')} → {story.hold.get('command')}"
    return story.waits_for


def _artifacts(story: LaneStory) -> Text:
    text = Text()
    for artifact in story.artifacts.values():
        text.append(f"{artifact.name} ", style=COLOURS.get(artifact.state, ""))
    return text


def _time(story: LaneStory) -> str:
    if story.started is None:
        return ""
    end = story.ended or datetime.now(UTC)
    return f"{(end - story.started).total_seconds():.0f} s"
