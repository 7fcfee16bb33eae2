"""May the builds of a batch move now? The gate must be open, no policy freezes it, and Koji's own policy agrees."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from shlex import quote
from typing import Final

from relengotron.model.gated import Closing, GatedBuild
from relengotron.model.outcome import GATES, Again, Done, Hold, Outcome, Watch
from relengotron.systems.koji.port import Standing
from relengotron.workflows.gating.allowed import Allowed
from relengotron.workflows.gating.arriving import look, still_before
from relengotron.workflows.gating.gate import GateRun
from relengotron.workflows.gating.judging import ensure_builds_have_verdicts
from relengotron.workflows.gating.question import shut_by_policy
from relengotron.workflows.gating.still_good import speaking_against
from relengotron.workflows.waiting import LOOKS_AFTER_POLLS

REFUSED_FOR_POLLS: Final = 5
"""Nobody tells when a tag is unlocked or a policy changed; all batches that wait for it ask."""


def ensure_builds_may_move(run: GateRun) -> Outcome:
    """The gate is open, no policy freezes it, and Koji's own policy lets us move every build."""
    builds = run.builds()
    shut = _shut(run, builds)
    if shut is not None:
        return shut
    stand = look(run, builds)
    left = still_before(run, builds, stand)
    refused = [f"Koji lets nobody move {each.nvr}: {why}" for each in left if (why := stand[each.nvr].refusal)]
    if refused:
        command = f"relengotron runs retry {run.engine.run.id}"
        held = run.hold(refused, run.settings.patience.hold, command, (Watch(GATES, run.name),))
        return replace(held, look_again=run.settings.pace.poll * REFUSED_FOR_POLLS)
    if bad := speaking_against(run, left):
        return Again(ensure_builds_have_verdicts.__name__, f"meanwhile {'; '.join(bad)}", anew=True)
    return Done(Allowed(run.now(), tuple(each.nvr for each in left), _before(left, stand)))


def _shut(run: GateRun, builds: Sequence[GatedBuild]) -> Outcome | None:
    """Why nothing passes, unless people let every build through whatever is said."""
    closings = run.ledger.closings()
    frozen = shut_by_policy(run, builds)
    if not closings and not frozen:
        return None
    free = run.let_through(builds)
    if len(free) == len(builds):
        return None
    if free:
        return Again(ensure_builds_have_verdicts.__name__, f"people let {', '.join(free)} through")
    return _closed(run, closings) if closings else _frozen(run, builds[0], frozen)


def _closed(run: GateRun, closings: Sequence[Closing]) -> Hold:
    """Everybody heard of it when the gate was closed, and needs not hear it again of every batch."""
    words = [_in_words(each) for each in closings]
    command = f"relengotron gate open {run.name} --reason TEXT"
    held = run.hold(words, run.settings.patience.hold, command, (Watch(GATES, run.name),))
    again = run.settings.pace.poll * LOOKS_AFTER_POLLS
    ends = [each.until - run.now() for each in closings if each.until is not None]
    return replace(held, look_again=min([again, *ends]), tell=False)


def _in_words(closing: Closing) -> str:
    until = "until somebody opens it" if closing.until is None else f"until {closing.until:%Y-%m-%d %H:%M} UTC"
    return f"gate {closing.gate} is closed {until}, by {closing.who}: {closing.why}"


def _frozen(run: GateRun, build: GatedBuild, frozen: Sequence[str]) -> Hold:
    command = f"relengotron gate pass {run.name} {quote(build.nvr)} --reason TEXT"
    held = run.hold(frozen, run.settings.patience.hold, command, (Watch(GATES, run.name),))
    return replace(held, look_again=run.settings.pace.poll)


def _before(builds: Sequence[GatedBuild], stand: Mapping[str, Standing]) -> dict[str, str]:
    latest = {each.package: stand[each.nvr].latest for each in builds}
    return {package: each.nvr for package, each in latest.items() if each is not None}
