"""Which repositories from outside feed a tag's build roots?"""

from __future__ import annotations

from typing import Any

import koji

from .call import Call, convert, exposed
from .inheritance import full_inheritance
from .lookups import lookup, name_or_id, verify_name
from .queries import apply_options
from .store import Row
from .tags import required_tag, tag_id

MERGE_MODES = ("koji", "simple", "bare")


@exposed("createExternalRepo")
def create_external_repo(call: Call, name: str, url: str) -> Row:
    """Register a repository."""
    call.assert_perm("admin")
    verify_name(name)
    if _find(call, name):
        raise koji.GenericError(f'An external repo named "{name}" already exists')
    row = lookup(call, "external_repo", name, create=True)
    assert row is not None  # noqa: S101 - create makes it
    url = url if url.endswith("/") else url + "/"
    call.create("external_repo_config", external_repo_id=row["id"], url=url)
    return {"id": row["id"], "name": name, "url": url}


def _find(call: Call, info: Any, event: int | None = None) -> Row | None:
    row = call.store["external_repo"].one(**name_or_id(info))
    configs = call.versions("external_repo_config", event, external_repo_id=row["id"]) if row else []
    return {"id": row["id"], "name": row["name"], "url": configs[0]["url"]} if row and configs else None


def _required(call: Call, info: Any) -> Row:
    found = _find(call, info)
    if found is None:
        raise koji.GenericError(f"No such repo: {info}")
    return found


@exposed("getExternalRepo")
def get_external_repo(call: Call, info: Any, strict: bool = False, event: int | None = None) -> Row | None:
    """One repository, or None."""
    found = _find(call, info, event)
    if found is None and strict:
        raise koji.GenericError(f"No such repo: {info}")
    return found


@exposed("listExternalRepos")
def list_external_repos(
    call: Call, info: Any = None, url: str | None = None, event: int | None = None, queryOpts: Row | None = None
) -> Any:
    """All repositories that match."""
    names = [row["name"] for row in call.store["external_repo"] if row["id"] != 0]
    found = [_find(call, name, event) for name in names]
    wanted = {} if info is None else name_or_id(info)
    shown = [repo for repo in found if repo and all(repo[key] == value for key, value in wanted.items())]
    return apply_options([repo for repo in shown if url is None or repo["url"] == url], queryOpts)


@exposed("editExternalRepo")
def edit_external_repo(call: Call, info: Any, name: str | None = None, url: str | None = None) -> None:
    """Rename or move a repository."""
    call.assert_perm("admin")
    repo = _required(call, info)
    if name and name != repo["name"]:
        verify_name(name)
        taken = call.store["external_repo"].one(name=name)
        if taken is not None:
            raise koji.GenericError(f'Name "{name}" is already taken by external repo {taken["id"]}')
        call.store["external_repo"].update(call.store.row("external_repo", repo["id"]), name=name)
    if url and url != repo["url"]:
        call.revoke("external_repo_config", external_repo_id=repo["id"])
        call.create("external_repo_config", external_repo_id=repo["id"], url=url if url.endswith("/") else url + "/")


@exposed("deleteExternalRepo")
def delete_external_repo(call: Call, info: Any) -> None:
    """Forget a repository and all its uses."""
    call.assert_perm("admin")
    repo = _required(call, info)
    for row in call.store["tag_external_repos"].where(external_repo_id=repo["id"], active=True):
        call.revoke("tag_external_repos", external_repo_id=repo["id"], tag_id=row["tag_id"])
    call.revoke("external_repo_config", external_repo_id=repo["id"])


# -- use in tags -----------------------------------------------------------------------------------------------------


def used_in_tags(call: Call, event: int | None = None, **equals: Any) -> list[Row]:
    """The uses in force, by priority."""
    rows = sorted(call.versions("tag_external_repos", event, **equals), key=lambda row: int(row["priority"]))
    shown = []
    for row in rows:
        repo = _find(call, row["external_repo_id"], event)
        if repo is not None:
            shown.append(_use(call, row, repo))
    return shown


def _use(call: Call, row: Row, repo: Row) -> Row:
    return {
        "external_repo_id": repo["id"],
        "external_repo_name": repo["name"],
        "url": repo["url"],
        "tag_id": row["tag_id"],
        "tag_name": call.store.row("tag", row["tag_id"])["name"],
        "priority": row["priority"],
        "merge_mode": row["merge_mode"],
        "arches": row["arches"],
    }


@exposed("getTagExternalRepos")
def get_tag_external_repos(
    call: Call, tag_info: Any = None, repo_info: Any = None, event: int | None = None
) -> list[Row]:
    """A tag's own repositories, or all uses."""
    equals: Row = {}
    if tag_info:
        equals["tag_id"] = tag_id(call, tag_info)
    if repo_info:
        equals["external_repo_id"] = _required(call, repo_info)["id"]
    return used_in_tags(call, event, **equals)


@exposed("getExternalRepoList")
def get_external_repo_list(call: Call, tag_info: Any, event: int | None = None) -> list[Row]:
    """A tag's repositories with those it inherits, each once."""
    tag = required_tag(call, tag_info, event)["id"]
    tags = [tag, *(link["parent_id"] for link in full_inheritance(call, tag, event))]
    found: dict[int, Row] = {}
    for one in tags:
        for use in used_in_tags(call, event, tag_id=one):
            found.setdefault(use["external_repo_id"], use)
    return list(found.values())


@exposed("addExternalRepoToTag")
def add_external_repo_to_tag(
    call: Call, tag_info: Any, repo_info: Any, priority: Any, merge_mode: str | None = "koji", arches: Any = None
) -> None:
    """Let a tag use a repository."""
    call.assert_perm("tag")
    merge_mode = merge_mode or "koji"
    if merge_mode not in MERGE_MODES:
        raise koji.GenericError(f"No such merge mode: {merge_mode}")
    tag, repo = required_tag(call, tag_info), _required(call, repo_info)
    if arches is not None:
        arches = koji.parse_arches(arches, strict=False)
    priority = convert(priority, int)
    for use in used_in_tags(call, tag_id=tag["id"]):
        if use["external_repo_id"] == repo["id"]:
            raise koji.GenericError(f"tag {tag['name']} already associated with external repo {repo['name']}")
        if use["priority"] == priority:
            raise koji.GenericError(
                f"tag {tag['name']} already associated with an external repo at priority {priority}"
            )
    where = {"tag_id": tag["id"], "external_repo_id": repo["id"]}
    call.create("tag_external_repos", **where, priority=priority, merge_mode=merge_mode, arches=arches)


@exposed("removeExternalRepoFromTag")
def remove_external_repo_from_tag(call: Call, tag_info: Any, repo_info: Any) -> None:
    """Let a tag no longer use a repository."""
    call.assert_perm("tag")
    tag, repo = required_tag(call, tag_info), _required(call, repo_info)
    _own_use(call, tag, repo)
    call.revoke("tag_external_repos", tag_id=tag["id"], external_repo_id=repo["id"])


def _own_use(call: Call, tag: Row, repo: Row) -> Row:
    uses = used_in_tags(call, tag_id=tag["id"], external_repo_id=repo["id"])
    if not uses:
        raise koji.GenericError(f"external repo {repo['name']} not associated with tag {tag['name']}")
    return uses[0]


@exposed("editTagExternalRepo")
def edit_tag_external_repo(
    call: Call,
    tag_info: Any,
    repo_info: Any,
    priority: int | None = None,
    merge_mode: str | None = None,
    arches: str | None = None,
) -> bool:
    """Use a repository differently; False when nothing changes."""
    call.assert_perm("tag")
    tag, repo = required_tag(call, tag_info), _required(call, repo_info)
    use = _own_use(call, tag, repo)
    wanted = {"priority": priority, "merge_mode": merge_mode, "arches": arches}
    changes = {key: value for key, value in wanted.items() if value is not None and value != use[key]}
    if not changes:
        return False
    remove_external_repo_from_tag(call, tag["id"], repo["id"])
    settings: Row = {key: changes.get(key, use[key]) for key in wanted}
    add_external_repo_to_tag(call, tag["id"], repo["id"], **settings)
    return True
