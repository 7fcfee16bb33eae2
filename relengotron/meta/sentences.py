"""In one sentence: what happened to a push, an artifact, a rollback or a repo of trees?"""

from collections.abc import Callable, Mapping
from typing import Final

from relengotron.meta.said import Said
from relengotron.meta.words import because, count, series

Sentence = Callable[[Said], str]


def _started(said: Said) -> str:
    updates = count(len(said.entries("updates")), "update")
    urgent = ", security fixes among them" if said.is_true("security") else ""
    return f"{_who(said)} started the push of {updates} to {_lane(said)}{urgent}"


def _asked(said: Said) -> str:
    lanes = [f"{each.text('release')}/{each.text('request')}" for each in said.entries("batches")]
    return f"{_who(said)} asked for a push to {series(lanes)}"


def _stepped(said: Said) -> str:
    step = said.text("step").removeprefix("ensure_").replace("_", " ") or "a step"
    return because(f"push to {_lane(said)}, {step}: {said.text('state') or 'changed'}", said.text("reason"))


def _waits(said: Said) -> str:
    return because(f"the push to {_lane(said)} waits", said.text("reason"))


def _ejected(said: Said) -> str:
    title = said.inside("update").text("title") or "an update"
    return because(f"{title} was thrown out of the push to {_lane(said)}", said.text("reason"))


def _completed(said: Said) -> str:
    outcomes = [each.text("outcome") for each in said.entries("updates")]
    ejected = outcomes.count("ejected")
    but = f", {ejected} thrown out" if ejected else ""
    return f"the push to {_lane(said)} is complete: {count(outcomes.count('pushed'), 'update')} pushed{but}"


def _push_failed(said: Said) -> str:
    return because(f"the push to {_lane(said)} failed", said.text("reason"))


def _composing(said: Said) -> str:
    return because(f"the compose of {_artifact(said)} has started", said.text("reason"))


def _composed(said: Said) -> str:
    return f"{_artifact(said)} was composed"


def _compose_failed(said: Said) -> str:
    return because(f"the compose of {_artifact(said)} failed", said.text("reason"))


def _skipped(said: Said) -> str:
    return because(f"{_artifact(said)} was not composed", said.text("reason"))


def _published(said: Said) -> str:
    return f"{_artifact(said)} is live"


def _withdrawn(said: Said) -> str:
    return because(f"{_artifact(said)} was withdrawn", said.text("reason"))


def _goes_back(said: Said) -> str:
    return because(f"{_who(said)} takes back what a push to {_lane(said)} had published", said.text("reason"))


def _rollback_waits(said: Said) -> str:
    return because(f"the rollback of {_lane(said)} waits", said.text("reason"))


def _went_back(said: Said) -> str:
    went = count(len(said.entries("results")), "artifact")
    return because(f"the rollback of {_lane(said)} is complete, {went} went back", said.text("reason"))


def _rollback_failed(said: Said) -> str:
    return because(f"the rollback of {_lane(said)} failed", said.text("reason"))


def _cared(said: Said) -> str:
    repo, state = said.text("repo") or "a repo of trees", said.text("state")
    states = {"complete": "was looked after", "held": "waits for a person", "cancelled": "is left alone"}
    return because(f"{repo} {states.get(state, 'could not be looked after')}", said.text("reason"))


def _who(said: Said) -> str:
    return said.text("agent") or "somebody"


def _lane(said: Said) -> str:
    return said.text("lane") or "a release"


def _artifact(said: Said) -> str:
    return said.text("artifact") or "an artifact"


SENTENCES: Final[Mapping[str, Sentence]] = {
    "push.request": _asked,
    "push.start": _started,
    "push.step": _stepped,
    "push.hold": _waits,
    "push.eject": _ejected,
    "push.complete": _completed,
    "push.failed": _push_failed,
    "artifact.compose.start": _composing,
    "artifact.compose.complete": _composed,
    "artifact.compose.failed": _compose_failed,
    "artifact.compose.skipped": _skipped,
    "artifact.published": _published,
    "artifact.withdrawn": _withdrawn,
    "rollback.start": _goes_back,
    "rollback.hold": _rollback_waits,
    "rollback.complete": _went_back,
    "rollback.failed": _rollback_failed,
    "tree.care": _cared,
}
