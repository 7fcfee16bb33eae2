"""How is the story of a build, or of a batch, told to a person?"""

from collections.abc import Iterable, Iterator
from datetime import datetime
from operator import itemgetter

from relengotron.cli import page
from relengotron.cli.details import Details, show
from relengotron.cli.gates.story import BatchStory, BuildStory, batch_of, commands
from relengotron.cli.plan_page import say
from relengotron.decisions import passing
from relengotron.model.gated import BuildState, GateBatch, GatedBuild

_IN_WORDS = {
    BuildState.ARRIVED: "pending",
    BuildState.TESTING: "tested",
    BuildState.MOVING: "on its way to the target",
    BuildState.QUARANTINED: "in quarantine",
    BuildState.ACCEPTED: "accepted",
    BuildState.SUPERSEDED: "superseded",
    BuildState.GONE: "gone",
}


def build(story: BuildStory, at: datetime) -> None:
    """Where a build stands at a gate and why, what can be done, and all that happened to it there."""
    own = story.build
    say(f"{own.nvr}  {_IN_WORDS[own.state]} at gate {own.gate}", bold=True)
    for line in _facts(story, at):
        say(line, 2)
    _commands(dict.fromkeys(commands(story)))
    for known in story.runs:
        page.say()
        say(f"{_what(known)}, run {known.run.id}, {page.state_in_words(known.run.state)}", bold=True)
        for line in _in_a_run(known, own, at):
            say(line, 2)


def batch(story: BatchStory, at: datetime) -> None:
    """What a batch was asked for, where its builds stand now, and all that its run did."""
    say(f"{story.batch.id}  {_count(story.batch)} at gate {story.batch.gate}", bold=True)
    for line in _of_batch(story.batch):
        say(line, 2)
    _part("Builds", (_stands(each, story.batch.id, at) for each in story.builds))
    _part("From upstream", (each.in_full for each in story.news))
    if story.standing is not None and story.standing.stuck is not None:
        _commands([f"{story.standing.stuck.who}: {story.standing.stuck.command}"])
    page.say()
    show(story.known, None, at)


def _facts(story: BuildStory, at: datetime) -> Iterator[str]:
    own, standing = story.build, story.standing
    yield f"since {page.clock(own.since, at)}; it came {page.clock(own.arrived_at, at)}, of {own.owner or 'nobody'}"
    if own.tries > 1:
        yield f"it comes to this gate for the {own.tries}. time"
    if own.reason:
        yield f"why: {own.reason}"
    if story.news is not None:
        yield story.news.in_full
    if own.group is not None:
        yield f"built in the side tag {own.group}"
    if own.batch is not None:
        yield f"batch {own.batch}"
    if not own.state.is_settled and standing.waits_for and standing.stuck is None:
        yield f"waits for: {standing.waits_for}"
    if not own.state.is_settled and own.state is not BuildState.ARRIVED and standing.stuck is not None:
        yield f"stuck since {page.clock(standing.stuck.since, at)}, for {standing.stuck.who}: {standing.stuck.why}"
    for each in story.closings if not own.state.is_settled else ():
        yield f"the gate is closed by {each.who}: {each.why}"
    if story.passes and not own.state.is_settled:
        yield passing.in_words(story.passes)


def _what(known: Details) -> str:
    asked = batch_of(known.run)
    return "Quarantine" if asked is None else f"Batch {asked.id} of {_count(asked)}"


def _in_a_run(known: Details, own: GatedBuild, at: datetime) -> Iterator[str]:
    """In the order in which it happened: what was noted about the build, what changed, what was told and asked for."""
    lines = [
        (each.at, f"{each.state}: {each.reason}" if each.reason else each.state)
        for each in known.evidence
        if each.subject == own.nvr
    ]
    lines += [
        (each.intended_at, f"changed outside: {each.what}") for each in known.effects if own.nvr in each.what.split()
    ]
    lines += [(each.written_at, f"told: {each.topic}") for each in known.messages if each.body.get("nvr") == own.nvr]
    lines += [(each.at, f"{each.who}: {each.what}") for each in known.orders]
    yield f"opened {page.clock(known.run.created_at, at)}"
    for moment, text in sorted(lines, key=itemgetter(0)):
        yield f"{page.clock(moment, at)}  {text}"
    if known.run.finished_at is not None:
        yield f"ended {page.clock(known.run.finished_at, at)}"


def _of_batch(batch: GateBatch) -> Iterator[str]:
    yield f"why: {batch.why}"
    if batch.parent is not None:
        yield f"round {batch.round}, out of {batch.parent}"
    if batch.kin:
        yield f"beside {', '.join(batch.kin)}"


def _stands(each: GatedBuild, batch: str, at: datetime) -> str:
    now_in = f", by now in {each.batch}" if each.batch not in (None, batch) else ""
    return f"{each.nvr}  {_IN_WORDS[each.state]} since {page.clock(each.since, at)}{now_in}"


def _count(batch: GateBatch) -> str:
    return "1 build" if len(batch.builds) == 1 else f"{len(batch.builds)} builds"


def _commands(lines: Iterable[str]) -> None:
    """Each in one line, however long: it is to be typed."""
    lines = list(lines)
    if lines:
        say("Do", 2, bold=True)
    for line in lines:
        page.say(f"    {line}")


def _part(title: str, lines: Iterable[str]) -> None:
    lines = list(lines)
    if lines:
        say(title, 2, bold=True)
    for line in lines:
        say(line, 4)
