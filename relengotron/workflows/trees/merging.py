"""How does a tree from a fresh branch get into the master branch? Only if it changed, on top of the master's head."""

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from relengotron.errors import RequestRefused
from relengotron.systems.ostree.port import OstreeRepo
from relengotron.workflows.trees.operation import Operation, Terms
from relengotron.workflows.trees.promoting import Wanted, promotion


def merge(
    repo: OstreeRepo, branch: str, master: str, terms: Terms, *, version: str | None = None, drop_branch: bool = False
) -> Operation:
    """What a merge would do; a branch that brings no change changes nothing.

    Raises:
        RequestRefused: there is no such branch, or it is the master itself.
    """
    if branch == master:
        raise RequestRefused(f"{branch} cannot be merged into itself")
    head = repo.head(branch)
    if head is None:
        raise RequestRefused(f"no ref {branch} in {repo.path}")
    inner = promotion(Wanted(repo, head, repo, master, version, by_source=True), terms)
    dropping = (f"remove the branch {branch}, its files are in {master}",) if drop_branch else ()
    return replace(
        inner,
        what=f"merge {branch} into {master} of {repo.path}",
        effects=(*inner.effects, *dropping),
        act=partial(_act, repo, branch, head, inner, drop_branch),
        facts={**inner.facts, "branch": branch},
    )


def _act(repo: OstreeRepo, branch: str, head: str, inner: Operation, drop_branch: bool) -> Mapping[str, Any]:
    result = inner.act()
    if drop_branch:
        repo.delete_ref(branch, head)
        repo.update_summary()
    return {**result, "branch_removed": drop_branch}
