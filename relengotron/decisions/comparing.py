"""Did a run do what its plan said? Where it did not, which fact of the world is another one than it was?"""

from collections.abc import Iterable, Mapping

from relengotron.decisions import world_changes
from relengotron.model.deviation import Deviation
from relengotron.model.difference import Change
from relengotron.model.push_plan import Fate, Happened, LanePlan, Move, PlannedArtifact, Story
from relengotron.model.rung import MOST_CHANGES_KEPT, Says

NOT_YET = "the run has not come so far"
IN_DOUBT = "in doubt: "
FOLLOWS_FROM = "it follows from what is told above"
FAILED = "its compose failed, which no plan can know"
NAMES_SHOWN = 3


def compare(plan: LanePlan, run: Happened) -> tuple[Deviation, ...]:
    """Every difference, updates first, each with the facts that explain it."""
    updates = tuple(_updates(plan, run))
    moves = tuple(_moves(plan, run, updates))
    artifacts = tuple(_artifacts(plan, run, updates))
    before = (*updates, *moves, *artifacts)
    return (*before, *_tasks(plan, run, before), *_published(plan, run, before))


def _updates(plan: LanePlan, run: Happened) -> Iterable[Deviation]:
    planned = {update.alias: f"ships {', '.join(update.builds)}" for update in plan.ships}
    planned |= {each.alias or each.title: f"ejected: {each.reason}" for each in plan.ejected}
    happened = {update.alias: f"ships {', '.join(update.builds)}" for update in run.shipped}
    aliases = {update.title: update.alias for update in plan.ships}  # Bodhi may have been asked for its title only
    happened |= {each.alias or aliases.get(each.title, each.title): f"ejected: {each.reason}" for each in run.ejected}
    for name in sorted(planned.keys() | happened.keys()):
        said, did = planned.get(name, "not asked for"), happened.get(name, _missing(run))
        if said != did:
            yield Deviation("update", name, said, did, _about_update(plan, run, name))


def _missing(run: Happened) -> str:
    return "not asked for" if run.is_finished or run.shipped or run.ejected else "nothing yet"


def _about_update(plan: LanePlan, run: Happened, name: str) -> tuple[str, ...]:
    if not (run.shipped or run.ejected or run.is_finished):
        return (NOT_YET,)
    title = next((update.title for update in plan.ships if update.alias == name), name)
    found = list(world_changes.of_update(plan.sight, run.sight, name, title))
    ejected = next((each for each in run.ejected if name in (each.alias, each.title)), None)
    if ejected is not None:
        found += world_changes.of_builds(plan, ejected)
    return tuple(found)


def _moves(plan: LanePlan, run: Happened, updates: tuple[Deviation, ...]) -> Iterable[Deviation]:
    planned = {move.build: move for move in plan.moves}
    happened = {move.build: move for move in run.moves}
    builds = {build for update in run.shipped for build in update.builds}
    otherwise = {each.subject: each for each in updates}
    owners = {build: update.alias for update in (*plan.ships, *run.shipped) for build in update.builds}
    owners |= {build: ejected.alias for ejected in run.ejected for build in ejected.builds}
    for build in sorted(planned.keys() | happened.keys()):
        said, did = planned.get(build), happened.get(build)
        if said == did:
            continue
        because = _about_move(run, build, is_shipped=build in builds)
        update = otherwise.get(owners.get(build, ""))
        if update is not None and update.is_explained and NOT_YET not in update.because:
            because = (f"{update.subject} is told above", *because)
        if said is not None and did is not None:
            because = (f"Koji: it was in {did.source}, and in {said.source} when this was planned", *because)
        elif did is not None and build in plan.in_place:
            because = (f"Koji: it had left {did.target}, where it was when this was planned", *because)
        elif did is not None and build in plan.lost:
            because = (f"Koji: it was in {did.source}, and nowhere when this was planned", *because)
        yield Deviation("move", build, _where(said), _where(did), because)


def _about_move(run: Happened, build: str, *, is_shipped: bool) -> tuple[str, ...]:
    if build in run.in_place:
        return ("Koji: it was where it belongs already when the run looked",)
    if not run.is_finished and (is_shipped or not (run.shipped or run.ejected)):
        return (NOT_YET,)
    return ()


def _where(move: Move | None) -> str:
    return "not moved" if move is None else f"from {move.source} to {move.target}"


def _artifacts(plan: LanePlan, run: Happened, updates: tuple[Deviation, ...]) -> Iterable[Deviation]:
    planned = {each.name: each for each in plan.artifacts}
    different: dict[str, Deviation] = {}
    for name in (*planned, *(each for each in run.artifacts if each not in planned)):
        said, did = planned.get(name), run.artifacts.get(name)
        if _is_alike(said, did):
            continue
        because = _about_artifact(plan, run, said, did, name, updates, different)
        different[name] = Deviation("artifact", name, _planned_words(said), _words(did), because)
        yield different[name]


def _is_alike(said: PlannedArtifact | None, did: Story | None) -> bool:
    if said is None or did is None:
        return said is None and did is None
    is_done = did.fate is (Fate.COMPOSED if said.treatment.is_composed else Fate.SKIPPED)
    foreseen = said.changes[:MOST_CHANGES_KEPT]  # of a run no more are kept
    return is_done and (said.rung, said.follows, foreseen) == (did.rung, did.follows, did.changes)


def _about_artifact(
    plan: LanePlan,
    run: Happened,
    said: PlannedArtifact | None,
    did: Story | None,
    name: str,
    updates: tuple[Deviation, ...],
    different: Mapping[str, Deviation],
) -> tuple[str, ...]:
    if did is None or did.fate is Fate.PENDING:
        if not run.is_finished:
            return (NOT_YET,)
        return _why_it_ended(run, updates)
    doubts = _doubts_of_the_plan(said)
    if did.fate is Fate.FAILED:
        return (f"its compose failed; the plan had its doubts: {doubts[-1]}" if doubts else FAILED,)
    is_alike = world_changes.builds_of(plan.ships) == world_changes.builds_of(run.shipped)
    component = said.component if said is not None and is_alike else None
    found = list(world_changes.of_artifact(plan.sight, run.sight, name, component))
    found += _told_above([each.subject for each in updates if each.is_explained])
    followed = {*did.follows, *(said.follows if said is not None else ())}
    found += _told_above([each for each in followed if each in different and different[each].is_explained])
    found += world_changes.of_order(plan, run.shipped)
    found += _doubts(said, did)
    if did.fate is Fate.UNCHANGED:
        found.append("only its compose could tell that its content is what users have already")
    return tuple(found)


def _told_above(names: list[str]) -> list[str]:
    """One sentence, however many there are: each of them has its own lines."""
    if len(names) > NAMES_SHOWN:
        return [f"{', '.join(names[:NAMES_SHOWN])} and {len(names) - NAMES_SHOWN} more are told above"]
    return [f"{each} is told above" for each in names]


def _doubts_of_the_plan(said: PlannedArtifact | None) -> list[str]:
    return [rung.reason for rung in said.rungs if rung.says is Says.DOUBT] if said is not None else []


def _doubts(said: PlannedArtifact | None, did: Story) -> Iterable[str]:
    """Who could not read a repo or a file was in doubt, and whoever could knew better."""
    doubts = _doubts_of_the_plan(said)
    if doubts:
        yield f"the plan could not know: {doubts[-1]}"
    if did.reason.startswith(IN_DOUBT):
        yield f"the run was {did.reason}"


def _why_it_ended(run: Happened, updates: tuple[Deviation, ...]) -> tuple[str, ...]:
    if run.state in ("failed", "cancelled", "parked"):
        return (f"the run ended before: it is {run.state}",)
    return (FOLLOWS_FROM,) if any(each.is_explained for each in updates) else ()


def _planned_words(said: PlannedArtifact | None) -> str:
    return "not known" if said is None else f"{said.treatment}: {said.reason}{_count(said.changes)}"


def _words(did: Story | None) -> str:
    return "nothing" if did is None else f"{did.fate}: {did.reason}{_count(did.changes)}"


def _count(changes: tuple[Change, ...]) -> str:
    number = f"{len(changes)}{' or more' if len(changes) == MOST_CHANGES_KEPT else ''}"
    return f" ({number} package{' changes' if len(changes) == 1 else 's change'})" if changes else ""


def _tasks(plan: LanePlan, run: Happened, before: tuple[Deviation, ...]) -> Iterable[Deviation]:
    said, did = plan.tasks, dict(run.tasks)
    for method in sorted(said.keys() | did.keys()):
        if said.get(method, 0) != did.get(method, 0):
            because = _follows(run, before)
            if run.attempts > 1:
                because = (f"a person let the run try {run.attempts} times", *because)
            yield Deviation("tasks", method, str(said.get(method, 0)), str(did.get(method, 0)), because)


def _published(plan: LanePlan, run: Happened, before: tuple[Deviation, ...]) -> Iterable[Deviation]:
    targets = {each.name: each.target for each in plan.artifacts}
    said, did = {name: targets[name] for name in plan.published}, dict(run.published)
    for name in (*said, *(each for each in did if each not in said)):
        if said.get(name) != did.get(name):
            because = _follows(run, before)
            yield Deviation("published", name, said.get(name, "nowhere"), did.get(name, "nowhere"), because)
    if said == did and list(said) != list(did):
        yield Deviation("published", "the order", ", ".join(said), ", ".join(did), _follows(run, before))


def _follows(run: Happened, before: tuple[Deviation, ...]) -> tuple[str, ...]:
    if not run.is_finished:
        return (NOT_YET,)
    if run.state in ("failed", "cancelled", "parked"):
        return (f"the run ended before: it is {run.state}",)
    return (FOLLOWS_FROM,) if before and all(each.is_explained for each in before) else ()
