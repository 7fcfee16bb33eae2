"""What does a person see of runs in flight, on a terminal and on paper?"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from relengotron.cli import page
from relengotron.cli.progress import ArtifactProgress, Progress, in_words
from relengotron.model.run import RunState

MOST_ARTIFACTS: Final = 12
"""A screen has few lines; what is left out is counted."""

NOTHING: Final = "nothing is in flight"
_DIGEST: Final = re.compile(r"\b[0-9a-f]{64}\b")
_FIRST: Final = ("failed", "composing", "waiting", "held")
_LAST: Final = ("skipped", "unchanged")
_STYLES: Final = {
    RunState.QUEUED: "bold",
    RunState.OPEN: "bold cyan",
    RunState.HELD: "bold yellow",
    RunState.CANCELLING: "bold yellow",
    RunState.FAILING: "bold yellow",
    RunState.CANCELLED: "bold yellow",
    RunState.DONE: "bold green",
    RunState.FAILED: "bold red",
    RunState.PARKED: "bold red",
}


@dataclass(frozen=True, slots=True)
class Picture:
    """Everything that is watched, at one moment; ``behind`` runs wait for their turn in the same lanes."""

    at: datetime
    daemon_runs: bool
    runs: Sequence[Progress]
    behind: int = 0


def on_a_terminal(seen: Picture) -> RenderableType:
    """The picture for rich: nothing in it is markup, and no line is wider than the terminal."""
    parts: list[RenderableType] = []
    for run in seen.runs:
        parts.append(Text(page.plain(_headline(run, seen.at)), style=_STYLES[run.run.state]))
        parts.append(Padding(_grid(run, seen.at), (0, 0, 1, 2)))
    parts += [Text(line, style="bold") for line in _footer(seen)]
    return Group(*parts)


def on_paper(seen: Picture) -> None:
    """The same without any control character, and whole."""
    for run in seen.runs:
        page.say(_headline(run, seen.at))
        page.fields(_fields(run, seen.at, len(run.artifacts)))
        page.say()
    for line in _footer(seen):
        page.say(line)


def in_a_line(seen: Progress, at: datetime) -> str:
    """What is new with a run, for logs and pipes."""
    parts = [f"{at:%H:%M:%S}  {seen.run.lane}  {page.state_in_words(seen.run.state)}"]
    if seen.name:
        parts.append(f"{page.promise(seen.name)} ({seen.number} of {seen.of})")
    parts += [part for part in (_waits(seen), "" if seen.eta is None else f"ETA {seen.eta}") if part]
    return page.plain("; ".join(parts)).replace("\n", " ")


def _headline(seen: Progress, at: datetime) -> str:
    took = page.length((seen.run.finished_at or at) - seen.run.created_at)
    so_far = "took" if seen.run.state.is_finished else "for"
    return f"{seen.run.lane}  {page.state_in_words(seen.run.state)}, {so_far} {took}  {seen.run.id}"


def _fields(seen: Progress, at: datetime, most: int) -> Iterator[tuple[str, str]]:
    if seen.name:
        since = "" if seen.step is None else f", since {page.clock(seen.step.started_at, at)}"
        yield "step", f"{seen.number} of {seen.of}: {page.promise(seen.name)}{since}"
        yield "until", seen.promise
    yield "ETA", "" if seen.eta is None else str(seen.eta)
    if seen.hold is not None:
        yield "missing", "\n".join(seen.hold.missing)
        yield "waits", f"since {page.clock(seen.hold.since, at)} until {page.clock(seen.hold.deadline, at)}"
        yield "who", seen.hold.owner
        yield "do", seen.hold.command
    else:
        yield "why" if seen.run.state.is_finished else "waits for", _waits(seen)
    yield "artifacts", _counted(seen.artifacts)
    shown = sorted(seen.artifacts, key=_attention)[:most]
    for artifact in shown:
        yield "", f"{artifact.name}  {_DIGEST.sub(_its_beginning, in_words(artifact, at))}"
    left_out = len(seen.artifacts) - len(shown)
    yield "", f"and {left_out} more: relengotron explain {seen.run.id}" if left_out else ""


def _its_beginning(digest: re.Match[str]) -> str:
    return digest.group()[:12]


def _waits(seen: Progress) -> str:
    if seen.hold is not None:
        return f"{seen.hold.owner}: {'; '.join(seen.hold.missing)}: {seen.hold.command}"
    return seen.run.reason


def _counted(artifacts: Sequence[ArtifactProgress]) -> str:
    counted = Counter(each.state for each in sorted(artifacts, key=_attention))
    return ", ".join(f"{count} {state}" for state, count in counted.items())


def _attention(artifact: ArtifactProgress) -> tuple[int, str]:
    """What goes wrong or goes on first, what nothing happens to last."""
    if artifact.state in _FIRST:
        return _FIRST.index(artifact.state), artifact.name
    return len(_FIRST) + (artifact.state in _LAST), artifact.name


def _grid(seen: Progress, at: datetime) -> Table:
    grid = Table.grid(padding=(0, 2, 0, 0))
    grid.add_column(no_wrap=True)
    grid.add_column(overflow="fold")
    for name, value in _fields(seen, at, MOST_ARTIFACTS):
        if value:
            grid.add_row(Text(name), Text(page.plain(value)))
    return grid


def _footer(seen: Picture) -> Iterator[str]:
    if not seen.runs:
        yield NOTHING
    if seen.behind:
        yield f"{seen.behind} more {'run waits' if seen.behind == 1 else 'runs wait'} behind these"
    if not seen.daemon_runs:
        yield page.DAEMON_IS_DOWN
