"""How long will it still take, and what will it cost, if it goes as it went before?"""

from collections.abc import Iterable, Sequence
from datetime import timedelta
from statistics import median

from relengotron.model.estimate import Cost, Estimate, Eta, Past, PastComposes, Walk

HOUR = timedelta(hours=1)
TENTH = 10
"""With so many measurements a tenth is left out at each end; with fewer the range holds them all."""


def estimate(measured: Iterable[float]) -> Estimate | None:
    """The middle and the range of what was measured, None where nothing was."""
    ordered = sorted(measured)
    if not ordered:
        return None
    outside = len(ordered) // TENTH
    return Estimate(median(ordered), ordered[outside], ordered[-1 - outside], len(ordered))


def remaining(coming: Sequence[str], past: Past, elapsed: timedelta = timedelta()) -> Eta:
    """How long these steps take together; the first has been at work for ``elapsed``.

    What each former run needed for all of them is summed up first, so that the range is one of whole runs: the sum of
    the slowest steps of many runs would be a run that never was. What a former run skipped counts as it usually is.
    """
    took = {step: [walk[step].total_seconds() for walk in past.walks if step in walk] for step in coming}
    unknown = tuple(step for step in coming if not took[step])
    if len(unknown) == len(coming):
        return Eta(None, past.scope, unknown)
    usual = {step: median(measured) for step, measured in took.items() if measured}
    rests = (_rest(walk, coming[0], usual, max(elapsed.total_seconds(), 0.0)) for walk in past.walks)
    present = took[coming[0]]
    is_slower = bool(present) and elapsed.total_seconds() > max(present)
    return Eta(estimate(rests), past.scope, unknown, len(present) if is_slower else 0)


def compose_eta(artifact: str, kind: str, past: PastComposes) -> Eta:
    """How long the compose of an artifact takes; where it was never composed, as long as others of its kind."""
    alike = past.composes.get(artifact) or past.of_kind(kind)
    return Eta(estimate(each.took.total_seconds() for each in alike), past.scope)


def cost(kind: str, past: PastComposes) -> Cost | None:
    """What one compose of an artifact of this kind costs, all tries together; None where there was none."""
    alike = past.of_kind(kind)
    tasks, hours = estimate(each.tasks for each in alike), estimate(each.task_time / HOUR for each in alike)
    return None if tasks is None or hours is None else Cost(tasks, hours)


def _rest(walk: Walk, present: str, usual: dict[str, float], elapsed: float) -> float:
    took = {step: walk[step].total_seconds() if step in walk else usually for step, usually in usual.items()}
    if present in took:
        took[present] = max(took[present] - elapsed, 0.0)
    return sum(took.values())
