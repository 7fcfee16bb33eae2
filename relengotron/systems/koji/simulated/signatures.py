"""Which RPMs are signed with which key?"""

from __future__ import annotations

import base64
import binascii
import hashlib
from typing import Any

import koji

from .call import Call, exposed
from .queries import apply_options
from .rpmheaders import key_of, md5_of
from .rpmlookup import find_rpm, required_rpm, rpm_path, signature_path, signed_path
from .store import Row


def add_signature(call: Call, info: Any, signature: bytes) -> None:
    """Keep a signature header that was made for this very RPM."""
    rpm = required_rpm(call, info)
    nvra = _nvra(rpm)
    md5 = md5_of(signature)
    if md5 != rpm["payloadhash"]:
        raise koji.GenericError(f"wrong md5 for {nvra}: {md5}")
    key = key_of(signature)
    if call.store["rpmsigs"].where(rpm_id=rpm["id"], sigkey=key):
        raise koji.GenericError(f"Signature already exists for package {nvra}, key {key}")
    sighash = hashlib.md5(signature, usedforsecurity=False).hexdigest()
    call.store["rpmsigs"].insert({"rpm_id": rpm["id"], "sigkey": key, "sighash": sighash})
    place = signature_path(call, rpm, key)
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_bytes(signature)
    _announce(call, rpm, key, sighash)


def _nvra(rpm: Row) -> str:
    return f"{rpm['name']}-{rpm['version']}-{rpm['release']}.{rpm['arch']}"


def _announce(call: Call, rpm: Row, key: str, sighash: str) -> None:
    """One message per RPM, in the shape of 2015 with the fields that were added later."""
    columns = ("id", "name", "version", "release", "arch", "build_id", "epoch", "size", "payloadhash", "buildtime")
    info = {**{column: rpm[column] for column in columns}, "sigkey": key, "sighash": sighash}
    body = {
        "attribute": "sighash",
        "old": None,
        "new": sighash,
        "info": info,
        "rpm": {column: rpm[column] for column in columns},
        "build": {"id": rpm["build_id"]},
        "sigkey": key,
        "sighash": sighash,
        "instance": "primary",
    }
    call.announce("buildsys.rpm.sign", body)


@exposed("addRPMSig")
def add_rpm_sig(call: Call, an_rpm: Any, data: Any) -> None:
    """Keep an uploaded signature header."""
    call.assert_perm("sign")
    raw = data.data if hasattr(data, "data") else data
    try:
        signature = base64.b64decode(raw)
    except (binascii.Error, ValueError, TypeError) as wrong:
        raise koji.GenericError(f"bad signature data: {wrong}") from wrong
    required_rpm(call, an_rpm)
    add_signature(call, an_rpm, signature)


@exposed("queryRPMSigs")
def query_rpm_sigs(call: Call, rpm_id: Any = None, sigkey: str | None = None, queryOpts: Row | None = None) -> Any:
    """The known signatures; the entry with an empty key is the unsigned header."""
    equals: Row = {}
    if rpm_id is not None:
        found = {"id": rpm_id} if isinstance(rpm_id, int) else find_rpm(call, rpm_id)
        if found is None:
            return []
        equals["rpm_id"] = found["id"]
    if sigkey is not None:
        equals["sigkey"] = sigkey.lower()
    rows = call.store["rpmsigs"].where(**equals)
    return apply_options([{key: row[key] for key in ("rpm_id", "sigkey", "sighash")} for row in rows], queryOpts)


@exposed("writeSignedRPM")
def write_signed_rpm(call: Call, an_rpm: Any, sigkey: str, force: bool = False) -> None:
    """Write the copy that carries a key's signature; repeating it is no error."""
    call.assert_perm("sign")
    write_signed_copy(call, an_rpm, sigkey, force=force)


def write_signed_copy(call: Call, an_rpm: Any, sigkey: str, *, force: bool = False) -> None:
    """Write a signed copy without asking who wants it."""
    key = sigkey.lower()
    rpm = required_rpm(call, an_rpm)
    source, place = rpm_path(call, rpm), signed_path(call, rpm, key)
    if not source.exists():
        raise koji.GenericError(f"No such path: {source}")
    if not call.store["rpmsigs"].where(rpm_id=rpm["id"], sigkey=key):
        raise koji.GenericError(f"No cached signature for package {_nvra(rpm)}, key {key}")
    call.store.undo.dirty = True
    if place.exists() and not force:
        return
    place.parent.mkdir(parents=True, exist_ok=True)
    place.unlink(missing_ok=True)
    koji.splice_rpm_sighdr(signature_path(call, rpm, key).read_bytes(), str(source), dst=str(place))


@exposed("deleteRPMSig")
def delete_rpm_sig(call: Call, rpminfo: Any, sigkey: str | None = None, all_sigs: bool = False) -> None:
    """Forget signatures of an RPM and remove the signed copies."""
    call.assert_perm("admin")
    if not all_sigs and not sigkey:
        raise koji.GenericError("No signature specified")
    rpm = required_rpm(call, rpminfo)
    equals: Row = {"rpm_id": rpm["id"]} if all_sigs else {"rpm_id": rpm["id"], "sigkey": sigkey}
    found = call.store["rpmsigs"].where(**equals)
    if not found:
        raise koji.GenericError(f"{_nvra(rpm)} has no matching signatures to delete")
    for row in found:
        call.store["rpmsigs"].delete(row)
        signed_path(call, rpm, row["sigkey"]).unlink(missing_ok=True)
