"""The steps that look at branches: what is fresh is merged, heads are tagged, what is old goes into the archive."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from relengotron.errors import MalformedInput, RequestRefused
from relengotron.model.codec import from_json, to_json
from relengotron.model.outcome import Done, Outcome, Skipped
from relengotron.workflows.trees.archiving import archiving
from relengotron.workflows.trees.care import (
    Care,
    Fresh,
    Head,
    Old,
    fresh_branches,
    heads_without_tag,
    in_its_turn,
    old_branches,
)
from relengotron.workflows.trees.merging import merge
from relengotron.workflows.trees.tagging import tagging

TOLD: Final = "told"
"""The key in the output of a step under which stands, in sentences, what it did."""


def ensure_fresh_branches_are_merged(care: Care) -> Outcome:
    """What is in fresh branches is on top of the branch that they were made for, if it changed, and they are gone."""
    if not care.wanted.merge:
        return Skipped("the calendar names no branches to merge")
    chosen = care.engine.remember("fresh branches", lambda: to_json(tuple(fresh_branches(care.repo, care.wanted))))
    merged = [each.branch for each in from_json(tuple[Fresh, ...], chosen) if _is_merged(care, each)]
    return Done({TOLD: [f"{branch} was merged" for branch in merged]})


def ensure_heads_are_tagged(care: Care) -> Outcome:
    """The commit of each head has a tag of its version, which never moves."""
    if not care.wanted.tag:
        return Skipped("the calendar names no heads to tag")
    chosen = care.engine.remember("heads", lambda: to_json(tuple(heads_without_tag(care.repo, care.wanted))))
    made = [each.tag for each in from_json(tuple[Head, ...], chosen) if _is_tagged(care, each)]
    return Done({TOLD: [f"tag {tag} was made" for tag in made]})


@in_its_turn
def ensure_old_branches_are_archived(care: Care) -> Outcome:
    """Branches that nothing came to for long are in their archive, proven object by object, and here no more."""
    if not care.wanted.archive:
        return Skipped("the calendar names no branches to archive")
    now = care.engine.now()
    chosen = care.engine.remember("old branches", lambda: to_json(tuple(old_branches(care.repo, care.wanted, now))))
    archived = [each.ref for each in from_json(tuple[Old, ...], chosen) if _is_archived(care, each)]
    return Done({TOLD: [f"{ref} was archived" for ref in archived]})


def _is_merged(care: Care, fresh: Fresh) -> bool:
    def do() -> Mapping[str, Any]:
        if care.repo.head(fresh.branch) is None:  # an earlier attempt came as far as this
            care.repo.update_summary()
            return {"commit": care.repo.head(fresh.into)}
        return merge(care.repo, fresh.branch, fresh.into, care.terms, drop_branch=True).act()

    what = f"merge {fresh.branch} into {fresh.into}, then delete it"
    made = _carried_out(care, f"merge {fresh.branch}", what, fresh.branch, fresh.head, do)
    if made:
        care.note(fresh.branch, "merged", f"its files are in {fresh.into}")
    return made


def _is_tagged(care: Care, head: Head) -> bool:
    def do() -> Mapping[str, Any]:
        return tagging(care.repo, head.tag, head.commit).act()

    what = f"tag {head.commit} as {head.tag}"
    made = _carried_out(care, f"tag {head.tag}", what, head.ref, None, do)
    if made:
        care.note(head.ref, "tagged", f"{head.tag} names {head.commit}")
    return made


def _is_archived(care: Care, old: Old) -> bool:
    def do() -> Mapping[str, Any]:
        return archiving(care.repo, old.ref, care.world.ostree(old.into), care.terms, delete=True).act()

    what = f"archive {old.ref} in {old.into}, then delete it"
    made = _carried_out(care, f"archive {old.ref}", what, old.ref, old.head, do)
    if made:
        care.note(old.ref, "archived", f"{old.head} and what it stands on, in {old.into}")
    return made


def _carried_out(
    care: Care, key: str, what: str, ref: str, expected: str | None, do: Callable[[], Mapping[str, Any]]
) -> bool:
    """Whether it is done; what cannot be done to one branch is noted, and keeps nothing else from being done.

    Every operation looks for itself how far an earlier attempt had come, so nothing need be found here. With
    ``expected`` the branch must be what it was when it was chosen, or gone already.
    """

    def do_as_chosen() -> Any:
        is_as_chosen = expected is None or care.repo.head(ref) in (None, expected)
        return to_json(dict(do())) if is_as_chosen else None

    try:
        came = care.engine.effect(key, what, do_as_chosen, lambda _: None, old={"ref": ref, "commit": expected})
    except (RequestRefused, MalformedInput) as refused:
        care.note(ref, "stays", str(refused))
        return False
    if came is None:
        care.note(ref, "stays", "something came to it after it was chosen")
    return came is not None
