"""What does a push mean for one artifact: is it composed, why, from what, by which tasks?"""

import logging
import re
from collections.abc import Iterable
from typing import Final

from relengotron.decisions import estimating, lagging, rolling_out
from relengotron.decisions.affected import Reach
from relengotron.errors import RelengError
from relengotron.model.artifact import Artifact, Built
from relengotron.model.difference import Change
from relengotron.model.estimate import PastComposes
from relengotron.model.push_plan import PlannedArtifact, Task, Treatment
from relengotron.model.rung import RungName
from relengotron.workflows.gate_question import required_of
from relengotron.workflows.making import live
from relengotron.workflows.push import Push

log = logging.getLogger(__name__)

_TASK: Final = re.compile(r"Koji task (\w+)\b")
"""How plugins begin the sentence about a task; see docs/plugins.md."""


def planned(push: Push, artifact: Artifact, reach: Reach, past: PastComposes) -> PlannedArtifact:
    """The artifact with what decided about it, and with what its compose takes if there is one."""
    treatment = treatment_of(reach)
    effects, trouble = _effects(push, artifact) if treatment.is_composed else ((), "")
    return PlannedArtifact(
        name=artifact.name,
        kind=artifact.kind,
        treatment=treatment,
        reason=reach.reason,
        rung=decisive(reach),
        follows=reach.follows,
        changes=changes_of(reach),
        rungs=reach.rungs,
        effects=effects,
        tasks=_tasks(artifact, effects),
        required_tests=required_of(push, artifact),
        target=artifact.target,
        component=artifact.component,
        eta=estimating.compose_eta(artifact.name, artifact.kind, past) if treatment.is_composed else None,
        trouble=trouble,
        apart=(*lagging.apart(artifact), *rolling_out.in_words(artifact.rollout)),
    )


def treatment_of(reach: Reach) -> Treatment:
    """One word for what becomes of it."""
    if reach.is_impossible:
        return Treatment.IMPOSSIBLE
    if reach.is_doubt:
        return Treatment.DOUBT
    if reach.follows:
        return Treatment.FOLLOWS
    return Treatment.COMPOSE if reach.is_affected else Treatment.SKIP


def decisive(reach: Reach) -> RungName | None:
    """The rung whose word was taken."""
    spoken = (rung.name for rung in reach.rungs if reach.reason in (rung.reason, f"in doubt: {rung.reason}"))
    return next(spoken, None)


def changes_of(reach: Reach) -> tuple[Change, ...]:
    """The packages that change, as the surest rung that names any knows them."""
    return next((rung.changes for rung in reversed(reach.rungs) if rung.changes), ())


def _effects(push: Push, artifact: Artifact) -> tuple[tuple[str, ...], str]:
    """What its plugin says that a compose would do, or why nobody can tell."""
    plugin = push.plugins.by_kind.get(artifact.kind)
    if plugin is None:
        return (), f"no plugin for kind {artifact.kind!r} is installed"
    try:
        return plugin.plan(artifact, push.bench(artifact, _inputs(push, artifact))).effects, ""
    except RelengError as trouble:
        log.info("a plugin cannot plan", extra={"artifact": artifact.name, "trouble": str(trouble)})
        return (), f"its compose cannot be planned: {trouble}"


def _inputs(push: Push, artifact: Artifact) -> dict[str, Built]:
    """What it is made from as it is live: that of this push does not exist yet."""
    found = {name: live(push, name) for name in artifact.made_from}
    return {name: built for name, built in found.items() if built is not None}


def _tasks(artifact: Artifact, effects: Iterable[str]) -> tuple[Task, ...]:
    said = ((_TASK.match(each), each) for each in effects)
    return tuple(Task(found[1], artifact.arches, sentence) for found, sentence in said if found is not None)
