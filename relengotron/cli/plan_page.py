"""How does a plan look to a person: first what would hold the push, then everything it does."""

import textwrap
from collections.abc import Iterable, Iterator
from typing import Final

from relengotron.cli import ladder, page, plan_artifact
from relengotron.cli.exits import Exit, Refusal
from relengotron.model.estimate import Estimate
from relengotron.model.push_plan import Forecast, LanePlan, PlannedArtifact, PushPlan, Treatment
from relengotron.model.rung import RungName, Says

WIDTH: Final = 80
MOST_LISTED: Final = 12
_HOUR: Final = 3600


def show(plan: PushPlan, artifact: str | None) -> None:
    """Print the plan, or all that it says of one artifact.

    Raises:
        Refusal: the plan knows no such artifact.
    """
    if artifact is not None:
        _show_artifact(plan, artifact)
        return
    for reason in plan.left_out:
        say(f"left out: {reason}", state="ejected")
    for number, lane in enumerate(plan.lanes):
        if number or plan.left_out:
            page.say()
        _lane(lane)
    if not plan.lanes:
        say("Nothing is left to push.", state="held")


def say(text: str = "", indent: int = 0, *, state: str | None = None, bold: bool = False) -> None:
    """Text that fits the screen; what follows on a new line stands a little further in."""
    first, rest = " " * indent, " " * (indent + 2)
    filled = textwrap.fill(
        page.plain(text),
        WIDTH,
        initial_indent=first,
        subsequent_indent=rest,
        break_long_words=False,
        break_on_hyphens=False,
    )
    page.say(filled, state=state, bold=bold)


def _show_artifact(plan: PushPlan, name: str) -> None:
    found = [(lane, each) for lane in plan.lanes for each in lane.artifacts if each.name == name]
    if not found:
        known = "\n".join(f"  {each.name}" for lane in plan.lanes for each in lane.artifacts) or "  nothing"
        raise Refusal(f"the plan knows no artifact {name!r}. It knows:\n{known}", Exit.NOT_FOUND)
    for lane, artifact in found:
        say(f"{artifact.name} in {lane.lane}", bold=True)
        plan_artifact.show(artifact)


def _lane(lane: LanePlan) -> None:
    say(f"{lane.lane}: {_count(len(lane.ships), 'update')}, {_count(_builds(lane), 'build')}", bold=True)
    if not lane.ships:
        say("Nothing is left to push here.", 2, state="held")
    _part("Would hold the push", lane.holds, state="held")
    _part("To know", lane.notes)
    _part("Updates", _updates(lane))
    _part(f"Moves ({len(lane.moves)})", _few(f"{each.build}: {each.source} → {each.target}" for each in lane.moves))
    _part("In their target already", _few(lane.in_place))
    _part("Pending tags that are taken off", _few(f"{each.build}: {each.tag}" for each in lane.untags))
    if lane.artifacts:
        say("Artifacts", 2, bold=True)
    for artifact in lane.artifacts:
        _artifact(artifact)
    _part("Goes live, in this order, metadata last", _publications(lane))
    if lane.ships:
        _part("Then must acknowledge push.complete", lane.acknowledged_by)
        _part("Expected", _forecast(lane))


def _part(title: str, lines: Iterable[str], *, state: str | None = None) -> None:
    lines = list(lines)
    if lines:
        say(title, 2, bold=True)
        for line in lines:
            say(line, 4, state=state)


def _updates(lane: LanePlan) -> Iterator[str]:
    for update in lane.ships:
        yield f"{update.alias} ships ({update.type}): {' '.join(update.builds)}"
    for ejected in lane.ejected:
        yield f"{ejected.alias or ejected.title} stays behind: {ejected.reason}"


def _artifact(artifact: PlannedArtifact) -> None:
    say(f"{artifact.name}  {_why(artifact)}", 4, state=plan_artifact.colour(artifact))
    if not artifact.treatment.is_composed:
        return
    for line in ladder.of_changes(artifact.changes, f"--artifact {artifact.name}"):
        say(line, 8)
    for rung in artifact.rungs:
        if rung.says is Says.DOUBT and rung.name is not artifact.rung:  # it is composed anyhow, and that may fail
            say(f"in doubt: {rung.reason} [{rung.name}]", 6)
    tasks = ", ".join(f"{task.method} ({', '.join(task.arches)})" for task in artifact.tasks)
    tests = ", ".join(artifact.required_tests) or "no test is required"
    took = "no history" if artifact.eta is None or artifact.eta.rest is None else f"takes {artifact.eta}"
    say("; ".join((tasks or "no Koji task", tests, took, *artifact.apart)), 6)


def _why(artifact: PlannedArtifact) -> str:
    """The reason, where the changes below it do not say the same."""
    by = f" [{artifact.rung}]" if artifact.rung is not None else ""
    if artifact.treatment is Treatment.COMPOSE and artifact.rung is RungName.SOLVED and artifact.changes:
        return f"{artifact.treatment}: {_count(len(artifact.changes), 'package')} would change{by}"
    return f"{artifact.treatment}: {artifact.reason}{by}"


def _publications(lane: LanePlan) -> Iterator[str]:
    targets = {each.name: each.target for each in lane.artifacts}
    for number, name in enumerate(lane.published, 1):
        yield f"{number}. {name} below {targets[name]}"


def _forecast(lane: LanePlan) -> Iterator[str]:
    forecast = lane.forecast
    yield f"until done: {forecast.eta}"
    counted = ", ".join(f"{count} {method}" for method, count in lane.tasks.items())
    yield f"Koji tasks: {forecast.tasks}" + (f" ({counted})" if counted else "")
    yield f"they take: {_hours(forecast)}"


def _hours(forecast: Forecast) -> str:
    known, missing = forecast.task_hours, ", ".join(forecast.unknown_kinds)
    if known is None:
        return "no history"
    seconds = Estimate(known.median * _HOUR, known.low * _HOUR, known.high * _HOUR, known.count)
    source = f"from {_count(known.count, 'compose')} of the rarest kind"
    return seconds.as_time(source) + (f"; no history for {missing}" if missing else "")


def _few(lines: Iterable[str]) -> list[str]:
    lines = list(lines)
    more = len(lines) - MOST_LISTED
    return [*lines[:MOST_LISTED], f"and {more} more: --json"] if more > 0 else lines


def _builds(lane: LanePlan) -> int:
    return len({build for update in lane.ships for build in update.builds})


def _count(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"
