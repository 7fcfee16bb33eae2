"""Which artifacts does a push reach, and how sure are we? The rungs of each are judged; "affected" travels on."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from relengotron.model.artifact import Artifact
from relengotron.model.rung import Rung, RungName, Says


@dataclass(frozen=True, slots=True)
class Reach:
    """Whether an artifact is composed, and why or why not.

    ``follows`` are the artifacts that it is only composed for: when none of them changes after all, it does not either.
    ``is_doubt`` marks what is composed because nobody could be sure; ``is_impossible`` what a compose would fail at.
    """

    artifact: str
    is_affected: bool
    reason: str
    packages: tuple[str, ...] = ()
    follows: tuple[str, ...] = ()
    is_doubt: bool = False
    is_impossible: bool = False
    rungs: tuple[Rung, ...] = ()


def in_doubt(artifact: str, why: str) -> Reach:
    """Nobody can say whether it is affected: it is composed, and says that it was doubt."""
    return Reach(artifact, True, f"in doubt: {why}", is_doubt=True)


def climb(artifact: str, rungs: Sequence[Rung]) -> Reach:
    """Judge one artifact by itself; the surest rung decides, and what nobody is sure of is composed."""
    said = {rung.name: rung for rung in rungs}
    decisive = _decisive(said)
    if decisive is None or decisive.says is Says.DOUBT:
        return _reach(artifact, decisive or _doubt(), rungs, is_affected=True, is_doubt=True)
    match decisive.says:
        case Says.CHANGED:
            return _reach(artifact, decisive, rungs, is_affected=True)
        case Says.IMPOSSIBLE:
            return _reach(artifact, decisive, rungs, is_affected=True, is_impossible=True)
        case Says.UNCHANGED:
            return _reach(artifact, decisive, rungs, is_affected=False)


def travel(artifacts: Iterable[Artifact], own: Mapping[str, Reach]) -> tuple[Reach, ...]:
    """Carry "affected" downstream; ``artifacts`` come in an order in which they can be made.

    A repo shows every push and says nothing about trees made from it; everything else passes it on.
    """
    known = {artifact.name: artifact for artifact in artifacts}
    reached: dict[str, Reach] = {}
    for artifact in known.values():
        reach = own[artifact.name]
        sources = tuple(name for name in artifact.made_from if reached[name].is_affected and not known[name].is_repo)
        if sources and not reach.is_affected:
            reason = f"made from {', '.join(sources)}, which changes"
            reach = Reach(artifact.name, True, reason, follows=sources, rungs=reach.rungs)
        reached[artifact.name] = reach
    return tuple(reached.values())


def _decisive(said: Mapping[RungName, Rung]) -> Rung | None:
    """What cannot be installed comes first; then an edited manifest, which is sure by itself; then the surest rung.

    The solver is surer than names, unless the new repo itself is in doubt. Own detection and content have their say
    later, where the artifact is composed.
    """
    manifest, solved, lists = (said.get(name) for name in (RungName.MANIFEST, RungName.SOLVED, RungName.LISTS))
    if solved is not None and solved.says is Says.IMPOSSIBLE:
        return solved
    for sure in (manifest, said.get(RungName.SOURCES)):
        if sure is not None and sure.says is Says.CHANGED:
            return sure
    if lists is not None and lists.says is Says.DOUBT:
        return lists
    surest = _surest(said)
    if manifest is not None and manifest.says is Says.DOUBT and (surest is None or surest.says is Says.UNCHANGED):
        return manifest
    return surest


def _surest(said: Mapping[RungName, Rung]) -> Rung | None:
    solved = said.get(RungName.SOLVED)
    if solved is not None and solved.says is not Says.DOUBT:
        return solved
    simple = [said[name] for name in (RungName.NAMES, RungName.LISTS) if name in said]
    changed = next((rung for rung in simple if rung.says is Says.CHANGED), None)
    if changed is not None or solved is not None:
        return changed or solved
    return next((rung for rung in simple if rung.says is Says.DOUBT), simple[0] if simple else None)


def _doubt() -> Rung:
    return Rung(RungName.NAMES, Says.DOUBT, "nobody can say what is in it")


def _reach(
    artifact: str,
    decisive: Rung,
    rungs: Sequence[Rung],
    *,
    is_affected: bool,
    is_doubt: bool = False,
    is_impossible: bool = False,
) -> Reach:
    reason = f"in doubt: {decisive.reason}" if is_doubt else decisive.reason
    packages = tuple(dict.fromkeys(change.name for change in decisive.changes))
    return Reach(artifact, is_affected, reason, packages, (), is_doubt, is_impossible, tuple(rungs))
