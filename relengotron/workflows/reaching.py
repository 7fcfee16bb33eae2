"""The step of a push that finds out what must be composed: exactly what changes, and why."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from relengotron.decisions import affected
from relengotron.decisions.affected import Reach
from relengotron.errors import MalformedInput, PluginBroken, RequestRefused
from relengotron.messages import outgoing
from relengotron.model.codec import to_json
from relengotron.model.outcome import Done, Failed, FailureKind, Hold, Outcome
from relengotron.model.rung import MOST_CHANGES_KEPT, Rung, RungName, Says
from relengotron.systems.koji.port import Build
from relengotron.workflows.climbing import Ladder
from relengotron.workflows.horizons import Horizons, after_mashing
from relengotron.workflows.mashing import mashed
from relengotron.workflows.push import Push, with_updates_left
from relengotron.workflows.sight import note_artifacts
from relengotron.workflows.survey import Survey, survey
from relengotron.workflows.trying import begun_anew

LOOKS_EVERY = timedelta(minutes=10)
"""To judge every artifact once more takes seconds of work; a person's retry is seen at once."""


@dataclass(frozen=True, slots=True)
class Reached:
    """Which artifacts the push reaches, and which not, with the reasons."""

    reaches: tuple[Reach, ...]

    def affects(self, artifact: str) -> bool:
        """Whether this artifact is to be composed."""
        return any(reach.artifact == artifact and reach.is_affected for reach in self.reaches)

    @property
    def sure(self) -> frozenset[str]:
        """The artifacts whose packages change for sure: the solver says so, and no manifest was edited."""
        return frozenset(reach.artifact for reach in self.reaches if _is_sure(reach))

    def follows(self, artifact: str) -> tuple[str, ...]:
        """The artifacts that it is composed for, and for nothing else."""
        return next((reach.follows for reach in self.reaches if reach.artifact == artifact), ())


def _is_sure(reach: Reach) -> bool:
    said = {rung.name: rung.says for rung in reach.rungs}
    was_edited = said.get(RungName.MANIFEST) is Says.CHANGED
    return reach.is_affected and not was_edited and said.get(RungName.SOLVED) is Says.CHANGED


@with_updates_left
def ensure_affected_artifacts_are_known(push: Push) -> Outcome:
    """For every artifact of the lane it is known whether the push changes it, and why or why not."""
    builds, patience = push.world.koji.builds(push.shipment().builds), push.settings.patience.gate
    retry = f"relengotron runs retry {push.engine.run.id}"
    try:
        judged = judge(push, builds, after_mashing(push, mashed(push)))
        note_artifacts(push, judged.survey, judged.reaches)
    except (RequestRefused, MalformedInput, PluginBroken) as refused:  # nothing is live: no reason to take moves back
        if push.is_late(patience):
            raise
        return push.hold((str(refused),), patience, retry, look_again=LOOKS_EVERY)
    reaches = judged.reaches
    for reach in reaches:
        _note(push, reach, judged.survey.told_by)
    impossible = tuple(f"{reach.artifact}: {reach.reason}" for reach in reaches if reach.is_impossible)
    undecided = _undecided(push, impossible) if impossible else None
    if undecided is not None:
        return undecided
    _say_skipped(push, reaches)  # not before: whoever tries again may find something else
    return Done(Reached(tuple(map(_as_needed_later, reaches))))


def _undecided(push: Push, impossible: tuple[str, ...]) -> Hold | Failed | None:
    """Wait for a person from the moment when it was found; None when people have tried again since: that decides."""
    now, attempt = push.now(), push.engine.run.attempt
    anew = begun_anew(push)  # that people ejected something meanwhile is no word about what is left
    key = "found not to be installable" if anew == 1 else f"found not to be installable since {anew}"
    found = push.engine.remember(key, lambda: {"attempt": attempt, "at": now.isoformat()})
    if attempt > found["attempt"]:
        return None
    deadline = datetime.fromisoformat(found["at"]) + push.settings.patience.gate
    if now >= deadline:  # a compose might take the older packages without a word: nobody said that this may ship
        return Failed(FailureKind.DEADLINE, f"nobody decided in time: {'; '.join(impossible)}")
    told = tuple(f"{each}; a retry composes it all the same" for each in impossible)
    retry = f"relengotron runs retry {push.engine.run.id}"
    return Hold(told, deadline, push.settings.owner, retry, look_again=LOOKS_EVERY)


@dataclass(frozen=True, slots=True)
class Judged:
    """What the builds of a push mean for every artifact of the lane, and what was seen of each."""

    reaches: tuple[Reach, ...]
    survey: Survey


def judge(push: Push, builds: Mapping[str, Build], horizons: Horizons) -> Judged:
    """Judge every artifact of the lane, and carry "affected" downstream."""
    packages = frozenset(name for build in builds.values() for name in build.binary_names)
    contained, told_by = _contained(push, packages)
    seen = survey(push, builds.values(), contained, told_by)
    ladder = Ladder(push, seen, horizons, push.world.repodata.frozen())
    alike = sorted(push.artifacts, key=lambda each: each.arches)  # one after the other they find the same pools warm
    return Judged(affected.travel(push.artifacts, {each.name: ladder.climb(each) for each in alike}), seen)


def _contained(push: Push, packages: frozenset[str]) -> tuple[dict[str, tuple[str, ...]], str]:
    """What PDC says: per artifact component the changed packages it contains; and how PDC was asked."""
    types = push.settings.systems.pdc.relation_types
    release = push.settings.release(push.lane.release).pdc_release
    known = push.relations.containing(release, packages, set(types.values()))
    contained: dict[str, set[str]] = {}
    for row in known.rows:
        contained.setdefault(row.artifact, set()).add(row.package)
    told_by = f"{known.source} ({known.trouble})" if known.trouble else known.source
    return {artifact: tuple(sorted(found)) for artifact, found in contained.items()}, told_by


def _as_needed_later(reach: Reach) -> Reach:
    """The evidence has every rung; the output of a step is read at each look of its run, so it holds the last word."""
    last = next((rung for rung in reversed(reach.rungs) if rung.changes), None)
    rungs = (replace(each, changes=each.changes[:MOST_CHANGES_KEPT] if each is last else ()) for each in reach.rungs)
    return replace(reach, packages=reach.packages[:MOST_CHANGES_KEPT], rungs=tuple(rungs))


def _say_skipped(push: Push, reaches: Iterable[Reach]) -> None:
    kinds = {each.name: each.kind for each in push.artifacts}
    for reach in reaches:
        if not reach.is_affected:
            name = reach.artifact
            told = outgoing.artifact_compose_skipped(push.facts(), name, reach.reason, kind=kinds[name])
            push.say(f"skipped {name}", told)


def _note(push: Push, reach: Reach, told_by: str) -> None:
    kind = next(each.kind for each in push.artifacts if each.name == reach.artifact)
    if reach.artifact in mashed(push):
        return
    state = "affected" if reach.is_affected else "skipped"
    push.engine.note("artifact", reach.artifact, state, reach.reason, facts_of(reach, kind) | {"contained": told_by})


def facts_of(reach: Reach, kind: str) -> dict[str, object]:
    """What is kept of a decision for ever: every rung with its source, and the packages."""
    return {
        "kind": kind,
        "packages": list(reach.packages[:MOST_CHANGES_KEPT]),
        "is_doubt": reach.is_doubt,
        "follows": list(reach.follows),
        "rungs": [_rung(rung) for rung in reach.rungs],
    }


def _rung(rung: Rung) -> dict[str, object]:
    changes = [to_json(change) for change in rung.changes[:MOST_CHANGES_KEPT]]
    return {
        "rung": str(rung.name),
        "says": str(rung.says),
        "reason": rung.reason,
        "source": rung.source,
        "changes": changes,
        "changes_in_all": len(rung.changes),
    }
