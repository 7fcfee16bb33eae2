"""How does a repo get back what it has lost? From a good copy, object by object, until the check finds nothing."""

from collections.abc import Mapping
from functools import partial
from typing import Any, Final

from relengotron.errors import RequestRefused, StateDisagrees
from relengotron.systems.ostree.port import OstreeRepo
from relengotron.workflows.trees.checking import what_is_wrong
from relengotron.workflows.trees.operation import Operation, Terms

ROUNDS: Final = 3
"""What is damaged in a commit is only found once nothing of it is missing."""


def healing(repo: OstreeRepo, copy: OstreeRepo, terms: Terms) -> Operation:
    """What healing would do.

    Raises:
        RequestRefused: the copy is the repo itself.
    """
    if repo.path.resolve() == copy.path.resolve():
        raise RequestRefused(f"{copy.path} is the repo itself, and no copy of it")
    wrong = what_is_wrong(repo)
    effect = f"remove what is damaged, and fetch that and what is missing from {copy.path}, each object read"
    return Operation(
        what=f"heal {repo.path} from {copy.path}",
        effects=(effect,) if wrong else (),
        act=partial(_act, repo, copy, terms) if wrong else dict,
        notes=wrong or ("every object is what its name says",),
        facts={"wrong": list(wrong)},
    )


def _act(repo: OstreeRepo, copy: OstreeRepo, terms: Terms) -> Mapping[str, Any]:
    healed: set[str] = set()
    with repo.hold_all(f"heal it from {copy.path}", terms.wait):
        for _ in range(ROUNDS):
            lacking = repo.set_damaged_aside()
            for commit in lacking:
                repo.pull_local(copy.path, commit)
            healed |= set(lacking)
            if not lacking:
                break
    wrong = what_is_wrong(repo)
    if wrong:
        raise StateDisagrees(f"{repo.path} is still not sound: {'; '.join(wrong)}")
    return {"commits": sorted(healed)}
