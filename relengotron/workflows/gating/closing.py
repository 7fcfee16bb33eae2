"""Would the target lose what it requires? Who would break it waits for what mends it, and is blamed in the end."""

from collections.abc import Collection, Iterable, Sequence
from shlex import quote
from typing import Final

from relengotron.decisions import breaking
from relengotron.decisions.breaking import Broken
from relengotron.decisions.connecting import connections
from relengotron.model.closure import WAITS_FOR, Break
from relengotron.model.gated import BuildState, GateBatch, GatedBuild, batch_id
from relengotron.model.judgement import Closedness
from relengotron.model.outcome import TAGS, Done, Hold, Outcome, Running, Skipped, Watch
from relengotron.workflows.gating.closed import Closure, breaks_of
from relengotron.workflows.gating.gate import GateRun
from relengotron.workflows.gating.parting import part

__all__ = ["breaks_of", "ensure_the_target_stays_closed"]

MOST_SHOWN: Final = 40
"""So many broken packages are named to people; all that could be noted of a gone C library helps nobody."""
OTHERS_ASKED: Final = 500
LOOKS_MISSED: Final = 3
LOOKS_OF_OTHERS: Final = 4
"""So many rounds it takes until what came while nobody looked is seen, waits too, and is brought together with this."""


def ensure_the_target_stays_closed(run: GateRun) -> Outcome:
    """Nothing that is in the target loses what it requires when the builds of the batch come."""
    if not run.gate.repos:
        return Skipped(f"gate {run.name} names no repos that show {run.gate.target}")
    builds = run.builds()
    if run.let_through(builds):
        return Done(Closedness())  # they go on at once, and the others are looked at without them
    closure = Closure(run, [each.nvr for each in builds])
    breaks = closure.breaks([each.nvr for each in builds])
    if breaks:
        return _broken(run, closure, builds, breaks)
    return _wait_for_those_in_flight(run, closure, builds) or _closed(run, closure, builds)


def _closed(run: GateRun, closure: Closure, builds: Sequence[GatedBuild]) -> Done:
    """What holds together is known from now on: it is not torn apart if the batch is divided."""
    return Done(Closedness(groups=_groups(closure, builds)))


def _wait_for_those_in_flight(run: GateRun, closure: Closure, builds: Sequence[GatedBuild]) -> Outcome | None:
    """What holds only once others have landed waits until they have; if they never do, it would break."""
    if not closure.in_flight:
        return None
    breaks = closure.breaks([each.nvr for each in builds], with_those_in_flight=False)
    if not breaks:
        return None
    lines = breaking.package_by_package(breaks)
    names = ", ".join(closure.in_flight[:MOST_SHOWN])
    words = f"until {names} are in {run.gate.target}: else {lines[0]}"
    watches = tuple(Watch(TAGS, nvr) for nvr in closure.in_flight[:MOST_SHOWN])
    return Running(words, watches, run.settings.pace.poll)


def _broken(run: GateRun, closure: Closure, builds: Sequence[GatedBuild], breaks: Sequence[Break]) -> Outcome:
    lines = breaking.package_by_package(breaks)
    _note(run, lines)
    if not run.is_late(run.gate.wait_for_dependants) or _slept(run):
        _let_strangers_go_on(run, closure, builds)
        return _wait_for_dependants(run, closure, builds, breaks, lines)
    packages = {each.nvr: each.package for each in builds}
    blamed = breaking.to_blame(breaks, packages, lambda nvr: closure.breaks(packages.keys() - {nvr}))
    return Done(Closedness(tuple(breaking.suspicions(blamed, MOST_SHOWN)), _groups(closure, builds)))


def _let_strangers_go_on(run: GateRun, closure: Closure, builds: Sequence[GatedBuild]) -> None:
    """Who only came together with what breaks something does not wait for what mends it."""
    strangers = _strangers(closure, builds) if run.engine.step not in run.engine.steps else ()
    if strangers:
        name, why = batch_id(run.name, strangers, run.batch.id), f"without what {run.batch.id} waits for"
        part(run, GateBatch(run.name, name, strangers, why, run.batch.id, run.batch.round))


def _strangers(closure: Closure, builds: Sequence[GatedBuild]) -> tuple[str, ...]:
    """The builds that break nothing, alone or together, and that none of the others needs."""
    bound = {nvr for group in _groups(closure, builds) for nvr in group}
    found = tuple(each.nvr for each in builds if each.nvr not in bound and not closure.breaks([each.nvr]))
    return found if 0 < len(found) < len(builds) and not closure.breaks(found) else ()


def _wait_for_dependants(
    run: GateRun, closure: Closure, builds: Sequence[GatedBuild], breaks: Sequence[Break], lines: Sequence[Broken]
) -> Hold:
    """The keeper of the gate reads from the journal what would mend it, and brings it together with this batch."""
    deadline = run.engine.step_started_at + run.gate.wait_for_dependants
    command = f"relengotron gate pass {run.name} {quote(builds[0].nvr)} --reason TEXT"
    offering = _offering(run, closure, builds, breaks)
    named = ", ".join(sorted(offering | {each.source for each in breaks if not each.is_new}))
    run.engine.note("batch", run.batch.id, WAITS_FOR, f"for {named}", {"packages": sorted(offering)})
    poll = run.settings.pace.poll
    again = poll * LOOKS_OF_OTHERS if deadline <= run.now() else min(poll, deadline - run.now())
    return Hold(_shown(lines), deadline, run.owner, command, look_again=again)


def _slept(run: GateRun) -> bool:
    """Whether this look comes much later than it was meant to: what mends it may have come, and is to be seen first."""
    known, wanted = run.engine.steps.get(run.engine.step), run.engine.run.look_again_at
    if known is None or wanted is None:
        return False
    return known.troubles > 0 or run.now() - wanted > run.settings.pace.poll * LOOKS_MISSED


def _offering(run: GateRun, closure: Closure, builds: Sequence[GatedBuild], breaks: Sequence[Break]) -> frozenset[str]:
    """The packages of the builds at the gate that provide what those of the batch lack.

    A new build of a package that the batch would break is not one of them: if it is made for the batch it lacks
    something that the batch has, and waits for that; if not, it is a stranger and goes its own way.
    """
    own = {each.nvr for each in builds}
    others = [each for each in run.ledger.at(BuildState.ARRIVED, BuildState.TESTING) if each.nvr not in own]
    packages = {each.nvr: each.package for each in others[-OTHERS_ASKED:]}
    offered = closure.offers(packages.keys(), [each for each in breaks if each.is_new])
    found = {packages[nvr] for nvrs in offered.values() for nvr in nvrs}
    return frozenset(found - {each.package for each in builds})


def _groups(closure: Closure, builds: Sequence[GatedBuild]) -> tuple[tuple[str, ...], ...]:
    """Which builds of the batch go together or not at all."""
    if len(builds) == 1:
        return ()
    packages = {each.nvr: each.package for each in builds}
    alone = {nvr: closure.breaks([nvr]) for nvr in packages}
    offered = closure.offers(packages.keys(), (each for breaks in alone.values() for each in breaks))
    return connections(alone, packages, offered)


def _note(run: GateRun, lines: Iterable[Broken]) -> None:
    for each in list(lines)[:MOST_SHOWN]:
        facts = {"source": each.source, "requires": list(each.requirements), "arches": list(each.arches)}
        run.engine.note("package", each.package, "broken", str(each), facts)


def _shown(lines: Collection[Broken]) -> tuple[str, ...]:
    more = len(lines) - MOST_SHOWN
    shown = tuple(str(each) for each in list(lines)[:MOST_SHOWN])
    return (*shown, f"and {more} packages more") if more > 0 else shown
