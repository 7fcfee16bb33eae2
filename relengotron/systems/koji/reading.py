"""What do the hub's rows say in our words? Old hubs send fewer keys."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import koji

from relengotron.model.package import NO_EPOCH
from relengotron.systems.koji.port import Host, Rpm, Tag, TaggedBuild, Target, Task, TaskState

TASK_STATES = {
    "FREE": TaskState.FREE,
    "OPEN": TaskState.OPEN,
    "CLOSED": TaskState.CLOSED,
    "CANCELED": TaskState.CANCELLED,
    "ASSIGNED": TaskState.ASSIGNED,
    "FAILED": TaskState.FAILED,
}


def is_complete(build: Mapping[str, Any] | None) -> bool:
    """Whether Koji knows the build and it was built to its end."""
    return build is not None and koji.BUILD_STATES[build["state"]] == "COMPLETE"


def package_of(build: Mapping[str, Any]) -> str:
    """The name of the package; very old hubs call it ``name`` only."""
    return str(build.get("package_name") or build["name"])


def rpm(row: Mapping[str, Any]) -> Rpm:
    """One RPM."""
    return Rpm(row["id"], row["name"], row["version"], row["release"], row["arch"], str(row.get("epoch") or NO_EPOCH))


def task(row: Mapping[str, Any]) -> Task:
    """One task."""
    return Task(
        id=row["id"],
        method=row["method"],
        state=task_state(row),
        arch=row.get("arch") or "",
        created_at=when(row.get("create_ts")),
        started_at=when(row.get("start_ts")),
        completed_at=when(row.get("completion_ts")),
        request=tuple(row.get("request") or ()),
    )


def task_state(row: Mapping[str, Any]) -> TaskState:
    """Where a task stands."""
    return TASK_STATES[koji.TASK_STATES[row["state"]]]


def tag(row: Mapping[str, Any]) -> Tag:
    """One tag."""
    arches = tuple((row.get("arches") or "").split())
    return Tag(row["name"], arches, bool(row.get("locked")), row.get("perm"))


def tagged_build(row: Mapping[str, Any]) -> TaggedBuild:
    """One build in a tag."""
    epoch, owner = str(row.get("epoch") or NO_EPOCH), str(row.get("owner_name") or "")
    return TaggedBuild(row["nvr"], package_of(row), epoch, owner, row["create_event"])


def came_or_left(history: Mapping[str, Any]) -> Mapping[str, bool]:
    """The complete builds that a history of one tag speaks of, and whether they are in it now.

    A build that was taken out and put in again has two rows, in no order.
    """
    found: dict[str, bool] = {}
    for row in history.get("tag_listing", ()):
        if koji.BUILD_STATES[row["build.state"]] == "COMPLETE":
            nvr = "{name}-{version}-{release}".format(**row)
            found[nvr] = found.get(nvr, False) or bool(row["active"])
    return found


def tags_of_history(history: Mapping[str, Any]) -> frozenset[str]:
    """The names of the tags that a history of one build speaks of."""
    return frozenset(str(row["tag.name"]) for row in history.get("tag_listing", ()) if row.get("tag.name"))


def target(row: Mapping[str, Any]) -> Target:
    """One build target."""
    return Target(row["name"], row["build_tag_name"], row["dest_tag_name"])


def host(row: Mapping[str, Any]) -> Host:
    """One builder."""
    arches = tuple((row.get("arches") or "").split())
    return Host(row["name"], arches, bool(row.get("ready")), when(row.get("update_ts")))


def when(stamp: float | None) -> datetime | None:
    """Seconds since 1970 as an aware time."""
    return None if stamp is None else datetime.fromtimestamp(stamp, UTC)
