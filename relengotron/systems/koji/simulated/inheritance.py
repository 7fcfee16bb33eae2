"""What does a tag inherit, and who inherits from it?"""

from __future__ import annotations

from typing import Any

import koji

from .call import Call, convert, exposed
from .store import Row
from .tags import find_tag, required_tag, tag_id

LINK_FIELDS = ("parent_id", "priority", "maxdepth", "intransitive", "noconfig", "pkg_filter")


def own_parents(call: Call, child: int, event: int | None = None) -> list[Row]:
    """The direct links of a tag, by priority."""
    rows = sorted(call.versions("tag_inheritance", event, tag_id=child), key=lambda row: int(row["priority"]))
    return [{**_link(row), "name": _name(call, row["parent_id"]), "child_id": child} for row in rows]


def own_children(call: Call, parent: int, event: int | None = None) -> list[Row]:
    """The direct links to a tag, by priority."""
    rows = sorted(call.versions("tag_inheritance", event, parent_id=parent), key=lambda row: int(row["priority"]))
    return [{**_link(row), "name": _name(call, row["tag_id"]), "tag_id": row["tag_id"]} for row in rows]


def _link(row: Row) -> Row:
    return {field: row[field] for field in LINK_FIELDS}


def _name(call: Call, tag: int) -> str:
    return str(call.store.row("tag", tag)["name"])


def full_inheritance(call: Call, start: int, event: int | None = None, *, reverse: bool = False) -> list[Row]:
    """All links from a tag, flattened in the order in which they count."""
    walk = _Walk(call, event, reverse)
    walk.visit(start, frozenset(), 0, None, False, [])
    return walk.order


class _Walk:
    """One depth-first walk; loops are pruned, a tag is taken again only when the second way allows more."""

    def __init__(self, call: Call, event: int | None, reverse: bool) -> None:
        self.call = call
        self.event = event
        self.reverse = reverse
        self.order: list[Row] = []
        self.seen: dict[int, list[Row]] = {}

    def visit(
        self, tag: int, above: frozenset[int], depth: int, maxdepth: int | None, noconfig: bool, filters: list[str]
    ) -> None:
        if maxdepth is not None and maxdepth < 1:
            return
        depth += 1
        above = above | {tag}
        links = own_children if self.reverse else own_parents
        for link in links(self.call, tag, self.event):
            other: int = link["tag_id"] if self.reverse else link["parent_id"]
            if other in above or self._stops_here(link, depth, len(above)):
                continue
            remaining = None if self.reverse else _remaining(link["maxdepth"], maxdepth)
            noconfig = noconfig or link["noconfig"]
            here = [*filters, link["pkg_filter"]] if link["pkg_filter"] else list(filters)
            link.update(nextdepth=remaining, currdepth=depth, filter=here)
            if self._known_well_enough(other, remaining, noconfig):
                continue
            self.seen.setdefault(other, []).append(link)
            self.order.append(link)
            if not (link["intransitive"] and self.reverse):
                self.visit(other, above, depth, remaining, noconfig, here)

    def _stops_here(self, link: Row, depth: int, level: int) -> bool:
        if self.reverse:
            return link["maxdepth"] is not None and bool(link["maxdepth"] < depth - 1)
        return bool(link["intransitive"]) and level > 1

    def _known_well_enough(self, tag: int, remaining: int | None, noconfig: bool) -> bool:
        for earlier in self.seen.get(tag, ()):
            last = earlier["nextdepth"]
            deep_enough = last is None or (remaining is not None and last >= remaining)
            if deep_enough and not (earlier["noconfig"] and not noconfig) and not earlier["filter"]:
                return True
        return False


def _remaining(own: int | None, inherited: int | None) -> int | None:
    if own is None:
        return None if inherited is None else inherited - 1
    return own if inherited is None else min(own, inherited) - 1


def write_links(call: Call, tag: int, changes: Any, *, clear: bool = False) -> None:
    """Merge links into a tag's inheritance, or replace it."""
    changes = [dict(link) for link in ([changes] if isinstance(changes, dict) else changes)]
    for link in changes:
        _check_link(call, link)
    wanted = {link["parent_id"]: link for link in own_parents(call, tag)}
    touched: set[int] = set()
    for link in changes:
        parent = link["parent_id"]
        if link.get("delete link"):
            if parent in wanted:
                wanted[parent] = link
                touched.add(parent)
        elif parent not in wanted or clear or any(wanted[parent][field] != link[field] for field in LINK_FIELDS):
            wanted[parent] = link
            touched.add(parent)
    if clear:
        for parent in set(wanted) - {link["parent_id"] for link in changes}:
            wanted[parent] = {"parent_id": parent, "delete link": True}
            touched.add(parent)
    if not touched:
        return
    _refuse_equal_priorities(tag, [link for link in wanted.values() if not link.get("delete link")])
    changed = [parent for parent in wanted if parent in touched]
    for parent in changed:
        call.revoke("tag_inheritance", tag_id=tag, parent_id=parent)
    for parent in changed:
        if not wanted[parent].get("delete link"):
            call.create("tag_inheritance", tag_id=tag, **_link(wanted[parent]))


def _check_link(call: Call, link: Row) -> None:
    for field in ("parent_id",) if link.get("delete link") else LINK_FIELDS:
        if field not in link:
            raise koji.GenericError(f"No value for {field}")
    required_tag(call, link["parent_id"])


def _refuse_equal_priorities(tag: int, links: list[Row]) -> None:
    by_priority: dict[int, list[int]] = {}
    for link in links:
        by_priority.setdefault(link["priority"], []).append(link["parent_id"])
    for priority, parents in by_priority.items():
        if len(parents) > 1:
            raise koji.GenericError(
                f"Multiple parent tags ({parents}) cannot have the same priority value ({priority}) on child tag {tag}"
            )


@exposed("getInheritanceData")
def get_inheritance_data(call: Call, tag: Any, event: int | None = None) -> list[Row]:
    """A tag's own parents."""
    return own_parents(call, tag_id(call, tag), event)


@exposed("setInheritanceData")
def set_inheritance_data(call: Call, tag: Any, data: Any, clear: bool = False) -> None:
    """Change a tag's own parents."""
    call.assert_perm("tag")
    write_links(call, tag_id(call, tag), data, clear=clear)


@exposed("getFullInheritance")
def get_full_inheritance(
    call: Call, tag: Any, event: int | None = None, reverse: bool = False, **_old: Any
) -> list[Row]:
    """All that a tag inherits, or all that inherit from it; ``stops`` and ``jumps`` of old clients do nothing."""
    event = convert(event, int, none_allowed=True)
    return full_inheritance(call, tag_id(call, tag), event, reverse=reverse)


@exposed("getBuildConfig")
def get_build_config(call: Call, tag: Any, event: int | None = None) -> Row:
    """A tag with the settings it inherits, and from where they come."""
    found = find_tag(call, tag, event=event, strict=True)
    assert found is not None  # noqa: S101 - strict raises
    extra_from: dict[str, Any] = {}
    arches_from: Row | None = None
    blocked = _blocked_extra(call, found["id"], event)
    for link in full_inheritance(call, found["id"], event):
        if link["noconfig"]:
            continue
        parent = find_tag(call, link["parent_id"], event=event)
        if parent is None:
            continue
        source = {"id": parent["id"], "name": parent["name"]}
        if found["arches"] is None and parent["arches"] is not None:
            found["arches"], arches_from = parent["arches"], source
        for key, value in parent["extra"].items():
            if key not in found["extra"] and key not in blocked:
                found["extra"][key], extra_from[key] = value, source
        blocked |= _blocked_extra(call, parent["id"], event)
    found["config_inheritance"] = {"extra": extra_from, "arches": arches_from}
    return found


def _blocked_extra(call: Call, tag: int, event: int | None) -> set[str]:
    return {row["key"] for row in call.versions("tag_extra", event, tag_id=tag) if row["value"] is None}
