"""What does a person see of the gate while builds land, and in the end?"""

from collections.abc import Iterator, Mapping

from rich import box
from rich.table import Table
from rich.text import Text

from relengotron.lab.gate_scene import BuildStory

SIGNS = {
    "landed": ("·", "bright_black"),
    "testing": ("…", "yellow"),
    "quarantined": ("✘", "bold red"),
    "released": ("…", "yellow"),
    "accepted": ("●", "green"),
    "superseded": ("–", "bright_black"),
    "gone": ("–", "bright_black"),
}


def live(stories: Mapping[str, BuildStory]) -> Text:
    """One line: where each build stands."""
    line = Text("gate rawhide  ", style="bold")
    for story in stories.values():
        sign, style = SIGNS[story.state]
        line.append(f"{sign} {story.nvr} {story.state}   ", style=style)
    return line


def line(story: BuildStory) -> str:
    """The same of one build, for logs and pipes."""
    why = f" · {story.reason}" if story.reason else ""
    return f"gate rawhide: {story.nvr}: {story.state}{why}"


def summary(stories: Mapping[str, BuildStory]) -> Table:
    """Every build that landed: what became of it, with whom it went, and why."""
    table = Table(box=box.SIMPLE_HEAD, expand=True, padding=(0, 1), pad_edge=False)
    table.add_column("build", no_wrap=True)
    table.add_column("result", no_wrap=True)
    table.add_column("with whom · why", ratio=1, overflow="fold")
    for story in stories.values():
        name = Text(story.nvr).append(f"\n{story.packager}", style="bright_black")
        table.add_row(name, Text(story.state, style=SIGNS[story.state][1]), Text("\n").join(_told(story)))
    return table


def _told(story: BuildStory) -> Iterator[Text]:
    if story.together:
        yield Text(f"together with {', '.join(story.together)}", style="cyan")
    if story.quarantined and story.state != "quarantined":
        yield Text(f"was in quarantine: {story.quarantined}", style="yellow")
    yield Text(story.reason)
