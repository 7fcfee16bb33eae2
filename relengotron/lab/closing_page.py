"""What does a person see when all pushes are over, and the independent reader has looked?"""

from collections import Counter
from collections.abc import Iterator, Mapping

from rich import box
from rich.console import Group, RenderableType
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from relengotron.lab.pushing import Reading
from relengotron.lab.screen import SIGNS, STEPS, seconds, shortened, words
from relengotron.lab.story import ArtifactStory, LaneStory

Verdicts = Mapping[str, Mapping[str, str]]
Places = Mapping[tuple[str, str], str]
MOST_FAILURES = 40
LONGEST_SUBJECT = 80


def summary(
    stories: Mapping[str, LaneStory], verdicts: Verdicts, places: Places, mirror: str, gate: RenderableType | None
) -> Group:
    """Every artifact of every lane: what became of it, why, its tests, where it is; what was announced; times.

    ``gate`` is what there is to see of builds that landed before rawhide meanwhile.
    """
    blocks: list[RenderableType] = [Text(f"Everything that is published lies below {mirror}/", style="bold")]
    for story in stories.values():
        blocks += [Rule(_title(story), align="left", style="bright_black"), _artifacts(story, verdicts, places)]
        blocks += _afterwords(story)
    if gate is not None:
        blocks += [Rule("meanwhile, at the gate of rawhide", align="left", style="bright_black"), gate]
    return Group(*blocks, Rule("where the time went", align="left", style="bright_black"), _times(stories))


def findings(reading: Reading) -> Iterator[Text]:
    """What the independent reader says: a line for each thing that is right, every word about what is wrong."""
    if reading.trouble:
        yield Text(reading.trouble, style="red")
    right = Counter(str(check["subject"]) for check in reading.checks if check["passed"])
    wrong = [check for check in reading.checks if not check["passed"]]
    for subject, count in right.items():
        short = subject if len(subject) <= LONGEST_SUBJECT else f"…/{subject.rpartition('/')[2]}"
        yield Text("✔ ", style="green").append(f"{short}: {count} {'check' if count == 1 else 'checks'}", "default")
    for check in wrong[:MOST_FAILURES]:
        yield Text(f"✘ {check['subject']}: {check['fact']}", style="bold red")
    style = "bold green" if reading.passed else "bold red"
    yield Text(f"{len(reading.checks)} checks from outside, {len(wrong)} of them wrong", style=style)


def _title(story: LaneStory) -> Text:
    if story.ended is None or story.started is None:
        return Text(f"{story.lane}: {'held' if story.hold is not None else 'not over'}", style="bold yellow")
    took, end = (story.ended - story.started).total_seconds(), story.end.removeprefix("push.")
    return Text(f"{story.lane}: {end} in {seconds(took)}, {len(story.pushed)} updates pushed", style="bold")


def _artifacts(story: LaneStory, verdicts: Verdicts, places: Places) -> Table:
    table = Table(box=box.SIMPLE_HEAD, expand=True, padding=(0, 1), pad_edge=False)
    table.add_column("artifact", no_wrap=True)
    table.add_column("result", no_wrap=True)
    table.add_column("why · where it is · how its tests ended", ratio=1, overflow="fold")
    for artifact in story.artifacts.values():
        place = places.get((story.lane, artifact.name), "") if artifact.state == "published" else ""
        table.add_row(
            Text(artifact.name).append(f"\n{artifact.kind}", style="bright_black"),
            Text("composed" if place else artifact.state, style=SIGNS.get(artifact.state, ("", ""))[1]),
            Text("\n").join(_story(artifact, verdicts.get(artifact.identity, {}), place)),
        )
    return table


def _story(artifact: ArtifactStory, verdicts: Mapping[str, str], place: str) -> Iterator[Text]:
    why = Text(shortened(artifact.reason))
    if artifact.task:
        why.append(f" (Koji task {artifact.task})", style="bright_black")
    yield why
    if place:
        yield Text(f"→ {place}", style="cyan")
    for name, outcome in verdicts.items():
        is_passed = outcome == "PASSED"
        yield Text(f"{'✔' if is_passed else '✘'} {name} {outcome}", style="green" if is_passed else "bold red")


def _afterwords(story: LaneStory) -> Iterator[Text]:
    if story.hold is not None:
        yield Text(f"held: {story.hold.get('reason')}; {story.hold.get('owner')} can act:", style="bold yellow")
        yield Text(f"  {story.hold.get('command')}", style="yellow")
    for title, why in story.ejected.items():
        yield Text(f"left behind: {title} — {why}", style="yellow")
    said = ", ".join(f"{topic} ×{count}" for topic, count in sorted(story.said.items()))
    yield Text(f"announced: {said}\n", style="bright_black")


def _times(stories: Mapping[str, LaneStory]) -> Table:
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1), pad_edge=False)
    table.add_column("step")
    for lane in stories:
        table.add_column(lane, justify="right")
    for step in STEPS:
        if any(step in story.steps for story in stories.values()):
            lengths = [story.steps.get(step) for story in stories.values()]
            table.add_row(words(step), *map(seconds, lengths))
    table.add_section()
    totals = [sum(story.steps.values()) for story in stories.values()]
    table.add_row(Text("in all", style="bold"), *map(seconds, totals))
    return table
