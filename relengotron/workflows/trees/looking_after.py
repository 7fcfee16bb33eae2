"""Look after one repo of trees: is it sound, what is old goes into the archive, what nothing keeps goes away."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any, Final

from relengotron.engine.attempt import Attempt
from relengotron.engine.workflow import Workflow
from relengotron.messages.tree_care import tree_care
from relengotron.model.codec import from_json, to_json
from relengotron.model.outcome import Done, Failed, FailureKind, Hold, Outcome, Skipped
from relengotron.model.run import EffectRecord, StepState
from relengotron.model.tree_history import Delta
from relengotron.workflows.trees.branches import (
    TOLD,
    ensure_fresh_branches_are_merged,
    ensure_heads_are_tagged,
    ensure_old_branches_are_archived,
)
from relengotron.workflows.trees.care import Care, Wanting, deltas_wanted, in_its_turn
from relengotron.workflows.trees.care_voice import CareVoice, facts_of
from relengotron.workflows.trees.checking import how_to_heal, what_is_wrong
from relengotron.workflows.trees.collecting import collection

NAME: Final = "look_after_trees"
_LOOKS_AT_A_BROKEN_REPO_EVERY: Final = timedelta(hours=1)
"""Each look reads the repo whole."""
_GARBAGE: Final = "collect garbage"
_SUMMARY: Final = "write the summary"


@in_its_turn
def ensure_the_repo_is_sound(care: Care) -> Outcome:
    """Every object of the repo is what its name says, and clients would take every ref."""
    if not care.wanted.check:
        return Skipped("the calendar says check: false")
    repo, path = care.repo, str(care.wanted.repo)
    wrong = what_is_wrong(repo)
    if not wrong:
        care.note(path, "sound", "every object is what its name says")
        return Done({TOLD: ["every object was read and is sound"]})
    care.note(path, "broken", "; ".join(wrong)[:4000])
    patience = care.settings.patience.hold
    if care.engine.now() >= care.until(patience):
        return Failed(FailureKind.DEADLINE, f"nobody healed {path}: {'; '.join(wrong[:3])}")
    missing = (*wrong, how_to_heal(repo))
    command = f"relengotron ostree fsck {path} && relengotron runs retry {care.engine.run.id}"
    again = _LOOKS_AT_A_BROKEN_REPO_EVERY
    return Hold(missing, care.until(patience), care.settings.owner, command, look_again=again)


@in_its_turn
def ensure_the_garbage_is_collected(care: Care) -> Outcome:
    """Commits, objects and deltas that no ref, tag, machine or rule keeps are gone."""
    if not care.wanted.collect:
        return Skipped("the calendar says collect: false")
    planned = care.engine.remember("garbage", lambda: _garbage(care))
    if planned is None:
        return Skipped("there is no garbage")
    made = care.engine.effect(
        _GARBAGE,
        f"collect the garbage of {care.wanted.repo}: {len(planned['commits'])} commits, {planned['bytes']} bytes",
        do=lambda: _collect(care, planned),
        find=lambda intent: _collected(care, intent),
        old=planned,
    )
    told = f"{len(made['commits'])} commits were dropped, {made['bytes']} bytes became free"
    care.note(str(care.wanted.repo), "collected", told)
    return Done({TOLD: [told]})


def ensure_heads_have_deltas(care: Care) -> Outcome:
    """A static delta leads to each head from the commits that clients most likely have, and the summary names it."""
    chosen = care.engine.remember("deltas", lambda: to_json(tuple(deltas_wanted(care.repo, care.wanted))))
    if not chosen:
        return Skipped("every delta that is wanted is there" if care.wanted.deltas else "the calendar wants no deltas")
    made = [_make(care, each) for each in from_json(tuple[Wanting, ...], chosen)]
    care.engine.effect(_SUMMARY, f"write the summary of {care.wanted.repo}", lambda: _summarise(care), lambda _: None)
    return Done({TOLD: [f"{sum(made)} static deltas were made"]})


def ensure_it_is_told(care: Care) -> Outcome:
    """Everybody knows what was found and what was changed."""
    message = tree_care(facts_of(care.engine, care.wanted, care.settings), "complete", done=_done(care))
    care.engine.say("complete", message.topic_suffix, message.body)
    return Done()


LOOK_AFTER_TREES = (
    ensure_the_repo_is_sound,
    ensure_fresh_branches_are_merged,
    ensure_heads_are_tagged,
    ensure_old_branches_are_archived,
    ensure_the_garbage_is_collected,
    ensure_heads_have_deltas,
    ensure_it_is_told,
)

PROMISES = {step.__name__: (step.__doc__ or "").strip() for step in LOOK_AFTER_TREES}


def look_after_trees(open_care: Callable[[Attempt], Care]) -> Workflow[Care]:
    """The workflow; nothing of it is taken back: archives are kept, and garbage is what nobody wants."""
    return Workflow(NAME, LOOK_AFTER_TREES, open_care, CareVoice(open_care))


def _garbage(care: Care) -> dict[str, Any] | None:
    operation = collection(care.repo, care.settings.systems.ostree, care.terms)
    if not operation.effects:
        return None
    return {"commits": operation.facts["commits"], "bytes": operation.facts["bytes"]}


def _collect(care: Care, planned: dict[str, Any]) -> dict[str, Any]:
    """No commit goes that was not written down first, whatever has become garbage since."""
    chosen = frozenset(planned["commits"])
    return dict(collection(care.repo, care.settings.systems.ostree, care.terms, only=chosen).act())


def _collected(care: Care, intent: EffectRecord) -> dict[str, Any] | None:
    """What an earlier attempt did before it died: all of it, or it is done again."""
    chosen = frozenset(intent.old["commits"])
    left = collection(care.repo, care.settings.systems.ostree, care.terms, only=chosen)
    if left.effects:
        return None
    return {"commits": intent.old["commits"], "bytes": intent.old["bytes"]}


def _make(care: Care, wanting: Wanting) -> bool:
    """Whether the delta is there; it is of no use any more when the head has moved on."""
    repo, delta = care.repo, wanting.delta
    assert delta.old is not None  # noqa: S101 - only such are wanted
    old, new = delta.old, delta.new

    def do() -> bool:
        with repo.hold(wanting.ref, f"make a delta for {care.engine.run.id}"):
            if repo.head(wanting.ref) != new or not repo.has_commit(old):
                return False
            repo.make_delta(old, new)
        return True

    what = f"make a static delta from {old[:12]} to {new[:12]} of {wanting.ref}"
    return care.engine.effect(f"delta {old} {new}", what, do, lambda _: Delta(old, new) in repo.deltas() or None)


def _summarise(care: Care) -> bool:
    care.repo.update_summary()
    return True


def _done(care: Care) -> list[str]:
    """What the steps tell that did something."""
    outputs = [known.output for known in care.engine.steps.values() if known.state is StepState.DONE]
    return [sentence for output in outputs if output for sentence in output[TOLD]]
