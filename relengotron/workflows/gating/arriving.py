"""Are the builds of a batch before the gate, and are the older ones of their packages out of the way?"""

from collections.abc import Collection, Iterable, Mapping
from datetime import timedelta
from typing import Final

from relengotron.decisions.superseding import Contender, is_newer, superseded
from relengotron.model.gated import UNSETTLED, BuildState, GatedBuild
from relengotron.model.nvr import Nvr
from relengotron.model.outcome import Done, Outcome, Skipped
from relengotron.systems.koji.port import Standing
from relengotron.workflows.gating.elsewhere import let_go, say_superseded, supersede, untag
from relengotron.workflows.gating.gate import GateRun

HERE_OR_THROUGH: Final = (*UNSETTLED, BuildState.ACCEPTED)
"""What may make a build outdated; whether the target has it still is asked of Koji."""
SEEN_FOR: Final = timedelta(minutes=1)
"""So long nobody needs to look at the tags once more: a wrong guess costs a task of Koji that fails."""
OLDER: Final = "older builds that leave"


def ensure_builds_are_pending(run: GateRun) -> Outcome:
    """Every build of the batch is in the pending tag, and neither the gate nor the target has a newer one."""
    builds = run.builds()
    newer = newer_at_the_gate(run, builds, HERE_OR_THROUGH)
    if _were_just_seen(run, builds) and not any(each.nvr in newer for each in builds):
        return Done([each.nvr for each in builds])
    stand = look(run, builds)
    left = still_before(run, builds, stand)
    outdated = newer_at_the_gate(run, builds)
    for build in left:
        if build.nvr in outdated:
            supersede(run, build, outdated[build.nvr])
    return Done([each.nvr for each in left if each.nvr not in outdated])


def ensure_older_builds_are_out(run: GateRun) -> Outcome:
    """No older build of the batch's packages is pending or in quarantine any more."""
    rows = run.ledger.of_packages({Nvr.parse(nvr).name for nvr in run.batch.builds}, (BuildState.SUPERSEDED,))
    older = {each.nvr: each for each in rows}
    if not older:
        return Skipped("no older build was at the gate")
    tags = run.world.koji.tags_of(older)
    left = {nvr: sorted(tags[nvr] & {run.gate.pending, run.gate.quarantine}) for nvr in older}
    found = {nvr: several for nvr, several in left.items() if several}
    for nvr in found:
        run.engine.remember(f"{OLDER} {nvr}", lambda: True)
    untag(run, found)
    # Also those of which nobody has heard because the power went after they were out.
    out = [nvr for key in run.engine.decisions(OLDER) if (nvr := key.removeprefix(f"{OLDER} ")) in older]
    for nvr in out:
        reason = older[nvr].reason
        say_superseded(run, older[nvr], reason.partition(" ")[0], reason)
    return Done(sorted(out))


def look(run: GateRun, builds: Iterable[GatedBuild]) -> Mapping[str, Standing]:
    """What Koji says of every build before it is moved to the target; one request."""
    pending, target, _ = run.gate.tags
    return run.world.koji.before_moves([(each.nvr, pending, target) for each in builds])


def still_before(run: GateRun, builds: Collection[GatedBuild], stand: Mapping[str, Standing]) -> list[GatedBuild]:
    """The builds that are where the gate left them and newer than what the target has; the others are let go."""
    gone = let_go(run, builds, {nvr: each.tags for nvr, each in stand.items()})
    left = [each for each in builds if each.nvr not in gone]
    newer = {each.nvr: newer for each in left if (newer := _newer_in_target(each, stand[each.nvr])) is not None}
    for each in left:
        if each.nvr in newer:
            supersede(run, each, newer[each.nvr])
    return [each for each in left if each.nvr not in newer]


def contender(build: GatedBuild) -> Contender:
    """A build, as it is compared with others of its package; of two alike the one that came later counts."""
    return Contender(build.nvr, build.package, build.epoch, int(build.arrived_at.timestamp() * 1_000_000))


def _were_just_seen(run: GateRun, builds: Iterable[GatedBuild]) -> bool:
    """Whether the keeper of the gate saw these builds in the pending tag a moment ago, when it opened the batch."""
    return run.batch.parent is None and all(run.now() - each.since < SEEN_FOR for each in builds)


def newer_at_the_gate(
    run: GateRun, builds: Iterable[GatedBuild], states: Collection[BuildState] = UNSETTLED
) -> Mapping[str, str]:
    """By each build of these packages that is out of date the newest one that stands so."""
    return superseded(map(contender, run.ledger.of_packages({each.package for each in builds}, states)))


def _newer_in_target(build: GatedBuild, stand: Standing) -> str | None:
    latest = stand.latest
    if latest is None or latest.nvr == build.nvr:
        return None
    there = Contender(latest.nvr, build.package, latest.epoch)
    here = Contender(build.nvr, build.package, build.epoch, place=1)
    return latest.nvr if is_newer(there, here) else None
