"""What would a push that is over have done under another configuration, as far as its evidence can tell?"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from relengotron.decisions import affected
from relengotron.decisions.affected import Reach
from relengotron.decisions.reconfiguring import GATE, edits, made_otherwise
from relengotron.model.artifact import Artifact
from relengotron.model.push_plan import Fate, Story
from relengotron.model.reconfiguration import LaneSetup


@dataclass(frozen=True, slots=True)
class Hindsight:
    """What would have been otherwise, and what nobody can tell, in sentences."""

    changes: tuple[str, ...]
    unsure: tuple[str, ...]


def look_back(old: LaneSetup | None, new: LaneSetup | None, stories: Mapping[str, Story]) -> Hindsight:
    """Judge each artifact again with what was found out about it then; what is made from another follows it as ever."""
    if new is None:
        return Hindsight(("it would not have been pushed: there is no such lane",), ())
    before = {artifact.name: artifact for artifact in (old.artifacts if old is not None else ())}
    own = {artifact.name: _own(artifact, before.get(artifact.name), stories) for artifact in new.artifacts}
    known = {name: each for name, each in own.items() if isinstance(each, Reach)}
    unsure = _spread({name: each for name, each in own.items() if isinstance(each, str)}, new.artifacts, known)
    guessed = {artifact.name: known.get(artifact.name, Reach(artifact.name, False, "")) for artifact in new.artifacts}
    would = {reach.artifact: reach.is_affected for reach in affected.travel(new.artifacts, guessed)}
    changes = [*_gone(before, would, stories), *_otherwise(new.artifacts, before, would, unsure, stories)]
    beyond = () if old is None else _beyond_evidence(old, new, stories)
    return Hindsight(tuple(changes), (*beyond, *(f"{name}: {why}" for name, why in unsure.items())))


def _beyond_evidence(old: LaneSetup, new: LaneSetup, stories: Mapping[str, Story]) -> Iterable[str]:
    """What was asked with other words then, and tests that nobody looked for: no evidence says how that ends."""
    for edit in edits(old, new):
        story = stories.get(edit.subject)
        if edit.subject == "lane":
            yield f"what would have been shipped: {edit.what}"
        elif edit.step == GATE and story is not None and story.fate is Fate.COMPOSED:
            yield f"the gate: {edit.subject} {edit.what}"


def _own(artifact: Artifact, before: Artifact | None, stories: Mapping[str, Story]) -> Reach | str:
    """Whether the push reached it by itself, or why nobody can tell."""
    if artifact.is_repo:
        return Reach(artifact.name, True, "every push of the lane changes it")
    story = stories.get(artifact.name)
    if before is None or story is None:
        return "nothing was found out about it then"
    changed = [key for key in made_otherwise(before, artifact) if key != "made_from"]
    if changed:
        return f"it would be made otherwise ({', '.join(changed)}), and only a plan or a compose can tell"
    return Reach(artifact.name, story.fate is not Fate.SKIPPED and not story.follows, story.reason)


def _spread(unsure: Mapping[str, str], artifacts: Iterable[Artifact], known: Mapping[str, Reach]) -> dict[str, str]:
    """What is made from something that nobody can tell about, and is not composed anyhow, is not sure either."""
    found = dict(unsure)
    for artifact in artifacts:
        doubtful = [name for name in artifact.made_from if name in found]
        if doubtful and artifact.name not in found and not known[artifact.name].is_affected:
            found[artifact.name] = f"it follows {', '.join(doubtful)}, about which nobody can tell"
    return found


def _gone(before: Mapping[str, Artifact], would: Mapping[str, bool], stories: Mapping[str, Story]) -> Iterable[str]:
    for name in before:
        if name not in would and name in stories and stories[name].fate is not Fate.SKIPPED:
            yield f"{name} would not have been composed: it is not configured any more"


def _otherwise(
    artifacts: Iterable[Artifact],
    before: Mapping[str, Artifact],
    would: Mapping[str, bool],
    unsure: Mapping[str, str],
    stories: Mapping[str, Story],
) -> Iterable[str]:
    for artifact in artifacts:
        name, story = artifact.name, stories.get(artifact.name)
        if name in unsure:
            continue
        was = story is not None and story.fate is not Fate.SKIPPED
        if was != would[name]:
            yield f"{name} would {'' if would[name] else 'not '}have been composed"
        elif was and name in before and before[name].target != artifact.target:
            yield f"{name} would have gone live below {artifact.target} instead of {before[name].target}"
