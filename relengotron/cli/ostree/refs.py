"""``relengotron ostree refs``: what does each ref show, how deep is its history, and who writes to it now?"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from relengotron.cli import page
from relengotron.cli.ostree.acting import REPO, the_repo
from relengotron.cli.surroundings import now
from relengotron.model.tree_history import Holder, history
from relengotron.systems.ostree.port import OstreeRepo


@click.command()
@REPO
@click.option("--json", "json_wanted", is_flag=True, help="For programs: the same as JSON.")
def refs(place: Path, json_wanted: bool) -> None:
    """Show refs, aliases and tags of REPO, with version, time and depth, and who holds a lock."""
    found = _found(the_repo(place))
    if json_wanted:
        page.as_json(found)
    else:
        _show(found)


def _found(repo: OstreeRepo) -> dict[str, Any]:
    commits = repo.commits()
    shown = [
        {"ref": ref, "depth": sum(1 for _ in history(commits, head)), **_about(repo, head)}
        for ref, head in sorted(repo.refs().items())
    ]
    tags = [{"tag": name, **_about(repo, commit)} for name, commit in sorted(repo.tags().items())]
    locks = {ref: _lock(holder) for ref, holder in repo.holders().items()}
    return {"refs": shown, "aliases": dict(repo.aliases()), "tags": tags, "locks": locks}


def _about(repo: OstreeRepo, commit: str) -> Mapping[str, Any]:
    if not repo.has_commit(commit):
        return {"commit": commit, "version": None, "made_at": None}
    info = repo.commit_info(commit)
    return {"commit": commit, "version": info.version, "made_at": info.timestamp}


def _lock(holder: Holder) -> Mapping[str, Any]:
    return {"who": holder.who, "why": holder.why, "since": holder.since}


def _show(found: Mapping[str, Any]) -> None:
    rows = [(each["ref"], each["commit"][:12], *_words(each), f"{each['depth']}") for each in found["refs"]]
    page.columns(("ref", "commit", "version", "made", "commits"), rows)
    for alias, target in sorted(found["aliases"].items()):
        page.say(f"alias {alias} stands for {target}")
    for each in found["tags"]:
        page.say(f"tag {each['tag']} names {each['commit'][:12]} {' '.join(_words(each))}")
    for ref, lock in found["locks"].items():
        page.say(f"{ref} is held by {lock['who']} since {page.clock(lock['since'], now())} to {lock['why']}")


def _words(about: Mapping[str, Any]) -> tuple[str, str]:
    made = about["made_at"]
    return about["version"] or "-", "not whole" if made is None else f"{made:%Y-%m-%d %H:%M}"
