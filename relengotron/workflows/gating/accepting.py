"""What is written and told of builds that have come into the target?"""

from collections.abc import Collection, Mapping
from types import MappingProxyType

from relengotron.messages import gate_build
from relengotron.model.gated import BuildState, GatedBuild
from relengotron.workflows.gating.allowed import allowed
from relengotron.workflows.gating.facts import facts_of, say, told_of
from relengotron.workflows.gating.gate import GateRun
from relengotron.workflows.gating.writing import settle

NO_TASKS: Mapping[str, int | None] = MappingProxyType({})


def accept(
    run: GateRun, builds: Collection[GatedBuild], reason: str, tasks: Mapping[str, int | None] = NO_TASKS
) -> None:
    """These builds are in the target, ``tasks`` moved them; everybody hears so at once, whatever becomes of others."""
    if not builds:
        return
    settle(run, builds, BuildState.ACCEPTED, reason)
    seen = allowed(run)
    before = {} if seen is None else seen.before
    people = _people(run, builds)
    for build, told in zip(builds, told_of(run, builds, before), strict=True):
        message = gate_build.accepted(
            facts_of(run),
            told,
            reason,
            before=before.get(build.package),
            koji_task_id=tasks.get(build.nvr),
            passed_by=people.get(build.nvr, ()),
        )
        say(run, f"accepted {build.nvr}", message)


def _people(run: GateRun, builds: Collection[GatedBuild]) -> dict[str, list[str]]:
    """By build who let it through; one person's word did nothing."""
    free = run.let_through(builds)
    passes = run.ledger.passes(free) if free else []
    return {nvr: [each.who for each in passes if each.nvr == nvr] for nvr in free}
