"""What does an RPM say about itself?

Only the leads and headers are read, with the header reader of the koji client library.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import koji

SCALARS: dict[str, int] = {
    "name": 1000,
    "version": 1001,
    "release": 1002,
    "epoch": 1003,
    "summary": 1004,
    "description": 1005,
    "buildtime": 1006,
    "buildhost": 1007,
    "size": 1009,
    "distribution": 1010,
    "vendor": 1011,
    "license": 1014,
    "packager": 1015,
    "group": 1016,
    "url": 1020,
    "os": 1021,
    "arch": 1022,
    "sourcerpm": 1044,
    "archivesize": 1046,
    "rpmversion": 1064,
    "cookie": 1094,
    "sourcepackage": 1106,
    "optflags": 1122,
    "payloadformat": 1124,
    "payloadcompressor": 1125,
    "platform": 1132,
}
LISTS: dict[str, int] = {
    "source": 1018,
    "patch": 1019,
    "filesizes": 1028,
    "filemodes": 1030,
    "filedigests": 1035,
    "fileflags": 1037,
    "provides": 1047,
    "providename": 1047,
    "requireflags": 1048,
    "requires": 1049,
    "requirename": 1049,
    "requireversion": 1050,
    "conflicts": 1054,
    "conflictname": 1054,
    "excludearch": 1059,
    "exclusivearch": 1061,
    "changelogtime": 1080,
    "changelogname": 1081,
    "changelogtext": 1082,
    "obsoletes": 1090,
    "obsoletename": 1090,
    "provideflags": 1112,
    "provideversion": 1113,
    "dirindexes": 1116,
    "basenames": 1117,
    "dirnames": 1118,
}
SIG_MD5 = 1004
SIGNATURE_TAGS = (1005, 1002, 267, 268)  # GPG, PGP, DSA, RSA: the first one present tells the key


def main_header(path: Path) -> Any:
    """The main header of an RPM file."""
    start, size = koji.find_rpm_sighdr(str(path))
    begin = start + size
    length = koji.rpm_hdr_size(str(path), begin)
    with path.open("rb") as rpm:
        rpm.seek(begin)
        return koji.RawHeader(rpm.read(length))


def signature_header(path: Path) -> bytes:
    """The raw signature header of an RPM file."""
    return bytes(koji.rip_rpm_sighdr(str(path)))


def field(header: Any, name: str) -> Any:
    """One value of a header; None, or nothing in a list, when it is absent."""
    key = name.lower()
    if key in LISTS:
        values = header.get(LISTS[key])
        return [_text(value) for value in ([] if values is None else values)]
    if key not in SCALARS:
        raise koji.GenericError(f"No such rpm header field: {name}")
    value = header.get(SCALARS[key])
    return _text(value[0] if isinstance(value, list) else value)


def _text(value: Any) -> Any:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else value


def identity(path: Path) -> dict[str, Any]:
    """Name, version, release, epoch, arch, build time and source of an RPM file."""
    header = main_header(path)
    names = ("name", "version", "release", "epoch", "sourcepackage", "arch", "buildtime", "sourcerpm")
    found = {name: field(header, name) for name in names}
    if found["sourcepackage"] is None and found["sourcerpm"] is None:
        found["sourcepackage"] = 1  # made by tools that mark source packages only by the missing SOURCERPM
    if found["sourcepackage"] == 1:
        found["arch"] = "src"
    return found


def md5_of(signature: bytes) -> str:
    """The digest of header and payload that a signature header was made for."""
    value = koji.RawHeader(signature).get(SIG_MD5)
    return value.hex() if isinstance(value, bytes) else ""


def key_of(signature: bytes) -> str:
    """The 8 hex digits of the signing key; empty for an unsigned header."""
    header = koji.RawHeader(signature)
    packet = next((header.get(tag) for tag in SIGNATURE_TAGS if header.get(tag)), None)
    return str(koji.get_sigpacket_key_id(packet)) if packet else ""
