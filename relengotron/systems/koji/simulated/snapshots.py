"""How is the content of a tag copied?"""

from __future__ import annotations

from typing import Any

import koji

from .call import Call, exposed
from .cloning import make_tag
from .groups import add_group, add_group_package, add_group_requirement, shown_groups
from .listings import tagged_builds
from .packages import change_listing, list_packages
from .store import Row
from .tagging import mass_tag, put, take
from .tags import change_tag, find_tag, required_tag
from .users import required_user


@exposed("snapshotTag")
def snapshot_tag(
    call: Call,
    src: Any,
    dst: Any,
    config: bool = True,
    pkgs: bool = True,
    builds: bool = True,
    groups: bool = True,
    latest_only: bool = True,
    inherit_builds: bool = True,
    event: int | None = None,
    force: bool = False,
) -> None:
    """Copy a tag with its content into a new tag; inheritance, targets and outside repositories are not copied."""
    call.assert_perm("tag")
    if builds and not pkgs:
        raise koji.ParameterError("builds can't be used without pkgs in snapshotTag")
    if find_tag(call, dst):
        raise koji.GenericError("Target tag already exists")
    source = required_tag(call, src, event)
    if source["locked"] and not force:
        raise koji.GenericError("Source tag is locked, use force to copy")
    settings: Row = {}
    if config:
        settings = {"arches": source["arches"], "perm": source["perm_id"], "locked": source["locked"]}
        settings["extra"] = source["extra"]
    target = make_tag(call, dst, **settings)
    call.forget_event()
    if pkgs:
        _copy_packages(call, source["id"], target, event)
    if builds:
        found = tagged_builds(call, source["id"], inherit=inherit_builds, event=event, latest=latest_only)
        mass_tag(call, target, [build["id"] for build in reversed(found)])
    if groups:
        _copy_groups(call, source["id"], target, event)


def _copy_packages(call: Call, source: int, target: int, event: int | None) -> None:
    for entry in list_packages(call, tagID=source, event=event, inherited=True):
        change_listing(
            call,
            target,
            entry["package_name"],
            entry["owner_name"],
            entry["blocked"],
            entry["extra_arches"],
            force=True,
        )
        call.forget_event()


def _copy_groups(call: Call, source: int, target: int, event: int | None) -> None:
    for group in shown_groups(call, source, event):
        add_group(call, target, group["name"], block=group["blocked"], force=True)
        call.forget_event()
        for entry in group["packagelist"]:
            add_group_package(call, target, group["name"], entry["package"], block=entry["blocked"], force=True)
            call.forget_event()
        for entry in group["grouplist"]:
            add_group_requirement(call, target, group["name"], entry["name"], block=entry["blocked"], force=True)
            call.forget_event()


@exposed("snapshotTagModify")
def snapshot_tag_modify(
    call: Call,
    src: Any,
    dst: Any,
    config: bool = True,
    pkgs: bool = True,
    builds: bool = True,
    groups: bool = True,
    latest_only: bool = True,
    inherit_builds: bool = True,
    event: int | None = None,
    force: bool = False,
    remove: bool = False,
) -> None:
    """Bring an existing tag to the content of another."""
    call.assert_perm("tag")
    if builds and not pkgs:
        raise koji.ParameterError("builds can't be used without pkgs in snapshotTag")
    source, target = required_tag(call, src, event), required_tag(call, dst)
    if (source["locked"] or target["locked"]) and not force:
        raise koji.GenericError("Source or destination tag is locked, use force to copy")
    if config:
        gone = sorted(set(target["extra"]) - set(source["extra"]))
        settings = {key: source[key] for key in ("arches", "perm_id", "locked", "extra")}
        change_tag(call, target["id"], remove_extra=gone, **settings)
        call.forget_event()
    if pkgs:
        _match_packages(call, source["id"], target["id"], event)
    if builds:
        wanted = tagged_builds(call, source["id"], inherit=inherit_builds, event=event, latest=latest_only)
        _match_builds(call, target, wanted[::-1], remove)
    if groups:
        _copy_groups(call, source["id"], target["id"], event)


def _match_packages(call: Call, source: int, target: int, event: int | None) -> None:
    wanted = {entry["package_name"]: entry for entry in list_packages(call, tagID=source, event=event, inherited=True)}
    present = {entry["package_name"]: entry for entry in list_packages(call, tagID=target, inherited=True)}
    for name in sorted(set(present) - set(wanted)):
        entry = present[name]
        change_listing(call, target, name, entry["owner_name"], True, entry["extra_arches"], force=True, update=True)
        call.forget_event()
    for name in sorted(set(wanted) - set(present)):
        entry = wanted[name]
        change_listing(call, target, name, entry["owner_name"], entry["blocked"], entry["extra_arches"], force=True)
        call.forget_event()


def _match_builds(call: Call, target: Row, wanted: list[Row], remove: bool) -> None:
    """Tag what is missing in the wanted order; builds that stand in the way of the order are tagged anew."""
    user = required_user(call, call.user_id)
    present = {build["id"]: build for build in reversed(tagged_builds(call, target["id"]))}
    ids = [build["id"] for build in wanted]
    if remove:
        for build_id in [build_id for build_id in present if build_id not in ids]:
            take(call, target, present.pop(build_id), user)
            call.forget_event()
    kept = [build_id for build_id in present if build_id in ids]
    in_order = ids[: len(kept)] == kept
    for build in wanted:
        if build["id"] not in present or not in_order:
            put(call, target, build, user, force=True)
            call.forget_event()
