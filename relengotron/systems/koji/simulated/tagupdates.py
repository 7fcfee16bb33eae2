"""When did a tag last change, and when next?"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from .call import Call, convert, exposed
from .inheritance import full_inheritance
from .tags import get_tag, tag_id

TABLES = (
    "tag_listing", "tag_inheritance", "tag_config", "tag_extra", "tag_packages", "tag_external_repos",
    "group_package_listing", "group_req_listing", "group_config",
)  # fmt: skip


def note_import(call: Call, tag: int) -> None:
    """Something came into a build of the tag: a change that no versioned table shows."""
    call.store["tag_updates"].insert({"tag_id": tag, "update_event": call.event(), "updater_id": call.user_id})


def _changes(call: Call, tags: list[int]) -> Iterator[int]:
    """Every event that changed one of the tags."""
    for tag in tags:
        for row in call.store["tag_updates"].where(tag_id=tag):
            yield row["update_event"]
        for table in TABLES:
            for row in call.store[table].where(tag_id=tag):
                yield row["create_event"]
                if row["revoke_event"] is not None:
                    yield row["revoke_event"]


def _repo_changes(call: Call, tags: list[int], event: int | None) -> Iterator[int]:
    for tag in tags:
        for use in call.versions("tag_external_repos", event, tag_id=tag):
            for table in ("external_repo_config", "external_repo_data"):
                for row in call.store[table].where(external_repo_id=use["external_repo_id"]):
                    yield row["create_event"]
                    if row["revoke_event"] is not None:
                        yield row["revoke_event"]


def _relevant(call: Call, tag: int, event: int | None, inherit: bool, counts: Callable[[int], bool]) -> list[int]:
    tags = [tag]
    if inherit:
        tags += [link["parent_id"] for link in full_inheritance(call, tag, event)]
    found = [change for change in _changes(call, tags) if counts(change)]
    return found + [change for change in _repo_changes(call, tags, event) if counts(change)]


@exposed("tagChangedSinceEvent")
def tag_changed_since_event(call: Call, event: int, taglist: list[int]) -> bool:
    """Did anything in these very tags change after the event?"""
    return any(change > event for change in _changes(call, list(taglist)))


@exposed("tagLastChangeEvent")
def tag_last_change_event(call: Call, tag: Any, before: int | None = None, inherit: bool = True) -> int | None:
    """The newest event that changed the tag or what it inherits."""
    before = convert(before, int, none_allowed=True)
    found = get_tag(call, tag, strict=True, event="auto")
    assert found is not None  # noqa: S101 - strict raises
    deleted: int | None = found.get("revoke_event")
    if before is None and deleted:
        return deleted
    changes = _relevant(call, found["id"], before, inherit, lambda change: before is None or change < before)
    if not changes:
        return None
    return min(deleted, max(changes)) if deleted else max(changes)


@exposed("tagFirstChangeEvent")
def tag_first_change_event(call: Call, tag: Any, after: int | None = None, inherit: bool = True) -> int | None:
    """The first event after another one that changed the tag or what it inherits."""
    found = tag_id(call, tag)
    after = convert(after, int, none_allowed=True)
    created = min((int(row["create_event"]) for row in call.store["tag_config"].where(tag_id=found)), default=None)
    if after is None:
        return created
    changes = _relevant(call, found, after, inherit, lambda change: change > after)
    return max(min(changes), created or 0) if changes else None
