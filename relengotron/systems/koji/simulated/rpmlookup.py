"""How is one RPM found, and where does its file lie?"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import koji

from .call import Call
from .store import Row

SHOWN = (
    "id", "build_id", "buildroot_id", "name", "version", "release", "epoch", "arch", "draft", "external_repo_id",
    "payloadhash", "size", "buildtime", "metadata_only", "extra",
)  # fmt: skip


def shown_rpm(row: Row) -> Row:
    """What ``getRPM`` shows of an RPM."""
    return {**{column: row[column] for column in SHOWN}, "external_repo_name": "INTERNAL"}


def find_rpm(call: Call, info: Any, *, strict: bool = False) -> Row | None:
    """An RPM by id, N-V-R.A text or dictionary."""
    wanted = _wanted(info)
    keys = ("id",) if "id" in wanted else ("name", "version", "release", "arch")
    row = call.store["rpminfo"].one(**{key: wanted.get(key) for key in keys})
    if row is None:
        if strict:
            raise koji.GenericError(f"No such rpm: {wanted!r}")
        return None
    return shown_rpm(row)


def _wanted(info: Any) -> Row:
    if isinstance(info, int) and not isinstance(info, bool):
        return {"id": info}
    if isinstance(info, str):
        return {"id": int(info)} if info.isdigit() else dict(koji.parse_NVRA(info))
    if isinstance(info, dict):
        return info
    raise koji.GenericError(f"Invalid type for rpminfo: {type(info)!r}")


def required_rpm(call: Call, info: Any) -> Row:
    """The RPM, or the hub's complaint."""
    found = find_rpm(call, info, strict=True)
    assert found is not None  # noqa: S101 - strict raises
    return found


def build_dir(call: Call, build_id: int) -> Path:
    """The folder of a build in the store."""
    build = call.store.row("build", build_id)
    name = call.store.row("package", build["pkg_id"])["name"]
    return call.topdir.joinpath("packages", name, build["version"], build["release"])


def _file_name(rpm: Row) -> str:
    return f"{rpm['name']}-{rpm['version']}-{rpm['release']}.{rpm['arch']}.rpm"


def rpm_path(call: Call, rpm: Row) -> Path:
    """The unsigned copy."""
    return build_dir(call, rpm["build_id"]).joinpath(rpm["arch"], _file_name(rpm))


def signed_path(call: Call, rpm: Row, key: str) -> Path:
    """The copy signed with a key, once it is written."""
    return build_dir(call, rpm["build_id"]).joinpath("data", "signed", key, rpm["arch"], _file_name(rpm))


def signature_path(call: Call, rpm: Row, key: str) -> Path:
    """The cached signature header."""
    return build_dir(call, rpm["build_id"]).joinpath("data", "sigcache", key, rpm["arch"], f"{_file_name(rpm)}.sig")
