"""How do files come to the hub and back from it?"""

from __future__ import annotations

import base64
import hashlib
import os
import zlib
from pathlib import Path
from typing import Any, BinaryIO, Protocol

import koji

from .call import Call, convert, exposed
from .store import Row
from .tasks import OPEN, existing_task, task_row


class _Adler32:
    """adler32 with the face of a hashlib object."""

    def __init__(self) -> None:
        self._value = 1

    def update(self, data: bytes) -> None:
        self._value = zlib.adler32(data, self._value)

    def hexdigest(self) -> str:
        return f"{self._value & 0xFFFFFFFF:08x}"


class _Digest(Protocol):
    def update(self, data: bytes, /) -> None: ...

    def hexdigest(self) -> str: ...


def _digest(kind: str) -> _Digest:
    if kind == "adler32":
        return _Adler32()
    if kind in ("md5", "sha256"):
        return hashlib.new(kind, usedforsecurity=False)
    raise koji.GenericError(f"Unsupported verify type: {kind}")


def task_dir(call: Call, task_id: int) -> Path:
    """The folder for the files of a task."""
    return call.topdir / "work" / str(koji.PathInfo.taskrelpath(None, task_id))


def _destination(call: Call, folder: str, name: str, *, create: bool) -> Path:
    """Where an upload goes; task folders belong to the builder that runs the task, others to their first user."""
    if os.path.dirname(name) or name.startswith(".") or not name:
        raise koji.GenericError(f"Invalid upload filename: {name}")
    relative = os.path.normpath(folder)
    if not folder or relative.startswith(("..", "/")):
        raise koji.GenericError(f"Invalid upload directory: {folder}")
    place = call.topdir / "work" / relative
    parts = relative.split("/")
    if create and parts[0] == "tasks":
        _assert_runs_task(call, parts, folder)
        place.mkdir(parents=True, exist_ok=True)
    elif create:
        place.mkdir(parents=True, exist_ok=True)
        _assert_owns(call, place, folder)
    return place / name


def _assert_runs_task(call: Call, parts: list[str], folder: str) -> None:
    if len(parts) < 3 or not parts[2].isdigit():
        raise koji.GenericError(f"Invalid task upload directory: {folder}")
    host = call.store["host"].one(user_id=call.user_id)
    if host is None:
        raise koji.AuthError(f"User {call.user_id} is not a host")
    if not call.session.exclusive:
        raise koji.AuthError("This method requires an exclusive session")
    row = existing_task(call, int(parts[2]))
    if row["state"] != OPEN or row["host_id"] != host["id"]:
        raise koji.ActionNotAllowed(f"host {host['id']} does not own task {parts[2]}")


def _assert_owns(call: Call, place: Path, folder: str) -> None:
    owner = place / ".user"
    if not owner.exists():
        owner.write_text(str(call.user_id))
    elif owner.read_text() != str(call.user_id):
        raise koji.GenericError(f"Invalid upload directory, not owner: {folder}")


# -- in ---------------------------------------------------------------------------------------------------------------


@exposed("uploadFile")
def upload_file(
    call: Call,
    path: str,
    name: str,
    size: Any,
    md5sum: Any,
    offset: Any,
    data: Any,
    volume: Any = None,
    checksum: Any = None,
) -> bool:
    """One chunk of a file as base64 text; offset -1 is the last one. False asks the client to send it again."""
    call.assert_login()
    contents = base64.b64decode(data)
    offset, size = koji.decode_int(offset), koji.decode_int(size)
    expected = md5sum if checksum is None else checksum
    kind, digest = ("md5", expected) if isinstance(expected, str) else (expected or (None, None))
    if offset != -1 and not _intact(contents, size, kind, digest):
        return False
    place = _destination(call, path, name, create=True)
    if place.exists() and offset == 0 and place.suffix != ".log":
        raise koji.GenericError(f"file already exists: {place}")
    _write_chunk(place, contents, offset, truncate=offset == 0 or (offset == -1 and size == len(contents)))
    return offset != -1 or _intact(place.read_bytes(), size, kind, digest)


def _intact(contents: bytes, size: int | None, kind: str | None, digest: str | None) -> bool:
    if size is not None and size != len(contents):
        return False
    if kind is None:
        return True
    summed = _digest(kind)
    summed.update(contents)
    return summed.hexdigest() == digest


def _write_chunk(place: Path, contents: bytes, offset: int, *, truncate: bool) -> None:
    with place.open("r+b" if place.exists() else "w+b") as file:
        if truncate:
            file.truncate(0)
        file.seek(0, os.SEEK_END) if offset == -1 else file.seek(offset)
        file.write(contents)


def receive(call: Call, query: dict[str, str], body: BinaryIO) -> Row:
    """The fast way: the raw chunk is the body of the request."""
    if call.user_id is None:
        raise koji.ActionNotAllowed("you must be logged-in to upload a file")
    offset, overwrite, verify = int(query.get("offset", "0")), query.get("overwrite", ""), query.get("fileverify", "")
    place = _destination(call, query.get("filepath", ""), query["filename"], create=True)
    if place.exists() and offset == 0 and not overwrite:
        raise koji.GenericError(f"upload path exists: {place}")
    summed = _digest(verify) if verify else None
    size, offset = _copy(place, body, offset, bool(overwrite), summed)
    answer: Row = {"size": size, "fileverify": verify, "offset": offset}
    if summed is not None:
        answer["hexdigest"] = summed.hexdigest()
    return answer


def _copy(place: Path, body: BinaryIO, offset: int, overwrite: bool, summed: _Digest | None) -> tuple[int, int]:
    """(bytes written, where they begin)."""
    size = 0
    with place.open("r+b" if place.exists() else "w+b") as file:
        if offset == -1:
            offset = file.seek(0, os.SEEK_END)
        else:
            if overwrite:
                file.truncate(offset)
            file.seek(offset)
        while chunk := body.read(65536):
            size += len(chunk)
            if summed is not None:
                summed.update(chunk)
            file.write(chunk)
        length = file.seek(0, os.SEEK_END)
    if not overwrite and length != offset + size:
        raise koji.GenericError(f"Incorrect upload length for {place} - Expected {offset + size}, actual {length}")
    return size, offset


@exposed("checkUpload")
def check_upload(
    call: Call, path: str, name: str, verify: str | None = None, tail: int | None = None, volume: Any = None
) -> Row | None:
    """Size and checksum of an uploaded file; None when it is missing."""
    place = _destination(call, path, name, create=False)
    if not place.is_file():
        return None
    stat = place.stat()
    found: Row = {"size": stat.st_size, "mtime": stat.st_mtime}
    if verify:
        contents = place.read_bytes()
        contents = contents if tail is None else contents[max(len(contents) - tail, 0) :]
        summed = _digest(verify)
        summed.update(contents)
        found.update(sumlength=len(contents), hexdigest=summed.hexdigest())
    return found


# -- out --------------------------------------------------------------------------------------------------------------


@exposed("listTaskOutput")
def list_task_output(
    call: Call, taskID: Any, stat: bool = False, all_volumes: bool = False, strict: bool = False
) -> Any:
    """Names of the files of a task, with sizes and times when wished."""
    task_id: int = convert(taskID, int)
    if strict and task_row(call, task_id) is None:
        raise koji.GenericError("Task doesn't exist")
    folder = task_dir(call, task_id)
    files = sorted(path for path in folder.rglob("*") if path.is_file()) if folder.is_dir() else []
    names = {str(path.relative_to(folder)): path for path in files}
    if stat:
        stats = {name: _stat(path) for name, path in names.items()}
        return {name: {"DEFAULT": found} for name, found in stats.items()} if all_volumes else stats
    return {name: ["DEFAULT"] for name in names} if all_volumes else list(names)


def _stat(path: Path) -> Row:
    found = path.stat()
    times = {f"st_{kind}time": getattr(found, f"st_{kind}time") for kind in "acm"}
    return {**times, "st_size": str(found.st_size)}


@exposed("downloadTaskOutput")
def download_task_output(
    call: Call, taskID: int, fileName: str, offset: Any = 0, size: Any = -1, volume: Any = None
) -> str:
    """A piece of a task's file as base64 text."""
    if ".." in fileName:
        raise koji.GenericError(f"Invalid file name: {fileName}")
    path = task_dir(call, taskID) / fileName
    if not path.is_file():
        raise koji.GenericError(f'no file "{fileName}" output by task {taskID}')
    with path.open("rb") as file:
        start = int(offset or 0)
        file.seek(start, os.SEEK_SET if start >= 0 else os.SEEK_END)
        return base64.b64encode(file.read(convert(size, int))).decode()
