"""``relengotron plan --gate``: what would move now, and why not the rest?"""

from collections.abc import Sequence
from typing import Final

from relengotron.cli.plan_page import say
from relengotron.model.gate_plan import GatePlan, PlannedBatch, Prospect, builds_of

MOST_LISTED: Final = 12
MOST_BREAKS: Final = 5

_TITLES: Final = {
    Prospect.MOVES: "Would move now",
    Prospect.MOVING: "Moving already",
    Prospect.WAITS: "Waits",
    Prospect.HELD: "Held: people are needed",
    Prospect.SUSPECT: "Would go to quarantine, or be divided",
}
_COLOURS: Final = {
    Prospect.MOVES: "done",
    Prospect.MOVING: "open",
    Prospect.WAITS: None,
    Prospect.HELD: "held",
    Prospect.SUSPECT: "failed",
}


def show(plan: GatePlan) -> None:
    """Print the plan."""
    say(f"{plan.gate}  {plan.pending} -> {plan.target}", bold=True)
    for each in plan.closings:
        say(f"CLOSED by {each.who}: {each.why}", 2, state="held")
    for prospect in Prospect:
        _batches(_TITLES[prospect], plan.of(prospect), _COLOURS[prospect])
    _few("Would be taken out of the way", [f"{each.build}: {each.reason}" for each in plan.out_of_the_way])
    _few("To know", plan.notes)
    if plan.in_quarantine:
        say(f"{len(plan.in_quarantine)} in quarantine: relengotron gate status --gate {plan.gate}", 2)
    if not plan.batches:
        say("Nothing is pending.", 2)


def _batches(title: str, batches: Sequence[PlannedBatch], colour: str | None) -> None:
    if batches:
        say(f"{title} ({builds_of(batches)} {'build' if builds_of(batches) == 1 else 'builds'})", 2, bold=True)
    for each in batches[:MOST_LISTED]:
        _batch(each, colour)
    if len(batches) > MOST_LISTED:
        say(f"and {len(batches) - MOST_LISTED:,} more batches: --json", 4)


def _batch(each: PlannedBatch, colour: str | None) -> None:
    batch = "" if each.batch is None else f"  [{each.batch}]"
    say(f"{', '.join(each.builds)}{batch}", 4, state=colour)
    if each.why and len(each.builds) > 1:
        say(f"together: {each.why}", 6)
    if each.passed_by:
        say(f"let through by {', '.join(each.passed_by)}", 6)
    for reason in each.reasons[:MOST_LISTED]:
        say(reason, 6)
    for broken in each.breaks[:MOST_BREAKS]:
        say(broken, 8)
    if len(each.breaks) > MOST_BREAKS:
        say(f"and {len(each.breaks) - MOST_BREAKS} more: --json", 8)


def _few(title: str, lines: Sequence[str]) -> None:
    if lines:
        say(f"{title} ({len(lines)})", 2, bold=True)
    for line in lines[:MOST_LISTED]:
        say(line, 4)
    if len(lines) > MOST_LISTED:
        say(f"and {len(lines) - MOST_LISTED:,} more: --json", 4)
