"""How does a disk image get its partition table and its filesystem without a single mount?"""

import lzma
import os
import struct
import uuid
import zlib
from pathlib import Path

from relengotron.lab.builder.tools.command import run

SECTOR = 512
FIRST_LBA = 2048
TABLE_SECTORS = 33
ENTRY_COUNT = 128
ENTRY_SIZE = 128
LINUX_FILESYSTEM = uuid.UUID("0fc63daf-8483-4772-8e79-3d69d8477de4")
_HEADER = "<8sIIIIQQQQ16sQIII"


def write_disk(root: Path, image: Path, size: int, label: str, identity: uuid.UUID) -> None:
    """A GPT disk with one ext4 partition that holds the files below ``root``, owned by root.

    The identity and the size decide every id in it, so equal content gives an equal table.
    """
    sectors = size // SECTOR
    last = sectors - TABLE_SECTORS - 1
    partition = image.with_suffix(".ext4")
    _filesystem(root, partition, (last - FIRST_LBA + 1) * SECTOR, label, identity)
    try:
        with image.open("wb") as disk:
            disk.truncate(sectors * SECTOR)
            disk.write(_protective_mbr(sectors))
            _write_tables(disk.fileno(), sectors, last, label, identity)
            disk.seek(FIRST_LBA * SECTOR)
            disk.write(partition.read_bytes())
    finally:
        partition.unlink(missing_ok=True)


def compress(image: Path, target: Path) -> None:
    """The image as an ``.xz`` file."""
    target.write_bytes(lzma.compress(image.read_bytes(), preset=0))


def _filesystem(root: Path, place: Path, size: int, label: str, identity: uuid.UUID) -> None:
    options = [f"hash_seed={identity}", "root_owner=0:0", "lazy_itable_init=1", "nodiscard"]
    kind = ["-t", "ext4", "-O", "^has_journal", "-m", "0", "-L", label[:16], "-U", str(identity)]
    run(
        ["mke2fs", "-q", "-F", *kind, "-E", ",".join(options), "-d", str(root), str(place), f"{size // 1024}k"],
        {"PATH": "/usr/sbin:/sbin:/usr/bin:/bin"},
    )


def _protective_mbr(sectors: int) -> bytes:
    entry = struct.pack("<B3sB3sII", 0, b"\x00\x02\x00", 0xEE, b"\xff\xff\xff", 1, min(sectors - 1, 0xFFFFFFFF))
    return bytes(446) + entry + bytes(48) + b"\x55\xaa"


def _write_tables(disk: int, sectors: int, last: int, label: str, identity: uuid.UUID) -> None:
    entries = _entry(last, label, uuid.uuid5(identity, "partition")).ljust(ENTRY_COUNT * ENTRY_SIZE, b"\0")
    disk_id = uuid.uuid5(identity, "disk")
    backup = sectors - 1
    os.pwrite(disk, _header(1, backup, last, 2, disk_id, entries), SECTOR)
    os.pwrite(disk, entries, 2 * SECTOR)
    os.pwrite(disk, entries, (backup - 32) * SECTOR)
    os.pwrite(disk, _header(backup, 1, last, backup - 32, disk_id, entries), backup * SECTOR)


def _entry(last: int, label: str, identity: uuid.UUID) -> bytes:
    name = label[:36].encode("utf-16-le").ljust(72, b"\0")
    return struct.pack("<16s16sQQQ72s", LINUX_FILESYSTEM.bytes_le, identity.bytes_le, FIRST_LBA, last, 0, name)


def _header(own: int, other: int, last: int, table: int, identity: uuid.UUID, entries: bytes) -> bytes:
    def packed(crc: int) -> bytes:
        return struct.pack(
            _HEADER,
            b"EFI PART",
            0x00010000,
            struct.calcsize(_HEADER),
            crc,
            0,
            own,
            other,
            34,
            last,
            identity.bytes_le,
            table,
            ENTRY_COUNT,
            ENTRY_SIZE,
            zlib.crc32(entries),
        )

    return packed(zlib.crc32(packed(0))).ljust(SECTOR, b"\0")
