"""What is in a tag: own and inherited builds and their RPMs?"""

from __future__ import annotations

from typing import Any

import koji

from .builds import COMPLETE, build_types, shown_build
from .call import Call, exposed
from .inheritance import full_inheritance
from .lookups import lookup
from .packages import package_list
from .rpmlookup import shown_rpm
from .store import Row
from .tags import find_tag, tag_id

HIDDEN = ("creation_ts", "start_ts", "completion_ts", "promotion_ts", "source", "extra", "cg_id", "cg_name")


def tagged_builds(
    call: Call,
    tag: int,
    *,
    event: int | None = None,
    inherit: bool = False,
    latest: Any = False,
    package: str | None = None,
    owner: str | None = None,
    kind: str | None = None,
    extra: bool = False,
    draft: bool | None = None,
) -> list[Row]:
    """The builds of a tag, newest tagging first; blocked and unlisted packages do not show."""
    tags = [tag]
    if inherit:
        tags += [link["parent_id"] for link in full_inheritance(call, tag, event)]
    package_row = lookup(call, "package", package) if package else None
    if package and package_row is None:
        return []
    wanted = package_row["id"] if package_row else None
    listed = package_list(call, tag, package=wanted, event=event, inherit=True, owners=False)
    limit = _limit(latest)
    seen: dict[int, int] = {}
    found = []
    for one in tags:
        for row, build in _tagged_here(call, one, event, wanted):
            entries = listed.get(build["pkg_id"])
            if not entries or entries[0]["blocked"] or not _fits(call, build, owner, kind, draft):
                continue
            if limit is not None and seen.get(build["pkg_id"], 0) >= limit:
                continue
            seen[build["pkg_id"]] = seen.get(build["pkg_id"], 0) + 1
            found.append(_shown(call, row, build, extra))
    return found


def _limit(latest: Any) -> int | None:
    """How many builds of a package count; None for all."""
    if latest is True:
        return 1
    if isinstance(latest, (int, float)):
        return int(latest) or None
    return 1 if latest else None


def _tagged_here(call: Call, tag: int, event: int | None, package: int | None) -> list[tuple[Row, Row]]:
    if package is None:
        rows = call.versions("tag_listing", event, tag_id=tag)
    else:
        ids = [build["id"] for build in call.store["build"].where(pkg_id=package)]
        rows = [row for one in ids for row in call.versions("tag_listing", event, tag_id=tag, build_id=one)]
    pairs = [(row, call.store.row("build", row["build_id"])) for row in rows]
    return sorted(pairs, key=lambda pair: (pair[0]["create_event"], pair[1]["id"]), reverse=True)


def _fits(call: Call, build: Row, owner: str | None, kind: str | None, draft: bool | None) -> bool:
    if build["state"] != COMPLETE:
        return False
    if owner and call.store.row("users", build["owner"])["name"] != owner:
        return False
    if kind is not None and kind not in build_types(call, build["id"]):
        return False
    return draft is None or build["draft"] == draft


def _shown(call: Call, row: Row, build: Row, extra: bool) -> Row:
    shown = shown_build(call, build)
    for column in HIDDEN:
        if not (extra and column == "extra"):
            del shown[column]
    shown["tag_id"] = row["tag_id"]
    shown["tag_name"] = call.store.row("tag", row["tag_id"])["name"]
    shown["create_event"] = row["create_event"]
    return shown


def _found_tag(call: Call, tag: Any, strict: bool, event: int | None) -> int | None:
    found = find_tag(call, tag, strict=strict, event=event)
    return found["id"] if found else None


@exposed("listTagged")
def list_tagged(
    call: Call,
    tag: Any,
    event: int | None = None,
    inherit: bool = False,
    prefix: str | None = None,
    latest: Any = False,
    package: str | None = None,
    owner: str | None = None,
    type: str | None = None,
    strict: bool = True,
    extra: bool = False,
    draft: bool | None = None,
) -> list[Row]:
    """The builds of a tag."""
    found = _found_tag(call, tag, strict, event)
    if found is None:
        return []
    _check_kind(type)
    builds = tagged_builds(
        call, found, event=event, inherit=inherit, latest=latest, package=package, owner=owner, kind=type,
        extra=extra, draft=draft,
    )  # fmt: skip
    if prefix:
        builds = [build for build in builds if build["package_name"].lower().startswith(prefix.lower())]
    return builds


def _check_kind(kind: str | None) -> None:
    if kind not in (None, "rpm", "maven", "win", "image"):
        raise koji.GenericError(f"unsupported build type: {kind}")


@exposed("getLatestBuilds")
def get_latest_builds(
    call: Call,
    tag: Any,
    event: int | None = None,
    package: str | None = None,
    type: str | None = None,
    draft: bool | None = None,
) -> list[Row]:
    """The builds that count in a tag."""
    found = tag if isinstance(tag, int) else tag_id(call, tag)
    _check_kind(type)
    return tagged_builds(call, found, event=event, inherit=True, latest=True, package=package, kind=type, draft=draft)


def _rpms(call: Call, builds: list[Row], arch: Any, sigs: bool, extra: bool) -> list[Row]:
    if arch is not None and not isinstance(arch, (str, list)):
        raise koji.GenericError(f"Invalid type for arch option: {type(arch)}")
    wanted = None if arch is None else [arch] if isinstance(arch, str) else arch
    rows = [row for build in builds for row in call.store["rpminfo"].where(build_id=build["id"])]
    rows = sorted((row for row in rows if wanted is None or row["arch"] in wanted), key=lambda row: int(row["id"]))
    shown = []
    for row in rows:
        entry = {key: value for key, value in shown_rpm(row).items() if not key.startswith("external_repo")}
        if not extra:
            del entry["extra"]
        if not sigs:
            shown.append(entry)
            continue
        shown += [{**entry, "sigkey": key} for key in _keys(call, row["id"])]
    return shown


def _keys(call: Call, rpm: int) -> list[str | None]:
    return [row["sigkey"] for row in call.store["rpmsigs"].where(rpm_id=rpm)] or [None]


@exposed("listTaggedRPMS")
def list_tagged_rpms(
    call: Call,
    tag: Any,
    event: int | None = None,
    inherit: bool = False,
    latest: Any = False,
    package: str | None = None,
    arch: Any = None,
    rpmsigs: bool = False,
    owner: str | None = None,
    type: str | None = None,
    strict: bool = True,
    extra: bool = True,
    draft: bool | None = None,
) -> list[Any]:
    """[RPMs, builds] of a tag; with signatures one row per RPM and key."""
    found = _found_tag(call, tag, strict, event)
    if found is None:
        return [[], []]
    builds = tagged_builds(
        call, found, event=event, inherit=inherit, latest=latest, package=package, owner=owner, kind=type, draft=draft
    )
    return [_rpms(call, builds, arch, rpmsigs, extra), builds]


@exposed("getLatestRPMS")
def get_latest_rpms(
    call: Call,
    tag: Any,
    package: str | None = None,
    arch: Any = None,
    event: int | None = None,
    rpmsigs: bool = False,
    type: str | None = None,
    draft: bool | None = None,
) -> list[Any]:
    """[RPMs, builds] that count in a tag."""
    found = tag_id(call, tag)
    builds = tagged_builds(call, found, event=event, inherit=True, latest=True, package=package, kind=type, draft=draft)
    return [_rpms(call, builds, arch, rpmsigs, True), builds]
