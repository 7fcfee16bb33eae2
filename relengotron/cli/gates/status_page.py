"""How does a gate look to a tired person: first whether it is open, then what people must do, then the rest."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Final

from relengotron.cli import page
from relengotron.cli.gates.standing import GateView, Standing
from relengotron.cli.plan_page import say
from relengotron.decisions import passing
from relengotron.model.estimate import Eta
from relengotron.model.gated import BuildState, GatedBuild

MOST_LISTED: Final = 6
"""Of each kind; a night has few minutes, and a mass rebuild twenty thousand builds."""

LONGEST_REASON: Final = 300
_ENDS: Final = (BuildState.SUPERSEDED, BuildState.GONE)

EtaOf = Callable[[Standing], Eta | None]


def show(views: Sequence[GateView], eta_of: EtaOf, *, daemon_runs: bool, all_wanted: bool) -> None:
    """Print every gate."""
    if views and not daemon_runs:
        say(page.DAEMON_IS_DOWN, state="failed")
    for number, view in enumerate(views):
        if number or not daemon_runs:
            page.say()
        _gate(view, eta_of, None if all_wanted else MOST_LISTED)


def show_left(left: Mapping[str, int], *, none_yet: str) -> None:
    """What stands at gates that are not configured any more, and what to say where none is."""
    for name, count in left.items():
        words = f"{name} is not in gates.yaml any more, and {_count(count, 'build')} left there"
        say(f"{words}: put it back, or call off what waits there", state="held")
        page.say("  look: relengotron runs list --state held")
    if none_yet:
        say(none_yet)


def youngest(view: GateView) -> datetime | None:
    """When the build came that all others under way came before; None when nothing is under way."""
    return max((each.arrived_at for each in view.under_way), default=None)


def opening(view: GateView) -> Iterator[str]:
    """Whether the gate is open, in a line for each person who has closed it."""
    for each in view.closings:
        until = "until it is opened" if each.until is None else f"until {page.clock(each.until, view.at)}"
        yield f"CLOSED by {each.who} since {page.clock(each.at, view.at)}, {until}: {each.why}"
    if not view.closings:
        yield "open"


def summary(view: GateView) -> str:
    """How many builds stand where, without those that the gate has done with."""
    counts = (f"{count:,} {state}" for state, count in view.standing_counts.items())
    return ", ".join(counts) or "nothing stands here"


def _gate(view: GateView, eta_of: EtaOf, most: int | None) -> None:
    pending, target, quarantine = view.gate.tags
    say(f"{view.name}  {pending} -> {target}, suspects to {quarantine}", bold=True)
    for line in opening(view):
        say(line, 2, state="held" if view.closings else "done")
    if view.closings:
        say(f"do: relengotron gate open {view.name} --reason TEXT", 4)
    if view.look.trouble_since is not None:
        say(_blind(view, view.look.trouble_since), 2, state="failed")
    say(f"builds   {summary(view)}", 2)
    say(f"through  {_through(view)}", 2)
    if others := _others(view):
        say(f"else     {others}", 2)
    if eta := _eta(view):
        say(f"ETA      {eta}", 2)
    _stuck(view, most)
    _part("Moving", view.moving, most, lambda each: _batch(each, view.at, eta_of(each)))
    _part("Ready, before a shut gate", view.ready, most, lambda each: _batch(each, view.at, None))
    _part("Testing", view.testing, most, lambda each: _batch(each, view.at, eta_of(each)))
    _part("Pending", view.pending, most, lambda each: _pending(view, each))
    in_quarantine = [each for each in view.quarantine if not each.stuck]
    _part("In quarantine", in_quarantine, most, lambda each: _quarantined(each, view.at))
    if in_quarantine:
        say("do: relengotron quarantine release|retry|drop NVR --reason TEXT", 4)


def _blind(view: GateView, since: datetime) -> str:
    """Nobody sees what comes and goes: what is under way goes on, what has come since then does not begin."""
    why = page.shortened(view.look.trouble, LONGEST_REASON)
    return f"BLIND since {page.clock(since, view.at)}, what has come since then is not seen: {why}"


def _through(view: GateView) -> str:
    day, week = (each.get(BuildState.ACCEPTED, 0) for each in (view.pace.day, view.pace.week))
    usual = view.pace.usual
    source = "" if usual is None else f"from {_count(usual.count, 'build')}"
    took = "" if usual is None else f"; each in {usual.as_time(source)}"
    return f"{day:,} in the last day, {week:,} in the last week{took}"


def _others(view: GateView) -> str:
    ends = ((view.pace.week.get(state, 0), str(state)) for state in _ENDS)
    said = ", ".join(f"{count:,} {state}" for count, state in ends if count)
    return f"{said} in the last week" if said else ""


def _eta(view: GateView) -> str:
    """Until the last build that is under way is through, if no other comes."""
    newest = youngest(view)
    if newest is None:
        return ""
    age = view.at - newest
    rest = view.pace.rest(age)
    if rest is not None:
        return f"about {rest.as_time()} until what is under way is through"
    return "no history" if view.pace.usual is None else "what is under way takes longer than any build of the last week"


def _stuck(view: GateView, most: int | None) -> None:
    """Together what waits for the same: a service that is down stops three hundred batches for one reason."""
    alike: dict[tuple[str, str], list[Standing]] = {}
    for each in view.stuck:
        assert each.stuck is not None  # noqa: S101 - the view has looked
        alike.setdefault((each.stuck.why, each.stuck.who), []).append(each)
    if alike:
        say(f"Stuck ({len(view.stuck)})", 2, bold=True)
    for (why, who), those in list(alike.items())[:most]:
        _alike(view, why, who, those)
    _and_more(len(alike), most, "reasons")


def _alike(view: GateView, why: str, who: str, those: Sequence[Standing]) -> None:
    first = those[0]
    assert first.stuck is not None  # noqa: S101 - the view has looked
    more = f" and {len(those) - 1:,} more" if len(those) > 1 else ""
    say(f"{first.name}{more}, since {page.clock(first.stuck.since, view.at)}: {_names(first.builds)}", 4, state="held")
    say(page.shortened(why, LONGEST_REASON), 6)
    page.say(f"      {who}: {first.stuck.command}")  # never in two lines: it is to be typed


def _part(title: str, all_of_them: Sequence[object], most: int | None, line: Callable[..., Iterable[str]]) -> None:
    if all_of_them:
        say(f"{title} ({len(all_of_them):,})", 2, bold=True)
    for each in all_of_them[:most]:
        for number, text in enumerate(line(each)):
            say(text, 6 if number else 4)
    _and_more(len(all_of_them), most, "")


def _and_more(count: int, most: int | None, what: str) -> None:
    if most is not None and count > most:
        say(f"and {count - most:,} more{f' {what}' if what else ''}: --all", 4)


def _batch(each: Standing, at: datetime, eta: Eta | None) -> Iterator[str]:
    yield f"{each.name}, since {page.clock(each.since, at)}: {_names(each.builds)}"
    step = "" if each.step is None else page.promise(each.step.name)
    waits = ": ".join(part for part in (step, page.shortened(each.waits_for, LONGEST_REASON)) if part)
    if waits:
        yield waits
    if each.hold is not None and not each.is_ready:
        yield f"until {page.clock(each.hold.deadline, at)} at most"
    if eta is not None and eta.rest is not None:
        yield f"ETA {eta}"


def _pending(view: GateView, build: GatedBuild) -> Iterator[str]:
    given = view.passes.get(build.nvr, ())
    people = f"; {passing.in_words(given)}" if given else ""
    yield f"{build.nvr} of {build.owner or 'nobody known'}, since {page.clock(build.arrived_at, view.at)}{people}"
    if build.reason:
        yield page.shortened(build.reason, LONGEST_REASON)


def _quarantined(each: Standing, at: datetime) -> Iterator[str]:
    (build,) = each.builds
    packager = build.owner or f"nobody known ({each.who} can act)"
    yield f"{build.nvr} of {packager}, for {page.length(at - build.since)}"
    yield page.shortened(build.reason, LONGEST_REASON)


def _names(builds: Sequence[GatedBuild]) -> str:
    more = f" and {len(builds) - 1} more" if len(builds) > 1 else ""
    return f"{builds[0].nvr}{more}"


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}" if number == 1 else f"{number:,} {what}s"
