"""How is a commit named for ever?"""

from collections.abc import Mapping
from functools import partial
from typing import Any

from relengotron.errors import RequestRefused
from relengotron.systems.ostree.names import checked_tag, is_commit
from relengotron.systems.ostree.port import OstreeRepo
from relengotron.workflows.trees.operation import Operation


def tagging(repo: OstreeRepo, name: str, tree: str) -> Operation:
    """What tagging would do; the same tag on the same commit is there already.

    Raises:
        RequestRefused: the tag names another commit, and tags never move; or there is no such commit.
    """
    commit = tree if is_commit(tree) else repo.head(tree)
    found = repo.tags().get(checked_tag(name))
    if commit is None or not repo.has_commit(commit):
        raise RequestRefused(f"no whole commit {tree} in {repo.path}")
    if found not in (None, commit):
        raise RequestRefused(f"tag {name} names {found}, and tags never move")
    return Operation(
        what=f"tag {commit} of {repo.path} as {name}",
        effects=() if found else (f"let {name} name {commit} for ever",),
        act=partial(_act, repo, name, commit),
        notes=(f"{name} names it already",) if found else (),
        facts={"tag": name, "commit": commit},
    )


def _act(repo: OstreeRepo, name: str, commit: str) -> Mapping[str, Any]:
    repo.tag(name, commit)
    return {"tag": name, "commit": commit}
