"""Which RPMs belong to a build, and how do they come in?"""

from __future__ import annotations

import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import koji

from .builds import CANCELED, DELETED, FAILED, add_type, find_build, insert_build, required_build
from .call import Call, exposed
from .queries import apply_options
from .rpmheaders import field, identity, main_header, md5_of, signature_header
from .rpmlookup import find_rpm, rpm_path, shown_rpm
from .signatures import add_signature
from .store import Row
from .tags import list_tags
from .tagupdates import note_import


@exposed("getRPM")
def get_rpm(call: Call, rpminfo: Any, strict: bool = False, multi: bool = False) -> Any:
    """One RPM by id, N-V-R.A or dictionary; None when missing."""
    found = find_rpm(call, rpminfo, strict=strict and not multi)
    return ([found] if found else []) if multi else found


@exposed("listRPMs")
def list_rpms(
    call: Call,
    buildID: int | None = None,
    buildrootID: int | None = None,
    imageID: int | None = None,
    componentBuildrootID: int | None = None,
    hostID: int | None = None,
    arches: Any = None,
    queryOpts: Row | None = None,
    draft: bool | None = None,
) -> Any:
    """The RPMs of a build; unknown builds have none."""
    if arches is not None and not isinstance(arches, (list, str)):
        raise koji.GenericError(f'Invalid type for "arches" parameter: {type(arches)}')
    if any(value is not None for value in (buildrootID, imageID, componentBuildrootID, hostID)):
        return apply_options([], queryOpts)
    rows = call.store["rpminfo"].where(**({} if buildID is None else {"build_id": buildID}))
    wanted = None if arches is None else [arches] if isinstance(arches, str) else arches
    shown = [_listed(row) for row in rows if wanted is None or row["arch"] in wanted]
    return apply_options(shown, queryOpts)


def _listed(row: Row) -> Row:
    return {**shown_rpm(row), "nvr": f"{row['name']}-{row['version']}-{row['release']}"}


@exposed("listBuildRPMs")
def list_build_rpms(call: Call, build: Any) -> Any:
    """The RPMs of a build; unknown builds are an error."""
    return list_rpms(call, buildID=required_build(call, build)["id"])


@exposed("getRPMHeaders")
def get_rpm_headers(
    call: Call,
    rpmID: Any = None,
    taskID: Any = None,
    filepath: str | None = None,
    headers: list[str] | None = None,
    strict: bool = False,
) -> Row:
    """Values from an RPM's header."""
    if rpmID is None:
        raise koji.GenericError("either rpmID or taskID and filepath must be specified")
    found = find_rpm(call, rpmID, strict=strict)
    path = rpm_path(call, found) if found else None
    if path is None or not path.exists():
        return {}
    header = main_header(path)
    return {name: field(header, name) for name in headers or []}


@exposed("getChangelogEntries")
def get_changelog_entries(
    call: Call,
    buildID: Any = None,
    taskID: Any = None,
    filepath: str | None = None,
    author: str | None = None,
    before: Any = None,
    after: Any = None,
    queryOpts: Row | None = None,
    strict: bool = False,
) -> Any:
    """The changelog in a build's source RPM, newest first."""
    if not buildID:
        raise koji.GenericError("either buildID or taskID and filepath must be specified")
    build = find_build(call, buildID, strict=strict)
    sources = list_rpms(call, buildID=build["id"], arches="src") if build else []
    path = rpm_path(call, sources[0]) if sources else None
    if path is None or not path.exists():
        return apply_options([], queryOpts)
    entries = [entry for entry in _changelog(path) if author in (None, entry["author"])]
    return apply_options(entries, queryOpts)


def _changelog(path: Path) -> list[Row]:
    header = main_header(path)
    times, authors, texts = (field(header, f"changelog{part}") for part in ("time", "name", "text"))
    return [
        {
            "date": datetime.fromtimestamp(when, UTC).strftime("%Y-%m-%d %H:%M:%S"),
            "date_ts": when,
            "author": who,
            "text": what,
        }
        for when, who, what in zip(times, authors, texts, strict=False)
    ]


# -- import ----------------------------------------------------------------------------------------------------------


@exposed("importRPM")
def import_rpm(call: Call, path: str, basename: str) -> Row:
    """Take an uploaded RPM into its build; a source RPM makes the build."""
    call.assert_perm("admin")
    uploaded = call.topdir / "work" / path / basename
    if not uploaded.exists():
        raise koji.GenericError(f"No such file: {uploaded}")
    info = identity(uploaded)
    expected = f"{info['name']}-{info['version']}-{info['release']}.{info['arch']}.rpm"
    if basename != expected:
        raise koji.GenericError(f"bad filename: {basename} (expected {expected})")
    build = _build_for(call, info)
    rpm = take_in(call, build, uploaded)
    for tag in list_tags(call, build=rpm["build_id"]):
        note_import(call, tag["id"])
    return {**_imported(rpm, info), "build": build, "brootid": None}


def take_in(call: Call, build: Row, uploaded: Path) -> Row:
    """Put an RPM file into a build, with its signature; the new row."""
    add_type(call, build["id"], "rpm")
    rpm = insert_rpm(call, build, identity(uploaded), uploaded)
    place = rpm_path(call, rpm)
    place.parent.mkdir(parents=True, exist_ok=True)
    shutil.move(uploaded, place)
    add_signature(call, rpm["id"], signature_header(place))
    return rpm


def _build_for(call: Call, info: Row) -> Row:
    if info["sourcepackage"] == 1:
        nvr = {key: info[key] for key in ("name", "version", "release")}
        build = find_build(call, nvr) or required_build(call, insert_build(call, {**nvr, "epoch": info["epoch"]}))
    else:
        found = find_build(call, koji.parse_NVRA(info["sourcerpm"]))
        if found is None:
            raise koji.GenericError("No such build")
        build = found
    if build["state"] in (FAILED, CANCELED, DELETED):
        raise koji.GenericError(f"Build is {koji.BUILD_STATES[build['state']]}: {build['nvr']}")
    return build


def insert_rpm(call: Call, build: Row, info: Row, file: Path) -> Row:
    """A new RPM row; the same name-version-release.arch twice breaks the table's constraint."""
    rpm_id = call.store.sequences.next("rpminfo")
    unique = {key: info[key] for key in ("name", "version", "release", "arch")}
    if call.store["rpminfo"].where(**unique):
        raise ValueError(f'duplicate key value violates unique constraint "rpminfo_unique_nvra": {unique}')
    return call.store["rpminfo"].insert(
        {
            **unique,
            "id": rpm_id,
            "build_id": build["id"],
            "epoch": info["epoch"],
            "buildtime": info["buildtime"],
            "draft": False,
            "size": file.stat().st_size,
            "payloadhash": md5_of(signature_header(file)),
            "buildroot_id": None,
            "external_repo_id": 0,
            "metadata_only": False,
            "extra": None,
        }
    )


def _imported(rpm: Row, info: Row) -> Row:
    columns = (
        "id", "name", "version", "release", "epoch", "arch", "buildtime", "draft", "build_id", "size", "payloadhash",
        "buildroot_id", "external_repo_id",
    )  # fmt: skip
    source = {key: info[key] for key in ("sourcepackage", "sourcerpm")}
    return {**{column: rpm[column] for column in columns}, **source}
