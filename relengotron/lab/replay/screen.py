"""What does a person see of a recording that was played?"""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final

from rich import box
from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from relengotron.lab.replay.played import Outcome, Played, in_words
from relengotron.lab.replay.rehearsal import Opened, RunView

MOST_LINES: Final = 40
MOST_NOTES: Final = 3
_SAME_NEWS: Final = "the same news came"
_STYLES: Final = {Outcome.HANDLED: "green", Outcome.PARKED: "red", Outcome.IGNORED: ""}


@dataclass(slots=True)
class Tally:
    """Everything that is worth telling at the end, however long the recording was."""

    outcomes: Counter[Outcome] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    shown: list[Played] = field(default_factory=list)
    met_a_defect: bool = False

    def add(self, played: Played) -> None:
        """One more message."""
        self.outcomes[played.outcome] += 1
        self.met_a_defect |= played.raised
        if played.outcome is Outcome.IGNORED:
            self.reasons[_without_names(played.reason)] += 1
        elif len(self.shown) < MOST_LINES:
            self.shown.append(played)


def told(tally: Tally, opened: Opened) -> Iterator[RenderableType]:
    """The messages that matter, the summary, and the runs that would be opened."""
    if tally.shown:
        yield _messages(tally)
    more = tally.outcomes[Outcome.HANDLED] + tally.outcomes[Outcome.PARKED] - len(tally.shown)
    if more:
        yield Text(f"and {more} more; --json shows every message")
    yield _summary(tally)
    if opened.total:
        yield _runs(opened)
        yield from _footnotes(opened)


def _messages(tally: Tally) -> Table:
    table = _table("message", "topic", "outcome", "what follows, or why not")
    for played in tally.shown:
        follows = "\n".join(in_words(intent) for intent in played.intents) or played.reason
        outcome = Text(str(played.outcome), style=_STYLES[played.outcome])
        table.add_row(_plain(_short(played.msg_id)), _plain(played.topic or "-"), outcome, _plain(follows))
    return table


def _summary(tally: Tally) -> Table:
    table = _table("outcome", "messages", "reason")
    for outcome in (Outcome.HANDLED, Outcome.PARKED, Outcome.IGNORED):
        table.add_row(Text(str(outcome), style=_STYLES[outcome]), str(tally.outcomes[outcome]), "")
    for reason, count in tally.reasons.most_common(MOST_LINES):
        table.add_row("", str(count), _plain(reason))
    return table


def _runs(opened: Opened) -> Table:
    table = _table("run in lane", "opened by", "stands", "so far")
    for view in opened.views:
        run = view.run
        table.add_row(
            _plain(f"{run.workflow} {run.lane}"),
            _plain(_short(run.trigger_msg_id)),
            str(run.state),
            _plain("\n".join(_so_far(view))),
        )
    return table


def _so_far(view: RunView) -> Iterator[str]:
    for step in view.steps:
        note = f": {step.note}" if step.note else ""
        yield f"{step.name.removeprefix('ensure_').replace('_', ' ')}: {step.state}{note}"
    for item in view.notes[:MOST_NOTES]:
        yield f"{item.subject_kind} {item.state}: {item.reason}"
    if len(view.notes) > MOST_NOTES:
        yield f"and {len(view.notes) - MOST_NOTES} more like these"
    if not view.steps:
        yield view.run.reason or "waits for its turn"


def _footnotes(opened: Opened) -> Iterable[Text]:
    if opened.total > len(opened.views):
        yield Text(f"{opened.total} runs in all; the newest are shown")
    yield Text("The services of the sandbox are empty: a run ends where it would need what they know.")


def _without_names(reason: str) -> str:
    """What is told of each message by its own name is counted as one."""
    return _SAME_NEWS if reason.startswith(_SAME_NEWS) else reason


def _short(msg_id: str | None) -> str:
    if msg_id is None:
        return "-"
    return msg_id if len(msg_id) <= 16 else f"...{msg_id[-12:]}"


def _table(*headings: str) -> Table:
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1), pad_edge=False)
    for heading in headings:
        table.add_column(heading, overflow="fold")
    return table


def _plain(text: str) -> Text:
    """Text from outside: it must neither steer a terminal nor be read as markup."""
    return Text("".join(each if each.isprintable() or each == "\n" else "\N{REPLACEMENT CHARACTER}" for each in text))
