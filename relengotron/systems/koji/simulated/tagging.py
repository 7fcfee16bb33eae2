"""How does a build get into a tag, out of it, or from one to another?"""

from __future__ import annotations

from typing import Any

import koji

from .builds import COMPLETE, required_build
from .call import Call, exposed
from .listings import tagged_builds
from .lookups import required
from .packages import change_listing, listing_error
from .store import Row
from .tags import assert_tag_access, required_tag, tag_id
from .tasks import make_task
from .users import required_user


def put(call: Call, tag: Row, build: Row, user: Row, *, force: bool = False) -> None:
    """Tag a build without asking who wants it; force tags it anew."""
    if build["state"] != COMPLETE:
        raise koji.TagError(f"build {build['nvr']} not complete: state {koji.BUILD_STATES[build['state']]}")
    where = {"tag_id": tag["id"], "build_id": build["id"]}
    if call.store["tag_listing"].where(active=True, **where):
        if not force:
            raise koji.TagError(f"build {build['nvr']} already tagged ({tag['name']})")
        call.revoke("tag_listing", by=user["id"], **where)
    call.create("tag_listing", by=user["id"], **where)
    _announce(call, "buildsys.tag", tag, build, user)


def take(call: Call, tag: Row, build: Row, user: Row, *, strict: bool = True) -> None:
    """Untag a build without asking who wants it."""
    ended = call.revoke("tag_listing", by=user["id"], tag_id=tag["id"], build_id=build["id"])
    if not ended and strict:
        raise koji.TagError(f"build {build['nvr']} not in tag {tag['name']}")
    if ended:
        _announce(call, "buildsys.untag", tag, build, user)


def _announce(call: Call, topic: str, tag: Row, build: Row, user: Row) -> None:
    body = {key: build[key] for key in ("build_id", "name", "version", "release")}
    names = {"tag": tag["name"], "tag_id": tag["id"], "owner": build["owner_name"], "user": user["name"]}
    call.announce(topic, {**body, **names, "instance": "primary"})


def put_checked(call: Call, tag: Any, build: Any, user_id: int | None = None, *, force: bool = False) -> None:
    """Tag a build if locks and tag permissions allow it."""
    tag_row, build_row = required_tag(call, tag), required_build(call, build)
    user = required_user(call, user_id or call.assert_login())
    assert_tag_access(call, tag_row["id"], user_id, force=force)
    put(call, tag_row, build_row, user, force=force)


def take_checked(
    call: Call, tag: Any, build: Any, user_id: int | None = None, *, strict: bool = True, force: bool = False
) -> None:
    """Untag a build if locks and tag permissions allow it."""
    tag_row, build_row = required_tag(call, tag), required_build(call, build)
    user = required_user(call, user_id or call.assert_login())
    assert_tag_access(call, tag_row["id"], user_id, force=force)
    take(call, tag_row, build_row, user, strict=strict)


# -- by task ---------------------------------------------------------------------------------------------------------


@exposed("tagBuild")
def tag_build(call: Call, tag: Any, build: Any, force: bool = False, fromtag: Any = None) -> int:
    """Ask for a build to be tagged, or moved from another tag; the task's id."""
    call.assert_login()
    found, tag_row = required_build(call, build), required_tag(call, tag)
    source = tag_id(call, fromtag) if fromtag else None
    if found["state"] != COMPLETE:
        raise koji.TagError(f"build {found['nvr']} not complete: state {koji.BUILD_STATES[found['state']]}")
    assert_tag_access(call, tag_row["id"], force=force)
    if source is not None:
        assert_tag_access(call, source, force=force)
    require_listing(call, tag_row["id"], found["package_id"], found["name"], tag_row["name"], force=force)
    operation = "tag" if source is None else "move"
    data = {"tag": tag_row["id"], "build": found["id"], "fromtag": source, "operation": operation}
    call.policy.enforce(call, "tag", data, force=force)
    return make_task(call, "tagBuild", [tag_row["id"], found["id"], force, source], priority=10)


def require_listing(call: Call, tag: int, package: int, name: str, shown_tag: Any, *, force: bool) -> None:
    """The package must be listed in the tag; admins may list it by force."""
    error = listing_error(call, tag, package, name, shown_tag)
    if error is None:
        return
    if not (force and call.has_perm("admin")):
        raise koji.TagError(error)
    change_listing(call, tag, package, block=False, force=True, policy=True)


@exposed("moveBuild")
def move_build(call: Call, tag1: Any, tag2: Any, build: Any, force: bool = False) -> int:
    """Ask for a build to be moved; the task's id."""
    return tag_build(call, tag2, build, force=force, fromtag=tag1)


@exposed("moveAllBuilds")
def move_all_builds(call: Call, tag1: Any, tag2: Any, package: Any, force: bool = False) -> list[int]:
    """Ask for all builds of a package to be moved, oldest tagging first: a chain of tasks."""
    call.assert_login()
    package_row = required(call, "package", package)
    source, target = tag_id(call, tag1), tag_id(call, tag2)
    require_listing(call, target, package_row["id"], package, f"tag {tag2}", force=force)
    assert_tag_access(call, source, force=force)
    assert_tag_access(call, target, force=force)
    builds = tagged_builds(call, source, package=package_row["name"])[::-1]
    for build in builds:
        data = {"tag": tag2, "fromtag": tag1, "operation": "move", "build": build["id"]}
        call.policy.enforce(call, "tag", data)
    tasks: list[int] = []
    for build in builds:
        move = ["tagBuild", [target, build["id"], force, source], {"priority": 15}]
        tasks.append(make_task(call, "dependantTask", [tasks[-1:], [move]]))
    return tasks


# -- at once ---------------------------------------------------------------------------------------------------------


@exposed("untagBuild")
def untag_build(call: Call, tag: Any, build: Any, strict: bool = True, force: bool = False) -> None:
    """Untag a build."""
    call.assert_login()
    _ask_policy(call, None, required_tag(call, tag)["id"], required_build(call, build)["id"], force)
    take_checked(call, tag, build, strict=strict, force=force)


@exposed("untagBuildBypass")
def untag_build_bypass(
    call: Call, tag: Any, build: Any, strict: bool = True, force: bool = False, notify: bool = False
) -> None:
    """Untag a build with the ``tag`` permission."""
    call.assert_perm("tag")
    _ask_policy(call, None, required_tag(call, tag)["id"], required_build(call, build)["id"], force)
    take_checked(call, tag, build, strict=strict, force=force)


@exposed("tagBuildBypass")
def tag_build_bypass(call: Call, tag: Any, build: Any, force: bool = False, notify: bool = False) -> None:
    """Tag a build with the ``tag`` permission; the package list is not looked at."""
    call.assert_perm("tag")
    _ask_policy(call, required_tag(call, tag)["id"], None, required_build(call, build)["id"], force)
    put_checked(call, tag, build, force=force)


def _ask_policy(call: Call, tag: int | None, fromtag: int | None, build: int, force: bool) -> None:
    operation = "tag" if fromtag is None else "untag"
    data = {"tag": tag, "build": build, "fromtag": fromtag, "operation": operation}
    call.policy.enforce(call, "tag", data, force=force)


@exposed("massTag")
def mass_tag(call: Call, tag: Any, builds: list[Any]) -> None:
    """Tag many builds in this order, unchecked; builds in the tag are tagged anew."""
    call.assert_perm("tag")
    tag_row, user = required_tag(call, tag), required_user(call, call.user_id)
    for build in builds:
        put(call, tag_row, required_build(call, build), user, force=True)
        call.forget_event()


@exposed("evalPolicy")
def eval_policy(call: Call, name: str, data: Row) -> str | None:
    """What a policy would say, without any effect."""
    return call.policy.evaluate(call, name, data)
