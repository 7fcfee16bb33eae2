"""May a push go live without some of its artifacts? All or nothing, unless each of those left behind may lag."""

from collections.abc import Collection, Iterable, Mapping

from relengotron.model.artifact import Artifact
from relengotron.model.gate import COMPOSE, GateAnswer, RequirementState, Verdict


def left_behind(
    artifacts: Iterable[Artifact], composed: Collection[str], unready: Mapping[str, str]
) -> dict[str, str] | None:
    """What stays behind and why, with all that this push made from it; None when something of that must not.

    ``artifacts`` come in an order in which they can be made; ``unready`` are the artifacts that are not ready, and why.
    """
    behind: dict[str, str] = {}
    for artifact in artifacts:
        sources = [name for name in artifact.made_from if name in behind]
        if artifact.name in unready:
            behind[artifact.name] = unready[artifact.name]
        elif artifact.name in composed and sources:
            behind[artifact.name] = f"made from {', '.join(sources)}, which is left behind"
        if artifact.name in behind and not artifact.may_lag:
            return None
    return behind if set(unready) <= set(behind) else None


def apart(artifact: Artifact) -> tuple[str, ...]:
    """What lets an artifact go live without the others of its push, in words for a plan."""
    lags = ("may be left behind",) if artifact.may_lag else ()
    return (*lags, _later(artifact)) if artifact.live_after else lags


def _later(artifact: Artifact) -> str:
    return f"it goes live {artifact.live_after.total_seconds() / 3600:g} h after the others"


def going_later(artifacts: Iterable[Artifact], composed: Collection[str]) -> dict[str, str]:
    """What is not to go live together with the others, and why."""
    later = (each for each in artifacts if each.name in composed and each.live_after)
    return {each.name: _later(each) for each in later}


def unready(answer: GateAnswer) -> dict[str, str] | None:
    """Which artifacts keep the gate from opening, and how; None when something else keeps it shut as well.

    What nobody can say, because a source is down, leaves nothing behind.
    """
    found: dict[str, list[str]] = {}
    for reason in answer.reasons:
        if reason.verdict is not Verdict.OPEN:
            if reason.requirement.type != COMPOSE or reason.state is RequirementState.SOURCE_DOWN:
                return None
            found.setdefault(reason.requirement.artifact, []).append(str(reason))
    return {name: "; ".join(why) for name, why in found.items()}


def of_artifact(answer: GateAnswer, artifact: str) -> tuple[str, ...]:
    """What keeps one artifact, and nothing else, from passing."""
    reasons = (each for each in answer.reasons if each.requirement.type == COMPOSE)
    return tuple(
        str(each) for each in reasons if each.requirement.artifact == artifact and each.verdict is not Verdict.OPEN
    )
