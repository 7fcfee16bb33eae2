"""Which appointments does the configuration make, and what would keeping one do now?"""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from itertools import groupby
from pathlib import Path

from relengotron.model.appointment import Appointment
from relengotron.model.tree_care import FreshBranches, OldBranches, TreeCare
from relengotron.settings import Settings
from relengotron.settings import calendar as written
from relengotron.settings.systems import Ostree
from relengotron.systems.ostree.port import OstreeRepo
from relengotron.workflows.trees.archiving import archiving
from relengotron.workflows.trees.care import deltas_wanted, fresh_branches, heads_without_tag, old_branches
from relengotron.workflows.trees.collecting import collection
from relengotron.workflows.trees.merging import merge
from relengotron.workflows.trees.operation import Terms
from relengotron.workflows.trees.tagging import tagging


def appointments(settings: Settings) -> tuple[Appointment, ...]:
    """Everything that the calendar keeps, as the engine takes it."""
    return tuple(map(_appointment, settings.calendar))


def wanted_by(entry: written.Appointment) -> TreeCare:
    """What a run is asked for."""
    said = entry.trees
    return TreeCare(
        appointment=entry.name,
        repo=said.repo,
        check=said.check,
        merge=tuple(FreshBranches(each.refs, each.into) for each in said.merge),
        tag=said.tag,
        archive=tuple(OldBranches(each.refs, each.idle, each.into) for each in said.archive),
        collect=said.collect,
        deltas=said.deltas,
        deltas_for=said.deltas_for,
    )


def foreseen(
    entry: written.Appointment, open_repo: Callable[[Path], OstreeRepo], policy: Ostree, clock: Callable[[], datetime]
) -> Iterator[str]:
    """What a run would do now, a sentence for each effect, in its order; only looks."""
    wanted, terms = wanted_by(entry), Terms(timedelta(), clock)
    repo = open_repo(wanted.repo)
    if wanted.check:
        yield f"read every object of {repo.path}; what is broken holds the run before anything is changed"
    fresh = list(fresh_branches(repo, wanted))
    for each in fresh:
        yield from merge(repo, each.branch, each.into, terms, drop_branch=True).effects
    if fresh and wanted.tag:
        yield "then tag what the heads show"
    for head in () if fresh else heads_without_tag(repo, wanted):
        yield from tagging(repo, head.tag, head.commit).effects
    leaving = {old.ref: old.into for old in old_branches(repo, wanted, clock())}
    for ref, into in leaving.items():
        yield from archiving(repo, ref, open_repo(into), terms, delete=True).effects
    if fresh and wanted.collect:
        yield "then collect what has become garbage by that"
    elif wanted.collect:
        yield from collection(repo, policy, terms, leaving=frozenset(leaving)).effects
    for ref, wanting in groupby(deltas_wanted(repo, wanted), lambda each: each.ref):
        if ref not in leaving:
            yield f"make {sum(1 for _ in wanting)} static deltas to the head of {ref}"


def _appointment(entry: written.Appointment) -> Appointment:
    wanted = wanted_by(entry)
    return Appointment(entry.name, entry.rhythm, entry.workflow, wanted.lane, wanted)
