"""Which facts of the world are other ones than a plan saw? Two sights of it in, sentences out."""

import re
from collections.abc import Iterable, Mapping, Sequence

from relengotron.model.batch import Ejected, Update
from relengotron.model.nvr import Nvr
from relengotron.model.push_plan import LanePlan, SeenUpdate, Sight

MOST_NAMED = 5
_DIGEST = re.compile("[0-9a-f]{64}")


def of_update(planned: Sight, happened: Sight, name: str, title: str) -> Iterable[str]:
    """What Bodhi says otherwise of one update; that it locks an update as its push begins is no news."""
    if not happened.updates:
        return
    if name not in happened.updates and title in happened.updates:
        yield f"Bodhi: it knows no update {title} any more"
        return
    if name not in planned.updates or name not in happened.updates:
        asked = "the plan" if name in planned.updates else "the push"
        yield f"only {asked} was asked for it"
        return
    before, after = planned.updates[name], happened.updates[name]
    if before is None and after is not None:
        yield "Bodhi: it did not know it, and knows it now"
    elif before is not None and after is None:
        yield "Bodhi: it knows it no more"
    elif before is not None and after is not None:
        yield from _of_known_update(before, after)


def of_builds(plan: LanePlan, ejected: Ejected) -> Iterable[str]:
    """What Koji says otherwise of the builds of an update that was left behind; its own words are the fact."""
    warned = [build for build in ejected.builds if build in plan.unsigned or build in plan.lost]
    if warned:
        yield f"the plan said that {', '.join(warned)} would hold the push, and nobody mended it in time"
    elif any(update.alias == ejected.alias for update in plan.ships) and _is_about_builds(ejected):
        yield f"Koji: {ejected.reason}"


def of_order(plan: LanePlan, shipped: Sequence[Update]) -> Iterable[str]:
    """Whether another build of a package is the last one that came to its tag, which is the one that repos show."""
    before, after = _last_of_each(plan.ships), _last_of_each(shipped)
    for package in sorted(before.keys() & after.keys()):
        if before[package] != after[package] and {before[package], after[package]} <= builds_of(plan.ships):
            yield f"the updates ship in another order: of {package} {after[package]} comes last"


def of_artifact(planned: Sight, happened: Sight, name: str, component: str | None) -> Iterable[str]:
    """What is otherwise of one artifact, of what PDC says of it, of its configuration, and of the repos.

    ``component`` is None where PDC was not asked about it, or not about the same packages.
    """
    if not happened.configuration:
        return
    yield from _one(planned.configuration, happened.configuration, "", "the lane is configured otherwise")
    yield from _one(planned.configuration, happened.configuration, name, "it is configured otherwise")
    yield from _one(planned.live, happened.live, name, "what is live of it is another one")
    yield from _one(planned.wished, happened.wished, name, "its manifest was edited")
    known = component or ""
    before, after = planned.contained.get(known, ()), happened.contained.get(known, ())
    if component is not None and before != after:
        yield f"PDC says that {component} contains {_some(after)}, and said {_some(before)}"
    moved = [
        url
        for url in sorted(planned.revisions.keys() & happened.revisions.keys())
        if planned.revisions[url] != happened.revisions[url]
    ]
    if moved:
        yield f"the repos {_some(moved)} show another revision"


def _of_known_update(before: SeenUpdate, after: SeenUpdate) -> Iterable[str]:
    if before.builds != after.builds:
        yield f"Bodhi: it was edited, its builds are {_some(after.builds)} and were {_some(before.builds)}"
    if before.request != after.request:
        yield f"Bodhi: its request is {after.request or 'withdrawn'} and was {before.request or 'withdrawn'}"
    if before.release != after.release:
        yield f"Bodhi: it belongs to {after.release} and belonged to {before.release}"
    if before.is_locked and not after.is_locked:
        yield "Bodhi: it is not locked any more"
    elif not before.is_locked and not after.is_locked:
        yield "Bodhi: it did not lock it"


def _is_about_builds(ejected: Ejected) -> bool:
    return any(build in ejected.reason for build in ejected.builds)


def _one(before: Mapping[str, str], after: Mapping[str, str], name: str, words: str) -> Iterable[str]:
    if before.get(name) != after.get(name):
        was, became = (_short(each.get(name, "nothing")) for each in (before, after))
        yield f"{words} ({was} → {became})"


def _short(text: str) -> str:
    return text[:12] if _DIGEST.fullmatch(text) else text


def _some(names: Iterable[str]) -> str:
    names = list(names)
    if not names:
        return "nothing"
    more = f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
    return ", ".join(names[:MOST_NAMED]) + more


def _last_of_each(updates: Iterable[Update]) -> dict[str, str]:
    return {Nvr.parse(build).name: build for update in updates for build in update.builds}


def builds_of(updates: Iterable[Update]) -> frozenset[str]:
    """Every build of these updates."""
    return frozenset(build for update in updates for build in update.builds)
