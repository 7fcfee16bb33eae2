"""What is configured otherwise in a lane, and what does that mean for a push that is on its way?"""

from collections.abc import Collection, Iterable, Mapping
from typing import Final

from relengotron.decisions import rolling_out
from relengotron.model.artifact import Artifact
from relengotron.model.push_plan import Fate, Happened
from relengotron.model.reconfiguration import Edit, LaneSetup

MASHED, KNOWN, COMPOSED, GATE, LIVE = (
    "ensure_repos_are_mashed",
    "ensure_affected_artifacts_are_known",
    "ensure_artifacts_are_composed",
    "ensure_the_gate_is_open",
    "ensure_bits_are_live",
)
MOVED: Final = "ensure_builds_are_in_target"
NOTICED_BY: Final[Mapping[str, str]] = {
    "tag": MOVED,
    "from_tags": MOVED,
    "pending_tags": "ensure_builds_left_pending",
    "signing_key": "ensure_builds_are_signed",
    "pdc_release": KNOWN,
}
"""The first step that looks at a value of the lane; the others matter where composes begin."""


def edits(old: LaneSetup, new: LaneSetup) -> tuple[Edit, ...]:
    """Everything that is configured otherwise, the lane first, then each artifact."""
    return (*_of_lane(old, new), *_of_artifacts(old, new))


def otherwise(old: Mapping[str, str], new: Mapping[str, str]) -> tuple[str, ...]:
    """Each value that differs, by key, in a sentence."""
    keys = sorted(old.keys() | new.keys())
    pairs = ((key, old.get(key, "nothing"), new.get(key, "nothing")) for key in keys)
    return tuple(f"{key} is {after}, and was {before}" for key, before, after in pairs if before != after)


def split(found: Iterable[Edit], over: Collection[str]) -> tuple[tuple[Edit, ...], tuple[Edit, ...]]:
    """Those that a run notices, and those that come too late for it: the step that looks is ``over``."""
    found = tuple(found)
    return tuple(each for each in found if each.step not in over), tuple(each for each in found if each.step in over)


def why_stuck(run: Happened, old: LaneSetup | None, new: LaneSetup | None, over: Collection[str]) -> tuple[str, ...]:
    """Why a run could not come to its end under the new configuration."""
    if new is None:
        return (f"it fails: {run.lane} is no lane of the new configuration",)
    known = {artifact.name for artifact in new.artifacts}
    begun = (name for name, story in run.artifacts.items() if story.fate in (Fate.COMPOSED, Fate.UNCHANGED))
    stuck = [f"it stops: {name} is composed, and is not configured any more" for name in begun if name not in known]
    if old is not None and MOVED in over and MASHED not in over and old.words["tag"] != new.words["tag"]:
        stuck.append(
            f"its builds are in {old.words['tag']} already, and {new.words['tag']} would be mashed without them"
        )
    return tuple(stuck)


def _of_lane(old: LaneSetup, new: LaneSetup) -> Iterable[Edit]:
    for key in sorted(old.words.keys() | new.words.keys()):
        before, after = old.words.get(key, "nothing"), new.words.get(key, "nothing")
        if before != after:
            yield Edit("lane", f"{key} is {after}, and was {before}", NOTICED_BY.get(key, MASHED))


def _of_artifacts(old: LaneSetup, new: LaneSetup) -> Iterable[Edit]:
    before = {artifact.name: artifact for artifact in old.artifacts}
    after = {artifact.name: artifact for artifact in new.artifacts}
    for name in (*before, *(each for each in after if each not in before)):
        if name not in after:
            yield Edit(name, "would not be composed any more", _decided_by(before[name]))
        elif name not in before:
            yield Edit(
                name, f"would be composed too, and published below {after[name].target}", _decided_by(after[name])
            )
        else:
            yield from _of_artifact(before[name], after[name])


def _of_artifact(before: Artifact, after: Artifact) -> Iterable[Edit]:
    name = before.name
    if before.target != after.target:
        yield Edit(name, f"would be published below {after.target} instead of {before.target}", LIVE)
    for test in after.required_tests:
        if test not in before.required_tests:
            yield Edit(name, f"would need the test {test} too", GATE)
    for test in before.required_tests:
        if test not in after.required_tests:
            yield Edit(name, f"would not need the test {test} any more", GATE)
    for key in ("may_lag", "live_after"):
        if getattr(before, key) != getattr(after, key):
            yield Edit(name, f"{key} would be {getattr(after, key)}, and was {getattr(before, key)}", GATE)
    if before.rollout != after.rollout:
        was, will = ("; ".join(rolling_out.in_words(each.rollout)) or "shown at once" for each in (before, after))
        yield Edit(name, f"would be {will}, and was {was}", LIVE)
    changed = made_otherwise(before, after)
    if changed:
        yield Edit(name, f"would be made otherwise: {', '.join(changed)}", _composed_by(after))


def made_otherwise(before: Artifact, after: Artifact) -> tuple[str, ...]:
    """The keys that decide about its content and whose values differ; of ``settings`` each key by itself."""
    keys = ("kind", "arches", "made_from", "component", "composed_in", "composed_variant")
    own = sorted(before.settings.keys() | after.settings.keys())
    return (
        *(key for key in keys if getattr(before, key) != getattr(after, key)),
        *(f"settings.{key}" for key in own if before.settings.get(key) != after.settings.get(key)),
    )


def _decided_by(artifact: Artifact) -> str:
    return MASHED if artifact.is_repo else KNOWN


def _composed_by(artifact: Artifact) -> str:
    return MASHED if artifact.is_repo else COMPOSED
